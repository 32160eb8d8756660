import { campaignName, useCampaigns } from '../../api/names.ts'
import { addressOf, type Query } from '../../api/ask.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { rowOf } from '../../api/rows.ts'
import { Choice, PageHead, Segments } from '../../parts/controls.tsx'
import { Export } from '../../parts/export.tsx'
import { FigureTable } from '../../parts/figure-table.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Later } from '../../parts/later.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { modelText, title } from '../../format/words.ts'
import { Views } from '../../parts/views.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Compare, EVERYDAY } from './compare.tsx'
import { Journeys } from './journeys.tsx'
import { Lookback } from './lookback.tsx'
import { Ways } from './ways.tsx'
import { Filters } from './filters.tsx'

const BASES = [
  ['revenue', 'Revenue'],
  ['pipeline', 'Pipeline'],
  ['conversions', 'Count'],
] as const
const METRIC = { revenue: 'M54', pipeline: 'M55', conversions: 'M56' } as const
const DIMENSIONS = ['channel', 'campaign', 'source', 'content', 'team', 'month'] as const
type Dimension = (typeof DIMENSIONS)[number]
const CONVERSIONS = { revenue: ['won'], pipeline: ['sqo', 'won'], conversions: ['won', 'deal', 'sqo', 'mql', 'lead'] } as const
const CONVERSION_WORDS: Readonly<Record<string, string>> = { won: 'Won deals', deal: 'New deals', sqo: 'SQOs', mql: 'MQLs', lead: 'Leads' }
const LOOKBACKS = ['', '30', '90', '180', '365', '730']
const LINKAGES = [
  ['', 'Contacts, else account'],
  ['explicit', 'Contacts only'],
  ['implicit', 'Whole account'],
  ['buying_group', 'Buying group'],
] as const
const DATA_DRIVEN = ['markov', 'shapley', 'shapley-simple']

const isOne = <T extends string>(value: string, among: readonly T[]): value is T => among.some(each => each === value)

export type CreditQuery = Query<'GET /v1/attribution'>

/** Who earned it: under any model, by anything, as known on any day. */
export const Attribution = () => {
  const { get, patch } = useView()
  const { models } = useSession()
  const asking = useAsking()
  const campaigns = useCampaigns()
  const wanted = get('basis', 'revenue')
  const basis = isOne(wanted, ['revenue', 'pipeline', 'conversions']) ? wanted : 'revenue'
  const conversions: readonly string[] = CONVERSIONS[basis]
  const conversion = conversions.includes(get('conversion')) ? get('conversion') : (conversions[0] ?? 'won')
  const by = get('by', 'channel')
    .split(',')
    .filter((name): name is Dimension => isOne(name, DIMENSIONS))
  const linkage = get('linkage')
  const shared = {
    ...asking,
    basis,
    conversion,
    by: [...by],
    lookback_days: get('lookback') === '' ? undefined : Number(get('lookback')),
    linkage: isOne(linkage, ['explicit', 'implicit', 'hybrid', 'buying_group']) ? linkage : undefined,
    ...Object.fromEntries(DIMENSIONS.flatMap(name => (get(`only_${name}`) === '' ? [] : [[name, get(`only_${name}`)]]))),
  } satisfies CreditQuery
  const model = get('model', 'w-shaped')
  const query: CreditQuery = { ...shared, model }
  const side = get('side') === 'by-side'
  const asked = useAnswer('GET /v1/attribution', query)
  const metric = METRIC[basis]
  const others = models.map(each => each.split('@')[0] ?? each).filter(each => !EVERYDAY.includes(each))
  const nameOf = (value: string, dimension: string) => (dimension === 'campaign' ? campaignName(campaigns, value) : title(value))
  return (
    <>
      <PageHead
        title="Attribution"
        about="Who earned it: under any model, by anything, as known on any day. Rows add up to the total; what no touch earned stays visible."
      >
        <Views page="attribution" />
        <Export address={addressOf('GET /v1/attribution', query)} name={`attribution-${model}-${asking.period}`} />
      </PageHead>
      <div className="controls">
        <Segments label="What is credited" value={basis} options={BASES} onChange={value => patch({ basis: value, conversion: '' })} />
        {conversions.length > 1 ? (
          <Choice
            label="On"
            value={conversion}
            options={conversions.map(each => [each, CONVERSION_WORDS[each] ?? each])}
            onChange={value => patch({ conversion: value })}
          />
        ) : null}
        <Choice
          label="Model"
          value={model}
          options={[...EVERYDAY, ...others, ...DATA_DRIVEN].map(each => [each, modelText(each)])}
          onChange={value => patch({ model: value })}
        />
        <Choice
          label="By"
          value={by[0] ?? 'channel'}
          options={DIMENSIONS.map(each => [each, title(each)])}
          onChange={value => patch({ by: [value, ...by.slice(1).filter(each => each !== value)].join(',') })}
        />
        <Choice
          label="and"
          value={by[1] ?? ''}
          options={[['', 'nothing else'], ...DIMENSIONS.filter(each => each !== by[0]).map(each => [each, title(each)] as const)]}
          onChange={value =>
            patch({ by: [by[0] ?? 'channel', ...(value === '' ? [] : [value, ...by.slice(2).filter(each => each !== value)])].join(',') })
          }
        />
        {by.length < 2 ? null : (
          <Choice
            label="and"
            value={by[2] ?? ''}
            options={[
              ['', 'nothing else'],
              ...DIMENSIONS.filter(each => !by.slice(0, 2).includes(each)).map(each => [each, title(each)] as const),
            ]}
            onChange={value => patch({ by: [...by.slice(0, 2), ...(value === '' ? [] : [value])].join(',') })}
          />
        )}
        <Choice
          label="Lookback"
          value={get('lookback')}
          options={LOOKBACKS.map(days => [days, days === '' ? 'the model’s' : `${days} days`])}
          onChange={value => patch({ lookback: value })}
        />
        <Choice label="Whose touches" value={linkage} options={LINKAGES} onChange={value => patch({ linkage: value })} />
      </div>
      <Filters dimensions={DIMENSIONS} nameOf={nameOf} />
      <div className="kpis">
        <Kpi
          label={basis === 'conversions' ? (CONVERSION_WORDS[conversion] ?? conversion) : title(basis)}
          row={rowOf(asked.data?.total, metric)}
          beside={asked.data?.model ?? ''}
          waiting={asked.data === undefined}
        />
        <Kpi
          label="Earned by no touch"
          row={rowOf(asked.data?.total, 'M59')}
          beside="stays in every table"
          waiting={asked.data === undefined}
        />
        <Journeys waits={asked.isPending} />
      </div>
      <Panel
        title={`${title(basis)} by ${by.map(title).join(' and ').toLowerCase()}`}
        flush
        right={
          <Segments
            label="How to look"
            value={side ? 'by-side' : 'one'}
            options={[
              ['one', 'One model'],
              ['by-side', 'Side by side'],
            ]}
            onChange={value => patch({ side: value === 'one' ? '' : value })}
          />
        }
        foot={<RestsOn answer={asked.data} />}
      >
        {side ? (
          <Compare query={shared} metric={metric} by={by} nameOf={nameOf} others={others} />
        ) : (
          <Answered asked={asked} lines={10}>
            {({ rows, total }) =>
              rows.length === 0 ? (
                <Empty title="Nothing converted in this period">As known then, under these filters.</Empty>
              ) : (
                <FigureTable
                  label="Credit"
                  rows={rows}
                  total={total}
                  by={by}
                  measures={[{ metric, flags: true }]}
                  nameOf={nameOf}
                  onOpen={values => {
                    const first = by[0] ?? 'channel'
                    const value = values[first] ?? ''
                    if (!value.startsWith('(unattributed')) patch({ [`only_${first}`]: value })
                  }}
                />
              )
            }
          </Answered>
        )}
      </Panel>
      <Ways query={shared} metric={metric} end={CONVERSION_WORDS[conversion] ?? title(conversion)} />
      <Later>
        <Lookback query={shared} model={model} waits={asked.isFetching} />
      </Later>
    </>
  )
}
