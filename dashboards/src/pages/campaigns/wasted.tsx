import { useAnswer } from '../../api/use-answer.ts'
import { campaignName } from '../../api/names.ts'
import { dim, rowOf } from '../../api/rows.ts'
import type { Campaign } from '../../api/types.ts'
import { title } from '../../format/words.ts'
import { Figure } from '../../parts/figure.tsx'
import { Panel, RestsOn } from '../../parts/panel.tsx'
import { Answered, Empty } from '../../parts/state.tsx'
import { DataTable } from '../../parts/table.tsx'
import { useAsking } from '../../shell/session.ts'
import { Alias } from './alias.tsx'

/** Money that no lead, pipeline or deal answers for yet: costs without a campaign, and campaigns that converted nobody. */
export const Wasted = ({ campaigns }: { readonly campaigns: ReadonlyMap<string, Campaign> }) => {
  const asking = useAsking()
  const asked = useAnswer('GET /v1/roi', { ...asking, basis: 'conversions', conversion: 'mql', by: 'campaign', model: 'linear' })
  const unmatched = useAnswer('GET /v1/spend', { ...asking, match: 'unmatched', by: ['source', 'campaign'] })
  return (
    <div className="grid">
      <Panel
        className="w6"
        title="Spent, and converted nobody"
        about="No credit for any MQL of the period"
        flush
        foot={<RestsOn answer={asked.data} />}
      >
        <Answered asked={asked}>
          {({ rows }) => {
            const idle = rows.filter(
              row =>
                row.metric === 'M66' && (row.value ?? 0) > 0 && (rowOf(rows, 'M56', { campaign: dim(row, 'campaign') })?.value ?? 0) === 0,
            )
            return idle.length === 0 ? (
              <Empty title="Every campaign that spent has brought MQLs" />
            ) : (
              <DataTable
                label="Campaigns that spent and converted nobody"
                short
                rows={idle}
                keyOf={row => dim(row, 'campaign')}
                sort="-spent"
                columns={[
                  { id: 'name', head: 'Campaign', cell: row => campaignName(campaigns, dim(row, 'campaign')) },
                  { id: 'spent', head: 'Spend', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
                ]}
              />
            )
          }}
        </Answered>
      </Panel>
      <Panel
        className="w6"
        title="Spend that names no campaign we know"
        about="Give it an alias, and it joins its campaign everywhere"
        flush
        foot={<RestsOn answer={unmatched.data} />}
      >
        <Answered asked={unmatched}>
          {({ rows }) => {
            const spent = rows.filter(row => row.metric === 'M66' && row.value !== 0)
            return spent.length === 0 ? (
              <Empty title="All spend is matched">Every cost of the period names a planned campaign or one of its aliases.</Empty>
            ) : (
              <DataTable
                label="Unmatched spend"
                short
                rows={spent}
                keyOf={row => `${dim(row, 'source')} ${dim(row, 'campaign')}`}
                sort="-spent"
                columns={[
                  { id: 'source', head: 'Source', cell: row => title(dim(row, 'source')) },
                  { id: 'name', head: 'It says', cell: row => dim(row, 'campaign') },
                  { id: 'spent', head: 'Spend', num: true, by: row => row.value, cell: row => <Figure row={row} /> },
                  {
                    id: 'alias',
                    head: 'Which is',
                    cell: row => <Alias system={dim(row, 'source') || '*'} alias={dim(row, 'campaign')} campaigns={campaigns} />,
                  },
                ]}
              />
            )
          }}
        </Answered>
      </Panel>
      <Unknown campaigns={campaigns} />
    </div>
  )
}

/** What touches call their campaign, where no campaign is called so. */
const Unknown = ({ campaigns }: { readonly campaigns: ReadonlyMap<string, Campaign> }) => {
  const asking = useAsking()
  const asked = useAnswer('GET /v1/funnel/stages', { period: asking.period, as_of: asking.as_of, by: ['campaign'], stage: 'lead' })
  return (
    <Answered asked={asked} lines={2}>
      {({ rows }) => {
        const unknown = rows.filter(
          row =>
            row.metric === 'M1' && (row.value ?? 0) > 0 && !dim(row, 'campaign').startsWith('(') && !campaigns.has(dim(row, 'campaign')),
        )
        return unknown.length === 0 || campaigns.size === 0 ? null : (
          <Panel title="Touches that name no campaign we know" about="utm values and the like; leads of the period that came by them" flush>
            <DataTable
              label="Unmatched touches"
              short
              rows={unknown}
              keyOf={row => dim(row, 'campaign')}
              sort="-leads"
              columns={[
                { id: 'name', head: 'They say', cell: row => dim(row, 'campaign') },
                { id: 'leads', head: 'Leads', num: true, by: row => row.value, cell: row => <Figure row={row} flags={false} /> },
                { id: 'alias', head: 'Which is', cell: row => <Alias system="*" alias={dim(row, 'campaign')} campaigns={campaigns} /> },
              ]}
            />
          </Panel>
        )
      }}
    </Answered>
  )
}
