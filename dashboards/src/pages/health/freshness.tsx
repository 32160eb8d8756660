import { useAnswer } from '../../api/use-answer.ts'
import { count, duration, instantText } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { Answered } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useNow } from '../../parts/now.ts'
import { useSession } from '../../shell/session.ts'

/** How far figures have come, moving by itself. */
export const Freshness = () => {
  const { zone } = useSession()
  const now = useNow(true)
  const asked = useAnswer('GET /v1/freshness', {}, { refetchMs: 5_000 })
  return (
    <Panel title="Freshness" about="Moves by itself" flush>
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
                    cell: ([, some]) => `${duration(Math.max(0, now - Date.parse(newest(some))) / 1_000)} ago`,
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
