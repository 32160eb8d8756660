import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import type { Registry } from 'prom-client'
import { z } from 'zod'

/** What this process needs to do its work: `ready`, and in a word what it found or what is wrong. */
export type Readiness = { readonly ready: boolean; readonly found: string }

export type OperationsRouteOptions = {
  readonly readiness: () => Promise<Readiness>
  readonly metrics: Registry
}

const Ready = z.object({ ready: z.boolean(), found: z.string() }).meta({ id: 'Ready' })

/** What operators ask of every service: does it live, can it work, what does it count. */
export const operationsRoutes: FastifyPluginAsyncZod<OperationsRouteOptions> = async (app, { readiness, metrics }) => {
  const tags = ['operations']
  app.get(
    '/v1/health/live',
    { schema: { tags, summary: 'The process answers', response: { 200: z.object({ live: z.literal(true) }) } } },
    () => ({ live: true as const }),
  )

  app.get(
    '/v1/health/ready',
    { schema: { tags, summary: 'The service can do its work', response: { 200: Ready, 503: Ready } } },
    async (_request, reply) => {
      const found = await readiness()
      if (!found.ready) reply.code(503).header('retry-after', '2')
      return found
    },
  )

  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) => {
    reply.type(metrics.contentType)
    return metrics.metrics()
  })
}
