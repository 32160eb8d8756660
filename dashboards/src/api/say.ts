import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query'
import { post } from './ask.ts'
import { untilShown } from './shown.ts'

/** An event as `POST /v1/events` takes it. */
type Said = {
  readonly type: string
  readonly event_id: string
  readonly occurred_at: string
  readonly data: Readonly<Record<string, unknown>>
}
type Taken = { readonly position?: string | null; readonly rejected?: readonly { readonly message: string; readonly path: string }[] }

/** An event that happens now. */
export const now = (type: string, data: Readonly<Record<string, unknown>>): Said => ({
  type,
  event_id: crypto.randomUUID(),
  occurred_at: new Date().toISOString(),
  data,
})

/** Says events for which there is no route of their own, and waits until figures show them. Rejects with what was wrong with the first that was refused. */
export const useSay = (): UseMutationResult<void, Error, readonly Said[]> => {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async events => {
      const { position, rejected = [] } = (await post('/v1/events', { events })) as Taken
      const [wrong] = rejected
      if (wrong !== undefined) throw new Error(wrong.path === '' ? wrong.message : `${wrong.path.replace('data.', '')}: ${wrong.message}`)
      if (typeof position === 'string') await untilShown(position)
    },
    onSuccess: () => client.invalidateQueries(),
  })
}
