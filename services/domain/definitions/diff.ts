import type { AgreedDocument, DocumentKind } from './document-kind.ts'
import { attributeName, fieldName, listed, phraseOf, predicatePhrase } from './phrases.ts'
import { Predicate } from './predicate.ts'

/** One difference between two versions of a document: where, in words, and both values (null: there is none). */
export type DocumentChange = { readonly path: string; readonly words: string; readonly before: unknown; readonly after: unknown }

type Fields = Readonly<Record<string, unknown>>
type Place = { readonly path: string; readonly names: readonly string[]; readonly currency: string }

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const same = (a: unknown, b: unknown): boolean => JSON.stringify(canonical(a)) === JSON.stringify(canonical(b))
const canonical = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(canonical)
    : isFields(value)
      ? Object.fromEntries(
          Object.keys(value)
            .toSorted()
            .map(name => [name, canonical(value[name])]),
        )
      : value

/** What changes from one version to another, as both teams would say it: `MQL now needs 2 content downloads within 30 days instead of 3`. */
export const documentDiff = (kind: DocumentKind, before: AgreedDocument, after: AgreedDocument): readonly DocumentChange[] => {
  const [from, to]: readonly [Fields, Fields] = [{ ...before }, { ...after }]
  const currency = typeof to['currency'] === 'string' ? to['currency'] : ''
  const changes = fieldChanges(from, to, { path: '', names: [], currency }, new Set(['id', 'version']))
  return changes.map(change => ({ ...change, words: capital(change.words === '' ? `${kind.title} changes` : change.words) }))
}

const fieldChanges = (before: Fields, after: Fields, place: Place, skip: ReadonlySet<string> = new Set()): readonly DocumentChange[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter(name => !skip.has(name))
    .flatMap(name =>
      changesOf(name, before[name], after[name], {
        ...place,
        path: place.path === '' ? name : `${place.path}.${name}`,
        names: [...place.names, name],
      }),
    )

const changesOf = (name: string, before: unknown, after: unknown, place: Place): readonly DocumentChange[] => {
  if (same(before, after)) return []
  const [was, is] = [Predicate.safeParse(before), Predicate.safeParse(after)]
  if (was.success && is.success) return predicateChanges(was.data, is.data, place)
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(name, before, after, place)
  if (isFields(before) && isFields(after) && Object.keys(before).join() === Object.keys(after).join() && !isTime(before))
    return fieldChanges(before, after, place)
  const said = `${labelOf(place.names)} is now ${phraseOf(name, after, place.currency)} instead of ${phraseOf(name, before, place.currency)}`
  return [{ path: place.path, words: said, before: before ?? null, after: after ?? null }]
}

/** A time limit is said whole: `1 business hour instead of 2 business days`. */
const isTime = (value: Fields): boolean => 'time' in value || ('from' in value && 'to' in value)

/** What an item of a list is known by. */
const KEYS = ['id', 'name', 'stage', 'term', 'handoff', 'reason', 'role', 'fiscal_year', 'claim', 'date', 'objection', 'metric'] as const

const keyOf = (item: Fields): string | null => {
  const { persona, stage } = item
  if (typeof persona === 'string') return typeof stage === 'string' ? `${persona} ${stage}`.trim() : persona
  const key = KEYS.find(name => typeof item[name] === 'string' || typeof item[name] === 'number')
  return key === undefined ? null : String(item[key])
}

const listChanges = (name: string, before: readonly unknown[], after: readonly unknown[], place: Place): readonly DocumentChange[] => {
  const [was, is] = [keyed(before), keyed(after)]
  if (was === null || is === null) return bagChanges(name, before, after, place)
  const changes: DocumentChange[] = []
  for (const [key, item] of is) {
    const old = was.get(key)
    const names = [...place.names.slice(0, -1), key]
    const path = `${place.path}[${key}]`
    if (old !== undefined) changes.push(...fieldChanges(old, item, { ...place, path, names }))
    else
      changes.push({
        path,
        words: `${labelOf(place.names)}: ${key} is new, with ${withoutKey(item, key, place)}`,
        before: null,
        after: item,
      })
  }
  for (const [key, item] of was)
    if (!is.has(key))
      changes.push({
        path: `${place.path}[${key}]`,
        words: `${labelOf(place.names)}: ${key} is no longer there`,
        before: item,
        after: null,
      })
  const stayed = (items: ReadonlyMap<string, Fields>, others: ReadonlyMap<string, Fields>): readonly string[] =>
    [...items.keys()].filter(key => others.has(key))
  if (stayed(was, is).join('\n') !== stayed(is, was).join('\n'))
    changes.push({
      path: place.path,
      words: `${labelOf(place.names)} come in another order: ${[...is.keys()].join(', ')}`,
      before: [...was.keys()],
      after: [...is.keys()],
    })
  return changes
}

const withoutKey = (item: Fields, key: string, place: Place): string =>
  phraseOf('', Object.fromEntries(Object.entries(item).filter(([, value]) => value !== key)), place.currency) || 'nothing more'

/** By their keys; null where an item has none or two have the same. */
const keyed = (items: readonly unknown[]): ReadonlyMap<string, Fields> | null => {
  const found = new Map<string, Fields>()
  for (const item of items) {
    const key = isFields(item) ? keyOf(item) : null
    if (!isFields(item) || key === null || found.has(key)) return null
    found.set(key, item)
  }
  return found
}

/** Values of a list that have no names: what came and what went. */
const bagChanges = (name: string, before: readonly unknown[], after: readonly unknown[], place: Place): readonly DocumentChange[] => {
  const added = after.filter(item => !before.some(other => same(item, other)))
  const gone = before.filter(item => !after.some(other => same(item, other)))
  const say = (items: readonly unknown[]): string =>
    listed(
      items.map(item => phraseOf(name, item, place.currency)),
      'and',
    )
  const [came, went] = [added[0], gone[0]]
  if (added.length === 1 && gone.length === 1 && isFields(came) && isFields(went))
    return fieldChanges(went, came, { ...place, path: `${place.path}[${after.indexOf(came)}]` })
  const said = [
    ...(added.length > 0 ? [`now ${gone.length > 0 ? 'has' : 'also has'} ${say(added)}`] : []),
    ...(gone.length > 0 ? [`no longer ${say(gone)}`] : []),
  ]
  const words = said.length === 0 ? `${labelOf(place.names)} come in another order` : `${labelOf(place.names)} ${said.join(' and ')}`
  return [{ path: place.path, words, before, after }]
}

/** Who or what a condition is of: the stage of an entry rule, else the field itself. */
const subjectOf = ({ names }: Place): string => {
  const own = names.at(-1) === 'rule' ? names.slice(0, -1) : names
  return labelOf(own.slice(-1))
}

const predicateChanges = (before: Predicate, after: Predicate, place: Place): readonly DocumentChange[] => {
  const subject = subjectOf(place)
  const whole = (): readonly DocumentChange[] => [
    { path: place.path, words: `${subject} now needs ${predicatePhrase(after)} instead of ${predicatePhrase(before)}`, before, after },
  ]
  if ((before.op === 'all' && after.op === 'all') || (before.op === 'any' && after.op === 'any'))
    return partChanges(before.of, after.of, after.op, place)
  if (before.op === 'not' && after.op === 'not') return whole()
  if (before.op !== after.op) return whole()
  if (before.op === 'touches' && after.op === 'touches') {
    const [countOnly, daysOnly] = [
      same({ ...before, at_least: 0 }, { ...after, at_least: 0 }),
      same({ ...before, within_days: 0 }, { ...after, within_days: 0 }),
    ]
    const instead = countOnly ? String(before.at_least) : daysOnly ? `${before.within_days} days` : predicatePhrase(before)
    return [{ path: place.path, words: `${subject} now needs ${predicatePhrase(after)} instead of ${instead}`, before, after }]
  }
  if (
    (before.op === 'in' || before.op === 'starts' || before.op === 'contains') &&
    'values' in after &&
    'attribute' in after &&
    before.attribute === after.attribute
  )
    return valueChanges(subject, attributeName(after.attribute), before.values, after.values, { before, after, path: place.path })
  if (before.op === 'bucket' && after.op === 'bucket')
    return valueChanges(subject, 'the bucket', before.values, after.values, { before, after, path: place.path })
  if (before.op === 'points' && after.op === 'points') return fieldChanges({ ...before }, { ...after }, { ...place, names: [subject] })
  return whole()
}

const valueChanges = (
  subject: string,
  of: string,
  before: readonly string[],
  after: readonly string[],
  change: Omit<DocumentChange, 'words'>,
): readonly DocumentChange[] => {
  const [added, gone] = [after.filter(value => !before.includes(value)), before.filter(value => !after.includes(value))]
  const said = [
    ...(added.length > 0 ? [`now also takes ${listed(added, 'and')}`] : []),
    ...(gone.length > 0 ? [`no longer takes ${listed(gone, 'and')}`] : []),
  ]
  return said.length === 0 ? [] : [{ ...change, words: `${subject} ${said.join(' and ')} as ${of}` }]
}

/** Conditions of two groups: those about the same thing are compared, the others came or went. */
const partChanges = (
  before: readonly Predicate[],
  after: readonly Predicate[],
  op: 'all' | 'any',
  place: Place,
): readonly DocumentChange[] => {
  const subject = subjectOf(place)
  const gone = before.filter(one => !after.some(other => same(one, other)))
  const added = after.filter(one => !before.some(other => same(one, other)))
  const pairs = added.map(one => ({ one, old: gone.find(other => topicOf(other) === topicOf(one)) }))
  const matched = new Set(pairs.flatMap(({ old }) => (old === undefined ? [] : [old])))
  return [
    ...pairs.flatMap(({ one, old }) => {
      const path = `${place.path}.of[${after.indexOf(one)}]`
      if (old !== undefined) return predicateChanges(old, one, { ...place, path })
      const words =
        op === 'all' ? `${subject} now also needs ${predicatePhrase(one)}` : `${subject} now also takes ${predicatePhrase(one)} instead`
      return [{ path, words, before: null, after: one }]
    }),
    ...gone
      .filter(one => !matched.has(one))
      .map(one => ({
        path: `${place.path}.of[${before.indexOf(one)}]`,
        words: op === 'all' ? `${subject} no longer needs ${predicatePhrase(one)}` : `${subject} no longer takes ${predicatePhrase(one)}`,
        before: one,
        after: null,
      })),
  ]
}

const topicOf = (predicate: Predicate): string => {
  if ('attribute' in predicate) return `${predicate.op} ${predicate.attribute}`
  if ('touches' in predicate) return `${predicate.op} ${predicate.touches.types.join()}`
  return predicate.op
}

/** `entry`, `mql` → `entry, MQL`. */
const labelOf = (names: readonly string[]): string => names.map(fieldName).join(', ')

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
