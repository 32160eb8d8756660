import type { EventType } from '../../schemas/events/generated/types.ts'
import { dataFields } from './fields.ts'
import type { EventProblem } from './problem.ts'

/** What no single field shows: fields that need or exclude each other. Cheap, since most types have no rule. */
type Rule = (event: Readonly<Record<string, unknown>>) => EventProblem | null

const refuse = (code: EventProblem['code'], field: string, message: string): EventProblem => ({ code, path: `data.${field}`, message })

const needsCurrency =
  (minorFields: readonly string[]): Rule =>
  event => {
    if (event['currency'] !== '') return null
    const given = minorFields.find(name => event[name] !== null)
    return given === undefined ? null : refuse('bad_currency', 'currency', `expected the ISO 4217 code of ${given}`)
  }

const differ =
  (one: string, other: string): Rule =>
  event =>
    event[one] === event[other] ? refuse('bad_value', other, `expected another id than ${one}: nothing merges into itself`) : null

const inOrder =
  (from: string, to: string, strictly: boolean): Rule =>
  event => {
    const [start, end] = [event[from], event[to]]
    if ((typeof start !== 'number' && typeof start !== 'string') || typeof end !== typeof start || end === null || end === undefined)
      return null
    return end < start || (strictly && end === start)
      ? refuse('bad_value', to, `expected ${to} ${strictly ? 'after' : 'not before'} ${from}`)
      : null
  }

const atMost =
  (field: string, max: number): Rule =>
  event => {
    const value = event[field]
    return typeof value === 'number' && (value < 0 || value > max) ? refuse('bad_value', field, `expected 0 to ${max}`) : null
  }

const isPersonOrAccount: Rule = event =>
  /^(person|account):/.test(String(event['target'])) ? null : refuse('bad_node', 'target', 'expected person:<id> or account:<id>')

const positiveRate: Rule = event =>
  /[1-9]/.test(String(event['rate'])) && !String(event['rate']).startsWith('-')
    ? null
    : refuse('bad_value', 'rate', 'expected a rate above 0')

const OWN_RULES: Partial<Record<EventType, readonly Rule[]>> = {
  'identity-linked': [isPersonOrAccount, differ('identity', 'target'), inOrder('valid_from', 'valid_to', true)],
  'identity-unlinked': [isPersonOrAccount],
  'person-merged': [differ('person_id', 'into_person_id')],
  'account-merged': [differ('account_id', 'into_account_id')],
  'account-parent-changed': [differ('account_id', 'parent_account_id')],
  'deal-merged': [differ('deal_id', 'into_deal_id')],
  'fx-rate-recorded': [positiveRate, differ('base_currency', 'quote_currency')],
  'tenant-configured': [atMost('fiscal_year_start_month', 12), atMost('week_starts_on', 7)],
}

const rulesOf = (type: EventType): readonly Rule[] => {
  const fields = dataFields(type).map(({ field }) => field.name)
  const minorFields = fields.filter(name => name.endsWith('_minor'))
  return [
    ...(minorFields.length > 0 && fields.includes('currency') ? [needsCurrency(minorFields)] : []),
    ...(fields.includes('starts_on') && fields.includes('ends_on') ? [inOrder('starts_on', 'ends_on', false)] : []),
    ...(fields.includes('from_on') && fields.includes('to_on') ? [inOrder('from_on', 'to_on', false)] : []),
    ...fields.filter(name => name === 'confidence_ppm' || name === 'share_ppm').map(name => atMost(name, 1_000_000)),
    ...(OWN_RULES[type] ?? []),
  ]
}

const rules = new Map<EventType, readonly Rule[]>()

/** What is wrong with an event whose fields are each right; null when nothing is. */
export const senseProblem = (type: EventType, event: Readonly<Record<string, unknown>>): EventProblem | null => {
  let own = rules.get(type)
  if (own === undefined) {
    own = rulesOf(type)
    rules.set(type, own)
  }
  for (const rule of own) {
    const problem = rule(event)
    if (problem !== null) return problem
  }
  return null
}
