import { createContext, useContext } from 'react'
import type { Session } from '../api/types.ts'
import { useView } from './view.ts'

export const SessionContext = createContext<Session | null>(null)

export const useSession = (): Session => {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('there is no session here')
  return session
}

export type Asking = {
  readonly period: string
  readonly as_of: string | undefined
  readonly currency: string | undefined
}

type OfferedPeriod = Session['periods'][number]

/** The period that is running, unless the link names another. */
export const useAsking = (): Asking => {
  const { get } = useView()
  const { periods } = useSession()
  const running = periods.find(({ kind, state }) => kind === 'quarter' && state === 'running')
  return { period: get('period', running?.period ?? ''), as_of: get('as_of') || undefined, currency: get('currency') || undefined }
}

/** The period before one, of the same kind. */
export const usePeriodBefore = (period: string): OfferedPeriod | undefined => {
  const { periods } = useSession()
  const asked = periods.find(each => each.period === period)
  return asked === undefined ? undefined : periods.find(({ kind, to }) => kind === asked.kind && to === asked.from)
}

export const usePeriod = (period: string): OfferedPeriod | undefined => useSession().periods.find(each => each.period === period)
