import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query'
import { addressOf, type Params, write } from './ask.ts'
import { untilShown } from './shown.ts'
import type { Api } from './types.ts'

type Write = Extract<keyof Api, `${'POST' | 'PATCH' | 'DELETE'} ${string}`>

const WAITED = 'GET /v1/freshness'

/**
 * Says something through the API and waits until figures show it, so that the page that follows is true. Every question on the page is
 * asked again.
 */
export const useWrite = <R extends Write>(
  route: R,
): UseMutationResult<unknown, Error, { readonly params?: Params; readonly body: Api[R]['body'] }> => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ params = {}, body }) => {
      const written = await write(route.slice(0, route.indexOf(' ')), addressOf(route, {}, params), body)
      const position =
        typeof written === 'object' && written !== null && 'position' in written && typeof written.position === 'string'
          ? written.position
          : ''
      if (position !== '') await untilShown(position)
      return written
    },
    onSuccess: () => client.invalidateQueries({ predicate: query => query.queryKey[0] !== WAITED }),
  })
}
