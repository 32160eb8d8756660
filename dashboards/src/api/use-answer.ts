import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { ask, type Params, type Query, type Read, Refusal } from './ask.ts'
import type { Api } from './types.ts'

export type Asked<T> = UseQueryResult<T>

const TRIES = 4

export const worthAnotherTry = (failures: number, error: Error): boolean =>
  failures < TRIES && (!(error instanceof Refusal) || error.status === 503 || error.status === 504 || error.status === 429)

type More = { readonly enabled?: boolean; readonly params?: Params; readonly refetchMs?: number }

/**
 * One question to the API. While another one is on its way the last answer stays on the page, dimmed; leaving the page calls the
 * question off.
 */
export const useAnswer = <R extends Read>(
  route: R,
  // oxlint-disable-next-line typescript/no-generated-empty-object-type -- a few routes take no parameters
  query: Query<R>,
  { enabled = true, params = {}, refetchMs }: More = {},
): Asked<Api[R]['answer']> =>
  useQuery({
    queryKey: [route, params, query],
    queryFn: ({ signal }) => ask(route, query, params, signal),
    enabled,
    retry: worthAnotherTry,
    placeholderData: keepPreviousData,
    ...(refetchMs === undefined ? {} : { refetchInterval: refetchMs }),
  })
