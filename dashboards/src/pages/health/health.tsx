import { Later } from '../../parts/later.tsx'
import { PageHead } from '../../parts/controls.tsx'
import { useSession } from '../../shell/session.ts'
import { Checks, Silence } from './checks.tsx'
import { Freshness } from './freshness.tsx'
import { LeftOut } from './left-out.tsx'
import { Letters } from './letters.tsx'

/** What figures rest on: how complete and how fresh it is, what could not be processed, and what had to be left out. */
export const Health = () => {
  const { scopes } = useSession()
  return (
    <>
      <PageHead
        title="Data health"
        about="How far figures can be trusted, and what they leave out. Nothing is dropped in silence: what does not count is counted here."
      />
      <div className="grid">
        <Checks />
        <div className="w5 stack" style={{ alignContent: 'start' }}>
          <Freshness />
          <Silence />
        </div>
      </div>
      {scopes.includes('admin') ? <Letters /> : null}
      <Later>
        <LeftOut />
      </Later>
    </>
  )
}
