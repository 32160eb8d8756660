import { Link } from '@tanstack/react-router'
import { useAnswer } from '../../api/use-answer.ts'
import { FigureTable } from '../../parts/figure-table.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { useAsking } from '../../shell/session.ts'
import { keptAcross, useView } from '../../shell/view.ts'

const BY = ['channel'] as const
const MEASURES = [
  { metric: 'M54', head: 'Won revenue' },
  { metric: 'M66', head: 'Spend' },
  { metric: 'M67', head: 'Return' },
  { metric: 'M68', head: 'On media' },
] as const

/** What was spent and what it earned, by channel. */
export const Earned = () => {
  const { search } = useView()
  const asking = useAsking()
  const asked = useAnswer('GET /v1/roi', { ...asking, basis: 'revenue', by: 'channel', model: 'w-shaped' })
  return (
    <Panel
      title="Spend and what it earned"
      about="By channel, W-shaped credit on deals won in the period"
      flush
      right={
        <Link to="/attribution" search={keptAcross(search) as never} className="button small">
          Attribution
        </Link>
      }
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={8}>
        {({ rows, total }) =>
          rows.length === 0 ? (
            <Empty title="Nothing was spent or won in this period" />
          ) : (
            <FigureTable label="Spend, revenue and return by channel" rows={rows} total={total} by={BY} measures={MEASURES} />
          )
        }
      </Answered>
    </Panel>
  )
}
