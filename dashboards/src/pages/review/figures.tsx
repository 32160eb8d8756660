import { useMemo, type ReactNode } from 'react'
import { campaignName, useCampaigns } from '../../api/names.ts'
import { dim, rowOf, rowsOf, valuesOf } from '../../api/rows.ts'
import type { FigureRow, Review } from '../../api/types.ts'
import { bridge } from '../../figures/bridge.ts'
import { metricName } from '../../format/metrics.ts'
import { stageText, title, words } from '../../format/words.ts'
import { Chart } from '../../parts/chart.tsx'
import { Meter } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { FigureTable } from '../../parts/figure-table.tsx'
import { DataTable } from '../../parts/table.tsx'

type Shown = Review['pack']['sections'][number]['figures'][number]
type Answer = NonNullable<Shown['answer']>

type Fact = readonly [label: string, row: FigureRow | undefined]

/** Numbers that stand for themselves; those the quarter has not are left out. */
const Facts = ({ facts }: { readonly facts: readonly Fact[] }) => (
  <div className="kpis small">
    {facts
      .filter(([, row]) => row !== undefined)
      .map(([label, row]) => (
        <div className="kpi" key={label}>
          <span className="label">{label}</span>
          <span className="value">
            <Figure row={row} precision="short" n={false} flags={false} />
          </span>
        </div>
      ))}
  </div>
)

/** A rate on each line, as long as it is. */
const Rates = ({
  label,
  head,
  rows,
  nameOf,
}: {
  readonly label: string
  readonly head: string
  readonly rows: readonly FigureRow[]
  readonly nameOf: (row: FigureRow) => string
}) => (
  <DataTable<FigureRow>
    label={label}
    short
    rows={rows}
    keyOf={nameOf}
    columns={[
      { id: 'what', head, cell: nameOf },
      { id: 'bar', head: '', width: '34%', cell: row => <Meter part={row.value ?? 0} tone="accent" range={row.interval ?? null} /> },
      { id: 'value', head: 'Rate', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
    ]}
  />
)

const Targets = ({ total }: Answer) => (
  <DataTable
    label="Targets and what was reached"
    short
    rows={valuesOf(rowsOf(total, 'M98'), 'goal')}
    keyOf={goal => goal}
    columns={[
      { id: 'goal', head: 'Goal', cell: goal => (goal === 'mql' ? 'MQLs' : title(goal)) },
      {
        id: 'bar',
        head: '',
        width: '30%',
        cell: goal => <Meter part={rowOf(total, 'M98', { goal, measure: 'attained' })?.value ?? 0} tone="accent" />,
      },
      ...(['target', 'actual', 'attained'] as const).map(measure => ({
        id: measure,
        head: { target: 'Plan', actual: 'Reached', attained: 'Of plan' }[measure],
        num: true,
        cell: (goal: string) => <Figure row={rowOf(total, 'M98', { goal, measure })} n={false} precision="short" />,
      })),
    ]}
  />
)

const Waterfall = ({ rows }: Answer) => {
  const option = useMemo(() => bridge(rowsOf(rows, 'M91')), [rows])
  return rows.every(row => (row.value ?? 0) === 0) ? (
    <p className="note">No pipeline moved.</p>
  ) : (
    <Chart label="Pipeline bridge" height={270} option={option} />
  )
}

const RETURN = [
  { metric: 'M54', head: 'Won revenue' },
  { metric: 'M66', head: 'Spend' },
  { metric: 'M67', head: 'Return' },
]
const Channels = ({ rows, total }: Answer) => (
  <FigureTable label="Spend and return by channel" rows={rows} total={total} by={['channel']} measures={RETURN} />
)
const Programs = ({ rows }: Answer) => {
  const campaigns = useCampaigns()
  return <FigureTable label="Largest programs" rows={rows} by={['campaign']} measures={RETURN} nameOf={id => campaignName(campaigns, id)} />
}

const RULES: Readonly<Record<string, string>> = {
  locked: 'As locked for the year',
  source_field: 'Source field',
  first_touch: 'First touch',
  first_response: 'First response before sales',
}
const Sourced = ({ rows, total }: Answer) => {
  const all = rowsOf(rows.length > 0 ? rows : total, 'M57')
  const rules = valuesOf(all, 'rule').toSorted((a, b) => Number(b === 'locked') - Number(a === 'locked'))
  return (
    <DataTable
      label="Who sourced the pipeline"
      short
      rows={valuesOf(all, 'sourced_by')}
      keyOf={by => by}
      columns={[
        { id: 'by', head: 'Sourced by', cell: title },
        ...rules.map(rule => ({
          id: rule,
          head: RULES[rule] ?? title(rule),
          num: true,
          cell: (by: string) => <Figure row={rowOf(all, 'M57', { rule, sourced_by: by })} flags={false} />,
        })),
      ]}
    />
  )
}

const Conversion = ({ total }: Answer) => (
  <Rates
    label="Conversion"
    head="From and to"
    rows={rowsOf(total, 'M6')}
    nameOf={row => `${stageText(dim(row, 'stage_from'))} → ${stageText(dim(row, 'stage_to'))}`}
  />
)
const Leaks = ({ total }: Answer) => (
  <Facts
    facts={rowsOf(total, 'M22')
      .filter(row => row.value !== null)
      .map(row => [`${stageText(dim(row, 'stage_from'))} → ${stageText(dim(row, 'stage_to'))}`, row] as const)}
  />
)
const Alignment = ({ rows, total }: Answer) => {
  const now = rowsOf(total, total[0]?.metric ?? '').length > 0 ? total : rows
  const measured = now.filter(row => dim(row, 'measure') === 'value')
  const before = (row: FigureRow): FigureRow | undefined =>
    rows.find(
      other => dim(other, 'sign') === dim(row, 'sign') && dim(other, 'measure') === 'value' && dim(other, 'period') !== dim(row, 'period'),
    )
  return (
    <DataTable<FigureRow>
      label="Signs of alignment"
      short
      rows={measured}
      keyOf={row => dim(row, 'sign')}
      columns={[
        { id: 'sign', head: 'Sign', cell: row => title(dim(row, 'sign')).replace('Sla', 'Service levels,') },
        { id: 'value', head: 'This quarter', num: true, cell: row => <Figure row={row} /> },
        { id: 'before', head: 'The one before', num: true, cell: row => <Figure row={before(row)} n={false} flags={false} /> },
      ]}
    />
  )
}
const Attainment = ({ total }: Answer) => (
  <Facts
    facts={[
      ['Kept in time', rowOf(total, 'M42')],
      ['Decided in time', rowOf(total, 'M26')],
      ['Accepted', rowOf(total, 'M25', { measure: 'decided' })],
      ['Untouched', rowOf(total, 'M30')],
      ['Speed to lead, median', rowOf(total, 'M39', { statistic: 'median' })],
      ['Human delay, median', rowOf(total, 'M41', { statistic: 'median' })],
      ['Open breaches', rowOf(total, 'M43')],
      ['Given up early', rowOf(total, 'M50')],
    ]}
  />
)
const Economics = ({ total }: Answer) => (
  <Facts
    facts={[
      ['Spend with salaries', rowOf(total, 'M66')],
      ['CAC, loaded', rowOf(total, 'M71')],
      ['CAC, paid', rowOf(total, 'M72')],
      ['Payback', rowOf(total, 'M73')],
      ['Lifetime value, 60 months', rowOf(total, 'M74', { cap_months: '60' })],
      ['LTV to CAC, 60 months', rowOf(total, 'M75', { cap_months: '60' })],
      ['Cost of sales', rowOf(total, 'M77')],
      ['Return on media', rowOf(total, 'M68')],
    ]}
  />
)
const WinRate = ({ total }: Answer) => (
  <Facts facts={(['M17', 'M18', 'M19', 'M19s', 'M90'] as const).map(metric => [metricName(metric), rowOf(total, metric)] as const)} />
)
const bySize = (a: FigureRow, b: FigureRow): number => (b.denominator ?? 0) - (a.denominator ?? 0)
const Segments = ({ rows }: Answer) => (
  <Rates
    label="Win rate by segment"
    head="Segment"
    rows={rowsOf(rows, 'M17').toSorted(bySize)}
    nameOf={row => title(dim(row, 'segment'))}
  />
)
const MOST = 8
const Industries = ({ rows }: Answer) => (
  <Rates
    label="Conversion to SQO by industry"
    head="Industry"
    rows={rowsOf(rows, 'M105', { of: 'conversion' }).toSorted(bySize).slice(0, MOST)}
    nameOf={row => title(dim(row, 'industry'))}
  />
)
const byValue = (a: FigureRow, b: FigureRow): number => (b.value ?? 0) - (a.value ?? 0)
const Losses = ({ total }: Answer) => (
  <div className="grid">
    {(['reason', 'competitor'] as const).map(of => (
      <div key={of} className="w6">
        <Rates
          label={`Lost by ${of}`}
          head={title(of)}
          rows={rowsOf(total, 'M103', { of }).toSorted(byValue)}
          nameOf={row => title(dim(row, 'outcome'))}
        />
      </div>
    ))}
  </div>
)
const Feedback = ({ total }: Answer) => (
  <Rates
    label="Rejected, by reason"
    head="Reason"
    rows={rowsOf(total, 'M27').toSorted(byValue).slice(0, MOST)}
    nameOf={row => `${title(dim(row, 'reason'))} (${words(dim(row, 'reason_class'))})`}
  />
)
const Outlook = ({ total }: Answer) => {
  const of = (measure: string): FigureRow | undefined => total.find(row => dim(row, 'measure') === measure)
  return (
    <Facts
      facts={[
        ['Forecast', of('forecast')],
        ['P10', of('p10')],
        ['P50', of('p50')],
        ['P90', of('p90')],
        ['Target', rowOf(total, 'M98', { measure: 'target' })],
        ['Chance to reach it', of('target_chance')],
        ['Coverage', of('coverage')],
        ['Past error', of('wape')],
      ]}
    />
  )
}
const Backtest = ({ total }: Answer) => {
  const all = rowsOf(total, 'M92', { judged: 'all', measure: 'wape' }).toSorted((a, b) => byValue(b, a))
  return (
    <Rates
      label="How wrong past forecasts were"
      head="Method"
      rows={all.slice(0, MOST)}
      nameOf={row => (dim(row, 'method') === 'chosen' ? 'Chosen at the time' : title(dim(row, 'method')))}
    />
  )
}
const PARTS: readonly (readonly [string, string])[] = [
  ['target', 'Target'],
  ['won', 'Won'],
  ['open', 'Open should bring'],
  ['remaining', 'Still to find'],
  ['mean_won_value', 'Mean won deal'],
]
const Needs = ({ rows, total }: Answer) => (
  <Facts
    facts={[
      ...PARTS.map(([part, label]) => [label, rowOf(total, 'M96', { part })] as const),
      ...rowsOf(rows, 'M96', { part: 'needed' }).map(row => [`${stageText(dim(row, 'stage'))} needed`, row] as const),
    ]}
  />
)

/** How each figure of the pack is read; one that is not here is a list of its rows. */
export const READ: Readonly<Record<string, (answer: Answer) => ReactNode>> = {
  targets: answer => <Targets {...answer} />,
  bridge: answer => <Waterfall {...answer} />,
  channels: answer => <Channels {...answer} />,
  programs: answer => <Programs {...answer} />,
  sourced: answer => <Sourced {...answer} />,
  conversion: answer => <Conversion {...answer} />,
  leaks: answer => <Leaks {...answer} />,
  alignment: answer => <Alignment {...answer} />,
  attainment: answer => <Attainment {...answer} />,
  economics: answer => <Economics {...answer} />,
  'win-rate': answer => <WinRate {...answer} />,
  'win-rate-by-segment': answer => <Segments {...answer} />,
  'icp-lift': answer => <Industries {...answer} />,
  losses: answer => <Losses {...answer} />,
  feedback: answer => <Feedback {...answer} />,
  forecast: answer => <Outlook {...answer} />,
  backtest: answer => <Backtest {...answer} />,
  'reverse-funnel': answer => <Needs {...answer} />,
}
