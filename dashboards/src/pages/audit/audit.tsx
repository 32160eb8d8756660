import { addressOf } from '../../api/ask.ts'
import { useAnswer } from '../../api/use-answer.ts'
import { useWrite } from '../../api/use-write.ts'
import type { SlaAuditAnswer } from '../../api/types.ts'
import { periodText, words } from '../../format/words.ts'
import { Choice, PageHead } from '../../parts/controls.tsx'
import { save } from '../../parts/save.ts'
import { SigningPanel } from '../../parts/signing.tsx'
import { Answered } from '../../parts/state.tsx'
import { useAsking, useSession } from '../../shell/session.ts'
import { useView } from '../../shell/view.ts'
import { Breaches } from './breaches.tsx'
import { Changes } from './changes.tsx'
import { FirstPage } from './first-page.tsx'
import { Kept } from './kept.tsx'
import { ResponseTimes } from './response-times.tsx'

/** The two-sided audit of a month: computed, signed by one of each function, opened again as it was. */
export const Audit = () => {
  const { get, patch } = useView()
  const { as_of } = useAsking()
  const { periods } = useSession()
  const months = periods.filter(({ kind, state }) => kind === 'month' && state !== 'coming')
  const month = get('month', months.find(({ state }) => state === 'closed')?.period ?? months[0]?.period ?? '')
  const asked = useAnswer('GET /v1/sla/audit/{month}', { as_of }, { params: { month }, enabled: month !== '' })
  return (
    <>
      <PageHead
        title={`Audit of ${periodText(month)}`}
        about="What both sides owed each other in the month and what became of it. Signed by one of each function it is frozen, and opens again to the same bytes."
      >
        <Choice
          label="Month"
          value={month}
          options={months.map(({ period, state }) => [period, `${periodText(period)}${state === 'running' ? ' · running' : ''}`] as const)}
          onChange={value => patch({ month: value })}
        />
        <button
          type="button"
          className="button"
          title="The bytes whose digest is signed"
          onClick={() => void save(addressOf('GET /v1/sla/audit/{month}/document', { as_of }, { month }), `sla-audit-${month}.json`)}
        >
          Document
        </button>
        <button type="button" className="button" onClick={() => window.print()}>
          Print
        </button>
      </PageHead>
      <Answered asked={asked} lines={14}>
        {answer => (
          <div className="stack">
            <Signed answer={answer} month={month} />
            {answer.state === 'open' ? null : <Changes month={month} />}
            <FirstPage audit={answer.audit} />
            <Kept audit={answer.audit} />
            <Breaches audit={answer.audit} />
            <ResponseTimes audit={answer.audit} signed={answer.state !== 'open'} />
            <p className="note">
              {answer.audit.clocks.count} clocks were due in the month; their digest is {answer.audit.clocks.sha256.slice(0, 16)}….{' '}
              {answer.audit.previous_sha256 === ''
                ? 'No audit was signed before this one.'
                : `It follows the audit ${answer.audit.previous_sha256.slice(0, 16)}….`}{' '}
              Under {answer.audit.definitions.join(', ')}.
              {Object.keys(answer.audit.excluded).length === 0
                ? ''
                : ` Left out: ${Object.entries(answer.audit.excluded)
                    .map(([reason, n]) => `${n} ${words(reason)}`)
                    .join(', ')}.`}
            </p>
          </div>
        )}
      </Answered>
    </>
  )
}

const Signed = ({ answer, month }: { readonly answer: SlaAuditAnswer; readonly month: string }) => {
  const { as_of } = useAsking()
  const { member, may_act } = useSession()
  const sign = useWrite('POST /v1/sla/audit/{month}/sign-off')
  const notNow = answer.flags.includes('month_running')
    ? 'The month is not over: it is signed when it is.'
    : as_of !== undefined
      ? 'You are looking at the past: go back to today to sign.'
      : member === null
        ? may_act
          ? 'Members sign: act as one who approves for marketing or sales (above).'
          : 'Members sign: this credential is bound to none.'
        : null
  return (
    <SigningPanel
      state={answer.state}
      signatures={answer.signatures}
      sha256={answer.sha256}
      asOf={answer.audit.as_of}
      notNow={notNow}
      signing={{
        isPending: sign.isPending,
        error: sign.error,
        start: () => sign.mutate({ params: { month }, body: { as_of: answer.audit.as_of, sha256: answer.sha256 } }),
      }}
    />
  )
}
