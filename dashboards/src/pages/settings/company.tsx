import { dateText } from '../../format/number.ts'
import { Panel } from '../../parts/panel.tsx'
import { useSession } from '../../shell/session.ts'

const monthName = (month: number): string =>
  new Date(Date.UTC(2000, month - 1)).toLocaleDateString(navigator.language, { month: 'long', timeZone: 'UTC' })

/** How the company counts time and money, and who is asking. */
export const Company = () => {
  const session = useSession()
  return (
    <Panel title="The company" about="Configured by tenant-configured events">
      <dl className="facts">
        <dt>Tenant</dt>
        <dd>{session.tenant}</dd>
        <dt>Time zone</dt>
        <dd>{session.zone}</dd>
        <dt>Reporting currency</dt>
        <dd>{session.currency}</dd>
        <dt>Fiscal year begins in</dt>
        <dd>{monthName(session.fiscal_year_start_month)}</dd>
        <dt>Stages</dt>
        <dd>{session.stages.map(stage => stage.toUpperCase()).join(' → ')}</dd>
        <dt>Live since</dt>
        <dd>{session.live_from === null ? 'from the start' : dateText(session.live_from)}</dd>
        <dt>Signed in as</dt>
        <dd>
          {session.member ?? session.actor} <span className="n">({session.scopes.join(', ')})</span>
        </dd>
      </dl>
    </Panel>
  )
}
