import { useAnswer } from '../../api/use-answer.ts'
import { dim, rowsOf, valuesOf } from '../../api/rows.ts'
import { stageText, title } from '../../format/words.ts'
import { Choice, Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'

const DIMENSIONS = ['channel', 'campaign', 'owner', 'month'] as const

type ConversionProps = { readonly measure: 'cohort' | 'throughput'; readonly horizon: number }

/** From stage to stage, whole and by one dimension. */
export const Conversion = ({ measure, horizon }: ConversionProps) => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const by = DIMENSIONS.find(name => name === get('split'))
  const asked = useAnswer('GET /v1/funnel/conversion', { period, as_of, measure, horizon_days: horizon, by })
  return (
    <Panel
      title={measure === 'cohort' ? 'Conversion of the cohort' : 'Throughput of the period'}
      about={
        measure === 'cohort'
          ? `Who reached the next stage within ${horizon} days; skipping it implies passing it`
          : 'Entries into one stage over entries into the one before: a rate of nobody in particular'
      }
      flush
      right={
        <Choice
          label="By"
          value={by ?? ''}
          options={[['', 'nothing'], ...DIMENSIONS.map(each => [each, title(each)] as const)]}
          onChange={value => patch({ split: value })}
        />
      }
      foot={<RestsOn answer={asked.data} />}
    >
      <Answered asked={asked} lines={6}>
        {({ rows }) => {
          const rates = rowsOf(rows, measure === 'cohort' ? 'M6' : 'M7')
          if (rates.every(row => (row.denominator ?? 0) === 0)) return <Empty title="Nobody entered a stage in this period" />
          if (by !== undefined) return <Split rates={rates} by={by} />
          return (
            <DataTable
              label="Conversion from stage to stage"
              short
              rows={rates}
              keyOf={row => `${dim(row, 'stage_from')} ${dim(row, 'stage_to')}`}
              columns={[
                { id: 'step', head: 'From → to', cell: row => `${stageText(dim(row, 'stage_from'))} → ${stageText(dim(row, 'stage_to'))}` },
                { id: 'counted', head: 'Counted', cell: row => <span className="n">{dim(row, 'counted')}</span> },
                {
                  id: 'bar',
                  head: measure === 'cohort' ? 'With its 95 % interval' : '',
                  width: '38%',
                  cell: row => <Meter part={row.value ?? 0} range={row.interval ?? null} />,
                },
                { id: 'rate', head: 'Rate', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
              ]}
            />
          )
        }}
      </Answered>
    </Panel>
  )
}

const Split = ({ rates, by }: { readonly rates: ReturnType<typeof rowsOf>; readonly by: string }) => {
  const steps = [...new Set(rates.map(row => `${dim(row, 'stage_from')} ${dim(row, 'stage_to')}`))]
  const of = (value: string, step: string) =>
    rates.find(row => dim(row, by) === value && `${dim(row, 'stage_from')} ${dim(row, 'stage_to')}` === step)
  return (
    <DataTable
      label={`Conversion by ${by}`}
      rows={valuesOf(rates, by)}
      keyOf={value => value}
      short
      columns={[
        { id: 'value', head: title(by), by: value => value, cell: value => title(value) },
        ...steps.map(step => {
          const [from = '', to = ''] = step.split(' ')
          return {
            id: step,
            head: `${stageText(from)} → ${stageText(to)}`,
            num: true,
            by: (value: string) => of(value, step)?.value,
            cell: (value: string) => <Figure row={of(value, step)} flags={false} />,
          }
        }),
      ]}
    />
  )
}
