import { useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { credentials, Refusal } from '../api/ask.ts'
import { useAnswer } from '../api/use-answer.ts'
import { Failed, Skeleton } from '../parts/state.tsx'
import { Proof } from '../parts/proof.tsx'
import { useListening, useLive } from './live.ts'
import { GlobalBar, Narrowed, TimeTravel } from './global-bar.tsx'
import { PAGES } from './pages.ts'
import { SessionContext } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { nextTheme, useTheme } from './theme.ts'
import { keptAcross, useView } from './view.ts'

const GROUPS = [...new Set(PAGES.map(({ group }) => group))]

export const Shell = () => {
  const { search, get } = useView()
  const [open, setOpen] = useState(false)
  const path = useRouterState({ select: state => state.location.pathname })
  const session = useAnswer('GET /v1/session', { as_of: get('as_of') || undefined })
  useListening(useQueryClient(), session.data !== undefined && get('as_of') === '')
  const { clocks } = useLive()
  const waiting = (clocks?.mine?.running ?? 0) + (clocks?.mine?.overdue ?? 0)
  useEffect(() => {
    setOpen(false)
    document.title = `${PAGES.find(page => page.path === path)?.name ?? 'Accord'} · Accord`
  }, [path])

  if (session.error instanceof Refusal && session.error.status === 401) return <SignIn />
  return (
    <div className="shell">
      <a className="skip" href="#main">
        To the figures
      </a>
      <nav className="rail" data-open={open} aria-label="Pages">
        <Link to="/" search={keptAcross(search) as never} className="brand">
          <Mark />
          Accord
        </Link>
        {GROUPS.map(group => (
          <div key={group}>
            {group === '' ? null : <h2>{group}</h2>}
            {PAGES.filter(page => page.group === group && page.name !== '').map(page => (
              <Link
                key={page.path}
                to={page.path}
                search={keptAcross(search) as never}
                className="link"
                activeOptions={{ exact: true, includeSearch: false }}
              >
                {page.name}
                {page.path === '/leads' && waiting > 0 ? (
                  <span className="count" title="Clocks of yours that ask for something">
                    {waiting}
                  </span>
                ) : null}
              </Link>
            ))}
          </div>
        ))}
        <div className="foot">
          <ThemeButton />
          <span>
            <a href="/docs">API</a>
            {credentials.key() === null ? null : (
              <>
                {' · '}
                <button
                  type="button"
                  className="figure"
                  onClick={() => {
                    credentials.signOut()
                    location.reload()
                  }}
                >
                  Sign out
                </button>
              </>
            )}
          </span>
        </div>
      </nav>
      {open ? <div className="scrim" style={{ zIndex: 14 }} onClick={() => setOpen(false)} /> : null}
      <div>
        {session.data === undefined ? (
          <main id="main" className="page">
            {session.error === null ? <Skeleton lines={9} /> : <Failed error={session.error} retry={() => void session.refetch()} />}
          </main>
        ) : (
          <SessionContext value={session.data}>
            <GlobalBar onMenu={() => setOpen(true)} />
            <TimeTravel />
            <Narrowed />
            <main id="main" className="page">
              <Outlet />
            </main>
            <Proof />
          </SessionContext>
        )}
      </div>
    </div>
  )
}

const Mark = () => (
  <svg viewBox="0 0 20 20" aria-hidden="true">
    <circle cx="7.5" cy="10" r="6" fill="none" stroke="var(--marketing)" strokeWidth="2.4" />
    <circle cx="12.5" cy="10" r="6" fill="none" stroke="var(--sales)" strokeWidth="2.4" />
  </svg>
)

const ThemeButton = () => {
  const [theme, setTheme] = useTheme()
  return (
    <button type="button" className="button small" onClick={() => setTheme(nextTheme(theme))}>
      {theme === 'system' ? 'Light as the system' : theme === 'dark' ? 'Dark' : 'Light'}
    </button>
  )
}
