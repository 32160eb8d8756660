import { useIsFetching } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useAnswer } from '../api/use-answer.ts'
import { dim } from '../api/rows.ts'
import type { Answer, FigureRow } from '../api/types.ts'
import { count, percent } from '../format/number.ts'
import { useAsking } from '../shell/session.ts'
import { CHECKS, type Check } from './checks.ts'

/** Asked when everything else on the page has its answer: it is beside the headlines, not before them. */
export const useDataHealth = (): Answer | undefined => {
  const { period, as_of, currency } = useAsking()
  const busy = useIsFetching()
  const [quiet, setQuiet] = useState(false)
  useEffect(() => {
    if (quiet || busy > 0) return
    const timer = setTimeout(() => setQuiet(true), 300)
    return () => clearTimeout(timer)
  }, [busy, quiet])
  return useAnswer('GET /v1/data-health', { period, as_of, currency }, { enabled: quiet }).data
}

const isRatio = ({ unit, value }: FigureRow): boolean => unit === 'ratio' && value !== null
/** Below this a reader should know before quoting the number. */
const WORRYING = 0.9

/** The weakest of the checks that a headline rests on: how complete its records are (M99). */
export const Trust = ({ health, checks }: { readonly health: Answer | undefined; readonly checks: readonly Check[] }) => {
  const weakest = (health?.total ?? [])
    .filter(row => isRatio(row) && checks.some(check => check === dim(row, 'check')))
    .toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
  if (weakest === undefined || weakest.value === null) return null
  const [, about] = CHECKS[dim(weakest, 'check')] ?? ['', '']
  return (
    <a
      className={weakest.value < WORRYING ? 'trust warn' : 'trust'}
      href={`/health${location.search}`}
      title={`${about}: ${count(weakest.numerator ?? 0)} of ${count(weakest.denominator ?? 0)} (M99)`}
    >
      data {percent(weakest.value, weakest.value > 0.9995 ? 0 : 1)}
    </a>
  )
}
