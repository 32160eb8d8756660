import { useAnswer } from '../../api/use-answer.ts'
import { campaignName, useCampaigns } from '../../api/names.ts'
import { rowOf } from '../../api/rows.ts'
import { Choice, PageHead, Segments } from '../../parts/controls.tsx'
import { FigureTable, type Measure } from '../../parts/figure-table.tsx'
import { Kpi } from '../../parts/kpi.tsx'
import { Later } from '../../parts/later.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { modelText } from '../../format/words.ts'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Calendar } from './calendar.tsx'
import { CampaignCard } from './card.tsx'
import { Edit } from './edit.tsx'
import { Wasted } from './wasted.tsx'

const BY = ['campaign'] as const
const COSTS = [
  ['lead', 'a lead'],
  ['mql', 'an MQL'],
  ['sqo', 'an SQO'],
  ['won', 'a customer'],
] as const
const RETURN: readonly Measure[] = [
  { metric: 'M66', head: 'Spend' },
  { metric: 'M54', head: 'Won revenue' },
  { metric: 'M67', head: 'Return' },
  { metric: 'M68', head: 'On media' },
]
const BUDGET: readonly Measure[] = [
  { metric: 'M66', head: 'Spend' },
  { metric: 'M66b', head: 'Budget used' },
]
const COST: readonly Measure[] = [
  { metric: 'M70', head: 'Cost of one' },
  { metric: 'M56', head: 'How many' },
  { metric: 'M66', head: 'Spend' },
]

/** What marketing does, what it costs and what comes of it. */
export const Campaigns = () => {
  const { get, patch } = useView()
  const { models } = useSession()
  const asking = useAsking()
  const campaigns = useCampaigns()
  const [shows, model, scope, conversion] = [
    get('shows', 'return'),
    get('model', 'w-shaped'),
    get('scope', 'program'),
    get('conversion', 'mql'),
  ]
  const spend_scope = scope === 'loaded' ? 'loaded' : 'program'
  const returns = useAnswer(
    'GET /v1/roi',
    { ...asking, basis: 'revenue', by: 'campaign', model, spend_scope },
    { enabled: shows === 'return' },
  )
  const budget = useAnswer('GET /v1/spend', { ...asking, by: 'campaign', spend_scope }, { enabled: shows === 'budget' })
  const costs = useAnswer(
    'GET /v1/roi',
    { ...asking, basis: 'conversions', conversion, by: 'campaign', model, spend_scope },
    { enabled: shows === 'costs' },
  )
  const whole = useAnswer('GET /v1/roi', { ...asking, basis: 'revenue', model, spend_scope })
  const used = useAnswer('GET /v1/spend', { ...asking, spend_scope })
  const asked = shows === 'return' ? returns : shows === 'budget' ? budget : costs
  const total = whole.data?.total
  return (
    <>
      <PageHead
        title="Campaigns"
        about="Spend against budget, what it earned and what each stage cost. Dates and words are the calendar’s; credit is the model’s."
      >
        <Choice
          label="Credit"
          value={model}
          options={models.map(each => [each.split('@')[0] ?? each, modelText(each)])}
          onChange={value => patch({ model: value })}
        />
        <Segments
          label="Which costs"
          value={scope}
          options={[
            ['program', 'Program costs'],
            ['loaded', 'With salaries'],
          ]}
          onChange={value => patch({ scope: value })}
        />
      </PageHead>
      <div className="kpis">
        <Kpi
          label="Spend"
          side="marketing"
          row={rowOf(total, 'M66')}
          beside={spend_scope === 'loaded' ? 'with salaries, tools and commissions' : 'media, events, content, agencies'}
        />
        <Kpi label="Budget used" row={rowOf(used.data?.total, 'M66b')} beside="of the same days" />
        <Kpi label="Won revenue" side="both" row={rowOf(total, 'M54')} beside="all won deals of the period" />
        <Kpi label="Return on spend" row={rowOf(total, 'M67')} beside={`${modelText(model)} credit`} />
        <Kpi label="Earned by no touch" row={rowOf(total, 'M59')} beside="of won revenue" />
        <Kpi label="CAC, loaded" row={rowOf(total, 'M71')} beside="sales and marketing" />
        <Kpi label="Payback" row={rowOf(total, 'M73')} beside="at gross margin" />
      </div>
      <Calendar campaigns={campaigns} />
      {get('campaign') === 'new' ? <Edit onDone={() => patch({ campaign: '' })} /> : null}
      {get('campaign') === '' ? null : <CampaignCard campaigns={campaigns} id={get('campaign')} />}
      <Panel
        title="Each campaign"
        flush
        right={
          <>
            {shows === 'costs' ? (
              <Choice label="Cost of" value={conversion} options={COSTS} onChange={value => patch({ conversion: value })} />
            ) : null}
            <Segments
              label="What the table shows"
              value={shows}
              options={[
                ['return', 'Return'],
                ['budget', 'Budget'],
                ['costs', 'Cost per stage'],
              ]}
              onChange={value => patch({ shows: value })}
            />
          </>
        }
        foot={<RestsOn answer={asked.data} />}
      >
        <Answered asked={asked} lines={10}>
          {answer =>
            answer.rows.length === 0 ? (
              <Empty title="No campaign spent or earned in this period" />
            ) : (
              <FigureTable
                label="Campaigns"
                rows={answer.rows}
                total={answer.total}
                by={BY}
                measures={shows === 'return' ? RETURN : shows === 'budget' ? BUDGET : COST}
                nameOf={id => campaignName(campaigns, id)}
                onOpen={({ campaign = '' }) => patch({ campaign: campaigns.has(campaign) ? campaign : '' })}
              />
            )
          }
        </Answered>
      </Panel>
      <Later>
        <Wasted campaigns={campaigns} />
      </Later>
    </>
  )
}
