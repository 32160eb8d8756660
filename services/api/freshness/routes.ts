import type { FastifyPluginAsyncZod } from '@fastify/type-provider-zod'
import { z } from 'zod'
import { sql } from '../../domain/sql.ts'
import { requireScope } from '../../http/caller.ts'
import type { Store } from '../../store/port.ts'
import { instantOf } from '../answer.ts'
import type { AnswerReader } from '../as-of.ts'
import { queryOf } from '../parameters.ts'

export type FreshnessRouteOptions = {
  readonly store: Store
  readonly reader: AnswerReader
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const Instant = z.string().nullable()
const Freshness = z
  .object({
    now: z.string(),
    projected_to: Instant.describe('Figures show everything recorded until then'),
    projecting_to: Instant,
    lag_seconds: z.number().nullable(),
    landed: z.array(z.object({ topic: z.string(), partition: z.number(), next_offset: z.string(), appended_at: z.string() })),
  })
  .meta({ id: 'Freshness' })

const Landed = z.object({ topic: z.string(), partition: z.coerce.number(), next_offset: z.string(), appended: z.coerce.number() })

export const freshnessRoutes: FastifyPluginAsyncZod<FreshnessRouteOptions> = async (app, { store, reader, now }) => {
  const tags = ['operations']
  app.get(
    '/v1/freshness',
    {
      onRequest: requireScope('read', 'ingest'),
      schema: { tags, summary: 'How far events have come', querystring: queryOf({}), response: { 200: Freshness } },
    },
    async () => {
      const [progress, rows] = await Promise.all([
        reader.progress(),
        store.read(
          sql`SELECT toString(topic) AS topic, partition, toString(next_offset) AS next_offset, toUnixTimestamp64Milli(appended_at) AS appended FROM landed FINAL ORDER BY topic, partition`,
        ),
      ])
      const at = now()
      return {
        now: instantOf(at),
        projected_to: progress === null ? null : instantOf(progress.projectedTo),
        projecting_to: progress === null ? null : instantOf(progress.projectingTo),
        lag_seconds: progress === null ? null : Math.max(0, at - progress.projectedTo) / 1000,
        landed: rows
          .map(row => Landed.parse(row))
          .map(({ appended, topic, partition, next_offset }) => ({ topic, partition, next_offset, appended_at: instantOf(appended) })),
      }
    },
  )
}
