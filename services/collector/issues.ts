import type { z } from 'zod'
import type { EventType } from '../../schemas/events/generated/types.ts'
import { dataFields } from './fields.ts'
import { isPlainObject } from './formats.ts'
import { nearest } from './nearest.ts'
import type { EventProblem, RefusalCode } from './problem.ts'

/** zod's issues about `data`, in the words of the collector: where, and what was expected there. */
export const problemsOf = (type: EventType, data: unknown, issues: readonly z.core.$ZodIssue[]): readonly EventProblem[] =>
  issues.flatMap(issue => translate(type, data, issue))

const translate = (type: EventType, data: unknown, issue: z.core.$ZodIssue): readonly EventProblem[] => {
  const path = ['data', ...issue.path.map(String)].join('.')
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownField(type, path, key, issue.path.length === 0))
  const absent = valueAt(data, issue.path) === undefined
  if (absent)
    return [{ code: 'missing_field', path, message: `expected ${docOf(type, issue.path) ?? String(issue.path.at(-1) ?? 'data')}` }]
  if (issue.code === 'invalid_type')
    return [{ code: 'wrong_type', path, message: `expected ${WORDS.get(issue.expected) ?? issue.expected}` }]
  if (issue.code === 'too_big') return [{ code: 'bad_value', path, message: `expected at most ${issue.maximum} items` }]
  return [{ code: customCode(issue), path, message: issue.message }]
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'an object'],
])

const unknownField = (type: EventType, path: string, key: string, atTop: boolean): EventProblem => {
  const near = atTop
    ? nearest(
        key,
        dataFields(type).map(data => data.field.name),
      )
    : null
  const shown = JSON.stringify(key.slice(0, 64))
  const personal =
    atTop && near === null && PERSONAL.has(key) ? '; personal data are only taken with person-created and person-updated' : ''
  return {
    code: 'unknown_field',
    path: `${path}.${key.slice(0, 64)}`,
    message: `unknown field ${shown}${near === null ? personal : `; did you mean ${JSON.stringify(near)}?`}`,
  }
}

const PERSONAL = new Set([...dataFields('person-profile').map(data => data.field.name), 'first_name', 'last_name', 'full_name', 'address'])

/** `subject: Node that acted or was acted on.`: the schema's own words say what is missing. */
const docOf = (type: EventType, path: readonly PropertyKey[]): string | null => {
  const field = path.length === 1 ? dataFields(type).find(data => data.field.name === path[0])?.field : undefined
  return field === undefined ? null : `${field.name}: ${(field.doc ?? '').replace(/\.$/, '')}`
}

const customCode = (issue: z.core.$ZodIssue): RefusalCode => {
  const code: unknown = issue.code === 'custom' ? issue.params?.['code'] : undefined
  return typeof code === 'string' ? (CODES.find(known => known === code) ?? 'bad_value') : 'bad_value'
}

const CODES: readonly RefusalCode[] = [
  'missing_field',
  'wrong_type',
  'bad_value',
  'bad_instant',
  'bad_date',
  'absurd_date',
  'bad_currency',
  'bad_node',
  'bad_event_id',
]

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown => {
  let value = data
  for (const step of path) {
    if (Array.isArray(value) && typeof step === 'number') value = value[step]
    else if (isPlainObject(value) && typeof step === 'string') value = value[step]
    else return undefined
  }
  return value
}
