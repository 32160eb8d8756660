import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query'
import { addressOf, post, send } from './ask.ts'

/** An event as the API takes it; `event_id` where saying it twice must count once. */
export type Said = { readonly type: string; readonly event_id?: string; readonly occurred_at?: string; readonly data: object }

type Heard = { readonly position?: string; readonly rejected?: readonly { readonly path?: string; readonly message: string }[] }

/** Says events that have no route of their own, and waits until figures show them. Throws what was wrong with the first that was refused. */
export const useSay = (): UseMutationResult<void, Error, readonly Said[]> => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async events => {
      const now = new Date().toISOString()
      const heard = (await post('/v1/events', { events: events.map(event => ({ occurred_at: now, ...event })) })) as Heard
      const [refused] = heard.rejected ?? []
      if (refused !== undefined) throw new Error([refused.path, refused.message].filter(Boolean).join(': '))
      if (heard.position !== undefined) await send(addressOf('GET /v1/session', { after: heard.position }))
    },
    onSuccess: () => client.invalidateQueries(),
  })
}
