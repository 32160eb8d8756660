import { useState } from 'react'
import { useAnswer } from '../../api/use-answer.ts'
import type { SlaClock } from '../../api/types.ts'
import { count } from '../../format/number.ts'
import { title } from '../../format/words.ts'
import { PageHead, Segments } from '../../parts/controls.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { useNow } from '../../parts/now.ts'
import { useMe } from '../../shell/me.ts'
import { useAsking } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Acts } from './acts.tsx'
import { Clocks } from './clocks.tsx'
import { Reps } from './reps.tsx'

const HOUR_MS = 3_600_000
const ROLES = [
  ['sdr', 'SDRs'],
  ['ae', 'AEs'],
  ['all', 'All'],
] as const

/** For who runs the team: what is due, what is over, who carries how much, and what to do about it. */
export const Queue = () => {
  const { get, patch } = useView()
  const { period, as_of } = useAsking()
  const me = useMe()
  const now = useNow()
  const role = ROLES.find(([each]) => each === get('role', 'sdr'))?.[0] ?? 'sdr'
  const running = useAnswer('GET /v1/sla/clocks', { as_of, state: 'running', side: 'sales', limit: 500 })
  const breached = useAnswer('GET /v1/sla/clocks', { as_of, state: 'breached', open: 'true', side: 'sales', period, limit: 500 })
  const whole = useAnswer('GET /v1/sla/attainment', { period, as_of, side: 'sales', metric: ['M30', 'M39', 'M42'] })
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const picked = [...(running.data?.rows ?? []), ...(breached.data?.rows ?? [])].filter(({ id }) => chosen.has(id))
  const soon = (running.data?.rows ?? []).filter(({ due_at: due }) => Date.parse(due) - now < HOUR_MS && Date.parse(due) > now)
  const mine = me?.team ?? ''
  return (
    <>
      <PageHead
        title={get('team') === '' ? 'Team queue' : `Queue of ${title(get('team'))}`}
        about="What is due, what is over its limit and still open, and who carries how much. Choose rows to give them to somebody else or to ask for an excuse."
      >
        {mine === '' || get('team') === mine ? null : (
          <button type="button" className="button" onClick={() => patch({ team: mine })}>
            Only {title(mine)}
          </button>
        )}
        <Segments label="Roles" value={role} options={ROLES} onChange={value => patch({ role: value })} />
      </PageHead>
      <div className="kpis">
        <Count
          label="Due within the hour"
          value={running.data === undefined ? undefined : soon.length}
          beside="running clocks"
          tone={soon.length > 0 ? 'bad' : ''}
        />
        <Count label="Running" value={running.data?.count} beside="clocks of sales" />
        <Count
          label="Over the limit"
          value={breached.data?.count}
          beside="and still open"
          tone={(breached.data?.count ?? 0) > 0 ? 'bad' : ''}
        />
        <Kpi
          label="Untouched MQLs"
          side="sales"
          row={whole.data?.rows.find(({ metric, unit }) => metric === 'M30' && unit === 'ratio')}
          waiting={whole.data === undefined}
        />
        <Kpi
          label="Speed to lead, median"
          side="sales"
          row={whole.data?.rows.find(row => row.metric === 'M39' && row['statistic'] === 'median')}
          beside="calendar time"
          waiting={whole.data === undefined}
        />
        <Kpi label="Kept" side="sales" row={whole.data?.rows.find(({ metric }) => metric === 'M42')} waiting={whole.data === undefined} />
      </div>
      {picked.length > 0 && as_of === undefined ? <Acts clocks={picked} done={() => setChosen(new Set())} /> : null}
      <div className="grid">
        <Clocks
          className="w6"
          heading="Due next"
          asked={running}
          empty="No clock is running"
          chosen={chosen}
          onChoose={ids => setChosen(merged(ids, chosen, breached.data?.rows))}
        />
        <Clocks
          className="w6"
          heading="Over the limit, still open"
          asked={breached}
          empty="No breach of this period is open"
          chosen={chosen}
          onChoose={ids => setChosen(merged(ids, chosen, running.data?.rows))}
        />
      </div>
      <Reps role={role === 'all' ? '' : role} />
    </>
  )
}

/** What one table says is chosen, with what is chosen in the other. */
const merged = (ids: ReadonlySet<string>, before: ReadonlySet<string>, others: readonly SlaClock[] = []): ReadonlySet<string> =>
  new Set([...ids, ...others.filter(({ id }) => before.has(id)).map(({ id }) => id)])

type CountProps = { readonly label: string; readonly value: number | undefined; readonly beside: string; readonly tone?: string }

const Count = ({ label, value, beside, tone = '' }: CountProps) => (
  <div className="kpi">
    <span className="label">
      <i className="side sales" title="sales" />
      {label}
    </span>
    <span className={`value ${tone}`}>{value === undefined ? <span className="none">…</span> : count(value)}</span>
    <span className="beside">{beside}</span>
  </div>
)
