import { currencyExponent } from '../money.ts'
import { Predicate, type TouchSelector } from './predicate.ts'
import { Within } from './sla-policy.ts'

/** Words for what an agreed document says, so that a change can be read aloud. */

const TOUCHES: Readonly<Record<string, readonly [string, string]>> = {
  download: ['content download', 'content downloads'],
  form: ['form', 'forms'],
  event_attended: ['event attended', 'events attended'],
  webinar_attended: ['webinar attended', 'webinars attended'],
  reply: ['reply', 'replies'],
  call_connected: ['connected call', 'connected calls'],
  ad_click_session: ['session from an ad', 'sessions from ads'],
  web_session: ['web session', 'web sessions'],
}

const spaced = (name: string): string => name.replaceAll(/[_-]+/g, ' ')

const touchName = (type: string, count: number): string => {
  const [one, many] = TOUCHES[type] ?? [spaced(type), `${spaced(type)}s`]
  return count === 1 ? one : many
}

/** `2 content downloads or forms`. */
const touches = ({ types, channels, outcomes, teams, direction }: TouchSelector, count: number): string =>
  [
    ...(direction === undefined ? [] : [direction]),
    listed(
      types.map(type => touchName(type, count)),
      'or',
    ),
    ...(channels === undefined ? [] : [`on ${listed(channels.map(spaced), 'or')}`]),
    ...(outcomes === undefined ? [] : [`with the outcome ${listed(outcomes.map(spaced), 'or')}`]),
    ...(teams === undefined ? [] : [`by ${listed(teams.map(spaced), 'or')}`]),
  ].join(' ')

export const listed = (words: readonly string[], and: 'and' | 'or'): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1) ?? ''}`

const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`)

const COMPARED: Readonly<Record<string, string>> = { '<': 'below', '<=': 'at most', '=': 'of', '>=': 'of at least', '>': 'above' }

/** `account.employees` → `employees of the account`. */
export const attributeName = (attribute: string): string => {
  const [owner = '', ...rest] = attribute.replace('.attributes.', '.').split('.')
  return `${spaced(rest.join('.'))} of the ${owner}`
}

/** In words what a condition needs: `2 content downloads within 30 days`. */
export const predicatePhrase = (predicate: Predicate): string => {
  switch (predicate.op) {
    case 'all':
      return listed(predicate.of.map(inner), 'and')
    case 'any':
      return listed(predicate.of.map(inner), 'or')
    case 'not':
      return `not ${inner(predicate.of)}`
    case 'compare': {
      const { attribute, is, value, currency } = predicate
      return `${attributeName(attribute)} ${COMPARED[is] ?? is} ${currency === undefined ? String(value) : moneyPhrase(value, currency)}`
    }
    case 'in':
      return `${attributeName(predicate.attribute)} among ${listed(predicate.values, 'or')}`
    case 'starts':
      return `${attributeName(predicate.attribute)} beginning with ${listed(predicate.values, 'or')}`
    case 'contains':
      return `${attributeName(predicate.attribute)} with ${listed(predicate.values, 'or')} in it`
    case 'known':
      return `a known ${attributeName(predicate.attribute)}`
    case 'touches':
      return `${predicate.at_least} ${touches(predicate.touches, predicate.at_least)} within ${days(predicate.within_days)}${predicate.once_a_day ? ', each day once' : ''}`
    case 'channels':
      return `${touches(predicate.touches, 2)} on ${predicate.at_least} channels within ${days(predicate.within_days)}`
    case 'points':
      return `${predicate.at_least} points`
    case 'fit':
      return `a ${predicate.is} fit`
    default:
      return `the bucket ${listed(predicate.values, 'or')}`
  }
}

const inner = (predicate: Predicate): string =>
  predicate.op === 'all' || predicate.op === 'any' ? `(${predicatePhrase(predicate)})` : predicatePhrase(predicate)

/** `4 business hours`. */
const withinPhrase = (within: Within): string => {
  if (within.time === 'days') return within.business_days === 1 ? '1 business day' : `${within.business_days} business days`
  const { minutes } = within
  const count = minutes % 60 === 0 ? minutes / 60 : minutes
  const unit = minutes % 60 === 0 ? 'hour' : 'minute'
  return `${count} ${within.time === 'business' ? 'business ' : ''}${unit}${count === 1 ? '' : 's'}`
}

const moneyPhrase = (minor: number, currency: string): string => {
  const exponent = currencyExponent(currency) ?? 2
  const text = (Math.abs(minor) / 10 ** exponent).toFixed(minor % 10 ** exponent === 0 ? 0 : exponent)
  return `${minor < 0 ? '-' : ''}${text.replaceAll(/\B(?=(?:\d{3})+(?!\d))/g, ',')} ${currency}`
}

/** A value as people would say it: conditions, times and rates by what they are, all else by its fields. */
export const phraseOf = (name: string, value: unknown, currency: string): string => {
  if (value === null || value === undefined || value === '') return 'nothing'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return numberPhrase(name, value, currency)
  if (typeof value === 'string') return value
  if (Array.isArray(value))
    return value.length === 0
      ? 'nothing'
      : listed(
          value.map(one => phraseOf(name, one, currency)),
          'and',
        )
  const within = Within.safeParse(value)
  if (within.success) return withinPhrase(within.data)
  const predicate = Predicate.safeParse(value)
  if (predicate.success) return predicatePhrase(predicate.data)
  return Object.entries(value)
    .filter(([, part]) => !isEmpty(part))
    .map(([field, part]) => `${fieldName(field)} ${phraseOf(field, part, currency)}`)
    .join(', ')
}

const isEmpty = (value: unknown): boolean => value === null || value === '' || (Array.isArray(value) && value.length === 0)

const numberPhrase = (name: string, value: number, currency: string): string => {
  if (name.endsWith('_minor') && currency !== '') return moneyPhrase(value, currency)
  if (name.endsWith('_ppm')) return `${String(value / 10_000)} %`
  if (name.endsWith('_days')) return days(value)
  if (name.endsWith('_minutes') || name === 'minutes' || name === 'minutes_before') return `${value} minutes`
  return String(value)
}

const ACRONYMS: ReadonlySet<string> = new Set(['icp', 'mql', 'mqls', 'sal', 'sql', 'sqo', 'sla', 'sdr', 'ae'])

/** `pipeline_minor` → `pipeline`, `mqls` → `MQLs`. */
export const fieldName = (field: string): string =>
  spaced(field.replace(/_(?:minor|ppm|days|minutes)$/, ''))
    .split(' ')
    .map(word => (ACRONYMS.has(word) ? word.toUpperCase().replace(/S$/, word === 'mqls' ? 's' : 'S') : word))
    .join(' ')
