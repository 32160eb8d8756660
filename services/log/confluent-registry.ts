import { z } from 'zod'
import { canonicalText } from '../../schemas/canonical.ts'
import { catalogue, eventTypes } from '../../schemas/events/generated/catalogue.ts'
import type { EventType } from '../../schemas/events/generated/types.ts'
import { foreignSchema } from './foreign-schema.ts'
import { createOwnRegistry, type KnownSchema, type SchemaRegistry } from './registry.ts'
import { RegistryError } from './registry-error.ts'
import { subjectName } from './schema-id.ts'

export type ConfluentRegistryOptions = {
  /** `https://registry.example:8081`, a path before the API's own allowed; user and password may stand in it. */
  readonly url: string
  /** Attempts for one question, the first included. Default 5. */
  readonly attempts?: number
  /** Wait before the second attempt, doubled each time. Default 200. */
  readonly waitMs?: number
  /** Limit of one attempt. Default 5000. */
  readonly timeoutMs?: number
}

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'
const PARALLEL = 8
const Registered = z.object({ id: z.int().positive() })
const Stored = z.object({ schema: z.string(), schemaType: z.string().optional() })
const Refusal = z.object({ error_code: z.int(), message: z.string() })

const refusalText = (body: string): string => {
  try {
    const refusal = Refusal.safeParse(JSON.parse(body))
    return refusal.success ? `${refusal.data.error_code} ${refusal.data.message}` : 'no reason given'
  } catch {
    return 'no reason given'
  }
}

type Reply = { readonly status: number; readonly body: string }

const createAsk = (options: ConfluentRegistryOptions): ((path: string, body?: unknown) => Promise<Reply>) => {
  const base = new URL(options.url)
  const credentials = base.username === '' ? null : `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`
  base.username = ''
  base.password = ''
  const root = base.href.replace(/\/+$/, '')
  const { attempts = 5, waitMs = 200, timeoutMs = 5000 } = options
  const headers = {
    accept: CONTENT_TYPE,
    'content-type': CONTENT_TYPE,
    ...(credentials === null ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }),
  }

  const once = async (path: string, body: unknown): Promise<Reply> => {
    const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await fetch(root + path, { ...init, signal: AbortSignal.timeout(timeoutMs) })
    return { status: response.status, body: await response.text() }
  }

  return async (path, body) => {
    let cause: unknown
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      try {
        const reply = await once(path, body)
        if (reply.status < 500 && reply.status !== 429) return reply
        cause = new Error(`status ${reply.status}: ${refusalText(reply.body)}`)
      } catch (error) {
        cause = error
      }
      if (attempt < attempts) await new Promise(resolve => setTimeout(resolve, waitMs * 2 ** (attempt - 1)))
    }
    throw new RegistryError('REGISTRY_UNAVAILABLE', `the schema registry did not answer ${path} in ${attempts} attempts`, { cause })
  }
}

const parseReply = <T>(reply: Reply, shape: z.ZodType<T>, path: string): T => {
  if (reply.status === 401 || reply.status === 403) {
    throw new RegistryError('REGISTRY_FORBIDDEN', `the schema registry refuses our credentials for ${path} (status ${reply.status})`)
  }
  if (reply.status !== 200) {
    throw new RegistryError('REGISTRY_REFUSED', `the schema registry refused ${path}: status ${reply.status}, ${refusalText(reply.body)}`)
  }
  try {
    return shape.parse(JSON.parse(reply.body))
  } catch (cause) {
    throw new RegistryError('REGISTRY_REFUSED', `${path} was answered, but not as a schema registry answers`, { cause })
  }
}

/**
 * An outside registry: registers the current schema of every type at the start and writes under the ids that it gives; learns ids that it
 * meets later. Ids of our own go on being readable, so that a registry can be configured when there already are records.
 * Rejects with `RegistryError`.
 */
export const createConfluentRegistry = async (options: ConfluentRegistryOptions): Promise<SchemaRegistry> => {
  const ask = createAsk(options)
  const own = createOwnRegistry()
  const known = new Map<number, KnownSchema>()
  const writerIds = new Map<EventType, number>()

  const register = async (type: EventType): Promise<void> => {
    const { topic, schema } = catalogue[type]
    const path = `/subjects/${encodeURIComponent(subjectName(topic, schema))}/versions`
    const { id } = parseReply(await ask(path, { schemaType: 'AVRO', schema: JSON.stringify(schema) }), Registered, path)
    const ours = own.schemaOf(id)
    if (ours?.ok === true && canonicalText(ours.schema) !== canonicalText(schema)) {
      throw new RegistryError(
        'REGISTRY_CONFLICT',
        `the registry gave ${type} the id ${id}, which is ${ours.schema.name} in records of our own`,
      )
    }
    writerIds.set(type, id)
    known.set(id, { ok: true, schema })
  }

  const waiting = eventTypes.values()
  const work = async (): Promise<void> => {
    for (const type of waiting) await register(type)
  }
  await Promise.all(Array.from({ length: PARALLEL }, work))

  const learn = async (id: number): Promise<void> => {
    const path = `/schemas/ids/${id}`
    const reply = await ask(path)
    if (reply.status === 404) return // asked again when it comes again: it may be registered by then
    const stored = parseReply(reply, Stored, path)
    known.set(
      id,
      stored.schemaType === undefined || stored.schemaType === 'AVRO'
        ? foreignSchema(stored.schema)
        : { ok: false, reason: `a schema of kind ${stored.schemaType}` },
    )
  }

  const learning = new Map<number, Promise<void>>()
  const learnOnce = (id: number): Promise<void> => {
    const running = learning.get(id)
    if (running !== undefined) return running
    const started = learn(id).finally(() => learning.delete(id))
    learning.set(id, started)
    return started
  }

  return {
    writerId: type => {
      const id = writerIds.get(type)
      if (id === undefined) throw new RangeError(`no such event type: ${type}`)
      return id
    },
    schemaOf: id => known.get(id) ?? own.schemaOf(id),
    prepare: async ids => {
      await Promise.all(ids.filter(id => !known.has(id) && own.schemaOf(id) === undefined).map(learnOnce))
    },
  }
}
