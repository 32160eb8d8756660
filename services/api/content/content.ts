import { z } from 'zod'
import { contentUse, saidOfRecords } from '../../domain/figures/records.ts'
import { dateAt } from '../../domain/periods.ts'
import { foldRecord } from '../../domain/records/fold.ts'
import type { Store } from '../../store/port.ts'
import { isoOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'

export const CONTENT_STATES = ['current', 'unapproved', 'expired', 'retired'] as const

const text = z.string().default('')
const texts = z.array(z.string()).default([])

export const Content = z
  .object({
    content_id: z.string(),
    version: z.int().describe('The latest'),
    state: z.enum(CONTENT_STATES).describe('Of the latest version on the day of as_of'),
    title: text,
    kind: text,
    stage: text,
    personas: texts,
    owner_id: text,
    authors: texts,
    approved_by: text,
    expires_on: z.string().nullable().default(null),
    url: text,
    language: text,
    description: text,
    message: text,
    product: text,
    campaign: text,
    tags: texts,
    retired_because: z.string().nullable(),
    replaced_by: z.string().nullable(),
    touches: z.int().describe('Touches that used it, any version'),
    persons: z.int().describe('Who used it'),
    last_used: z.string().nullable(),
  })
  .meta({ id: 'Content', description: 'A piece of the library' })
export type Content = z.output<typeof Content>

const Row = z.object({ subject: z.string(), type: z.string(), payload: z.string() })
const Payload = z.record(z.string(), z.unknown())
const Version = z.object({ version: z.int() })
const Retired = z.object({ version: z.int().nullable().default(null), reason: text, replaced_by: text })
const Use = z.object({ content: z.string(), touches: z.coerce.number(), persons: z.coerce.number(), last_used: z.string() })

/** The library as known at `as_of`, in the order of ids, with the use of each piece. */
export const readContent = async (store: Store, { sources, settings, observedTo }: AnswerContext): Promise<readonly Content[]> => {
  const [rows, used] = await Promise.all([
    store.read(saidOfRecords(sources, ['content-published', 'content-retired'])),
    store.read(contentUse(sources)),
  ])
  const uses = new Map(used.map(row => Use.parse(row)).map(use => [use.content, use]))
  const today = dateAt(observedTo, settings.zone)
  const said = Map.groupBy(
    rows.map(row => Row.parse(row)),
    ({ subject }) => subject,
  )
  return [...said].flatMap(([id, about]) => {
    const found = latestOf(about, today)
    if (found === null) return []
    const { version, state, known, retired } = found
    const use = uses.get(id)
    return [
      Content.parse({
        ...known,
        content_id: id,
        version,
        state,
        retired_because: retired?.reason ?? null,
        replaced_by: retired === null || retired.replaced_by === '' ? null : retired.replaced_by,
        touches: use?.touches ?? 0,
        persons: use?.persons ?? 0,
        last_used: use === undefined ? null : isoOf(use.last_used),
      }),
    ]
  })
}

type Latest = {
  readonly version: number
  readonly state: (typeof CONTENT_STATES)[number]
  readonly known: Readonly<Record<string, unknown>>
  readonly retired: z.output<typeof Retired> | null
}

/** The latest version of a piece on a day, by what was said of it; null where it was never published. */
const latestOf = (about: readonly z.output<typeof Row>[], today: string): Latest | null => {
  const facts = about.map(({ type, payload }) => ({ type, payload: Payload.parse(JSON.parse(payload)) }))
  const published = facts.filter(({ type }) => type === 'content-published')
  if (published.length === 0) return null
  const version = Math.max(...published.map(({ payload }) => Version.parse(payload).version))
  // a version says all of itself; what is said of it again lies over that
  const known = foldRecord(published.filter(({ payload }) => Version.parse(payload).version === version))
  const retired = retirementOf(facts, version)
  return { version, state: retired === null ? stateOf(known, today) : 'retired', known, retired }
}

type Said = { readonly type: string; readonly payload: Readonly<Record<string, unknown>> }

/** The last retirement of the version; a later publication of it takes it back. */
const retirementOf = (facts: readonly Said[], latest: number): z.output<typeof Retired> | null => {
  let retired: z.output<typeof Retired> | null = null
  for (const { type, payload } of facts) {
    if (type === 'content-published') {
      if (Version.parse(payload).version === latest) retired = null
      continue
    }
    const said = Retired.parse(payload)
    if (said.version === null || said.version === latest) retired = said
  }
  return retired
}

const Dated = Row.extend({ occurred_ms: z.coerce.number() })
type ContentSaid = z.output<typeof Dated>

/** All that was said of the library, by piece, in order. */
export const contentSaid = async (store: Store, { sources }: AnswerContext): Promise<ReadonlyMap<string, readonly ContentSaid[]>> =>
  Map.groupBy(
    (await store.read(saidOfRecords(sources, ['content-published', 'content-retired']))).map(row => Dated.parse(row)),
    ({ subject }) => subject,
  )

/** How a piece stood at an instant (ms), by what had been said of it until then; `unknown`: nothing had. */
export const stateThen = (said: readonly ContentSaid[], at: number, zone: string): Latest['state'] | 'unknown' =>
  latestOf(
    said.filter(({ occurred_ms }) => occurred_ms <= at),
    dateAt(at, zone),
  )?.state ?? 'unknown'

const Standing = z.object({ approved_by: text, expires_on: z.string().nullable().default(null) })

const stateOf = (known: Readonly<Record<string, unknown>>, today: string): (typeof CONTENT_STATES)[number] => {
  const { approved_by, expires_on } = Standing.parse(known)
  if (expires_on !== null && expires_on < today) return 'expired'
  return approved_by === '' ? 'unapproved' : 'current'
}
