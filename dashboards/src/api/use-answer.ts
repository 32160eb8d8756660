import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { ask, type Params, type Query, type Read, Refusal } from './ask.ts'
import { narrowed } from './narrowed.ts'
import type { Api } from './types.ts'

export type Asked<T> = UseQueryResult<T>

const TRIES = 4

export const worthAnotherTry = (failures: number, error: Error): boolean =>
  failures < TRIES && (!(error instanceof Refusal) || error.status === 503 || error.status === 504 || error.status === 429)

type More = { readonly enabled?: boolean; readonly params?: Params; readonly refetchMs?: number }

/**
 * One question to the API. While another one is on its way the last answer stays on the page, dimmed; leaving the page calls the
 * question off. The team and the segment of the bar are asked for where the question has them.
 */
export const useAnswer = <R extends Read>(
  route: R,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- a few routes take no parameters
  query: Query<R>,
  { enabled = true, params = {}, refetchMs }: More = {},
): Asked<Api[R]['answer']> => {
  const chosen: Readonly<Record<string, string>> = useSearch({ strict: false })
  const whole = { ...query, ...narrowed(route, query, chosen) }
  return useQuery({
    queryKey: [route, params, whole],
    queryFn: ({ signal }) => ask(route, whole, params, signal),
    enabled,
    retry: worthAnotherTry,
    placeholderData: keepPreviousData,
    ...(refetchMs === undefined ? {} : { refetchInterval: refetchMs }),
  })
}
