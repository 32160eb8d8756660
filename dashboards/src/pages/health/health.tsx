import { useAnswer } from '../../api/use-answer.ts'
import { rowOf } from '../../api/rows.ts'
import { count, duration, instantText } from '../../format/number.ts'
import { words } from '../../format/words.ts'
import { PageHead } from '../../parts/controls.tsx'
import { Figure } from '../../parts/figure.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Answered } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking, useSession } from '../../shell/session.ts'

/** What figures rest on: how fresh it is, and what had to be left out. */
export const Health = () => (
  <>
    <PageHead
      title="Data health"
      about="How far figures have come, and what they leave out. Nothing is dropped in silence: what does not count is counted here."
    />
    <Freshness />
    <LeftOut />
  </>
)

const Freshness = () => {
  const { zone } = useSession()
  const asked = useAnswer('GET /v1/freshness', {}, { refetchMs: 5_000 })
  return (
    <Panel title="Freshness" about="Asked again every five seconds" flush>
      <Answered asked={asked}>
        {({ projected_to, projecting_to, landed }) => {
          const topics = [...Map.groupBy(landed, ({ topic }) => topic)]
          return (
            <>
              <dl className="facts" style={{ padding: '4px 16px 12px' }}>
                <dt>Figures show everything recorded until</dt>
                <dd>{projected_to === null ? 'nothing yet' : instantText(projected_to, zone)}</dd>
                <dt>State</dt>
                <dd>{projected_to === projecting_to ? <span className="good">up to date</span> : 'computing what came since'}</dd>
              </dl>
              <DataTable
                label="What has landed by topic"
                short
                rows={topics}
                keyOf={([topic]) => topic}
                columns={[
                  { id: 'topic', head: 'Log', cell: ([topic]) => topic },
                  {
                    id: 'partitions',
                    head: 'Partitions',
                    num: true,
                    by: ([, some]) => some.length,
                    cell: ([, some]) => count(some.length),
                  },
                  {
                    id: 'last',
                    head: 'Newest record',
                    num: true,
                    by: ([, some]) => newest(some),
                    cell: ([, some]) => `${duration(Math.max(0, Date.now() - Date.parse(newest(some))) / 1_000)} ago`,
                  },
                ]}
              />
            </>
          )
        }}
      </Answered>
    </Panel>
  )
}

const newest = (some: readonly { readonly appended_at: string }[]): string =>
  some
    .map(({ appended_at }) => appended_at)
    .toSorted()
    .at(-1) ?? ''

/** What each headline leaves out, by reason, and the spend and revenue that nothing explains. */
const LeftOut = () => {
  const asking = useAsking()
  const revenue = useAnswer('GET /v1/attribution', { ...asking, basis: 'revenue' })
  const pipeline = useAnswer('GET /v1/attribution', { ...asking, basis: 'pipeline' })
  const stages = useAnswer('GET /v1/funnel/stages', asking)
  const conversion = useAnswer('GET /v1/funnel/conversion', { period: asking.period, as_of: asking.as_of })
  const spend = useAnswer('GET /v1/spend', { ...asking, match: 'unmatched' })
  const lines = [
    ['Attributed revenue', revenue],
    ['Attributed pipeline', pipeline],
    ['Stages', stages],
    ['Conversion', conversion],
    ['Spend', spend],
  ] as const
  return (
    <div className="grid">
      <Panel className="w7" title="Left out, by reason" about="In the period" flush>
        <DataTable
          label="What figures leave out"
          short
          rows={lines.flatMap(([figure, asked]) =>
            Object.entries(asked.data?.excluded ?? {}).map(([reason, n]) => ({ figure, reason, n })),
          )}
          keyOf={({ figure, reason }) => `${figure} ${reason}`}
          columns={[
            { id: 'figure', head: 'Figure', by: ({ figure }) => figure, cell: ({ figure }) => figure },
            { id: 'reason', head: 'Reason', by: ({ reason }) => reason, cell: ({ reason }) => words(reason) },
            { id: 'n', head: 'Records', num: true, by: ({ n }) => n, cell: ({ n }) => count(n) },
          ]}
        />
      </Panel>
      <Panel className="w5" title="Without an explanation" about="Stays in every total">
        <dl className="facts">
          <dt>Revenue that no touch earned</dt>
          <dd>
            <Figure row={rowOf(revenue.data?.total, 'M59')} />
          </dd>
          <dt>Pipeline that no touch earned</dt>
          <dd>
            <Figure row={rowOf(pipeline.data?.total, 'M59')} />
          </dd>
          <dt>Spend without a known campaign</dt>
          <dd>
            <Figure row={rowOf(spend.data?.total, 'M66')} />
          </dd>
        </dl>
      </Panel>
    </div>
  )
}
