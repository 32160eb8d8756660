import type { Icp } from '../../services/domain/definitions/icp.ts'
import type { Predicate, TouchSelector } from '../../services/domain/definitions/predicate.ts'
import type { Qualification } from '../../services/domain/definitions/qualification.ts'

/** Instants are milliseconds. What is said of a field: a text, a number, or null where it was cleared. */
export type Said = { readonly at: number; readonly id: string; readonly fields: Readonly<Record<string, string | number | null>> }
export type OracleTouch = { readonly at: number; readonly type: string; readonly channel: string; readonly direction: string }
export type OraclePerson = {
  readonly touches: readonly OracleTouch[]
  readonly said: readonly Said[]
  readonly places: readonly { readonly account: string; readonly from: number; readonly to: number }[]
}
export type OracleAccounts = ReadonlyMap<string, readonly Said[]>

type Truth = boolean | null
const DAY = 86_400_000

const keyOf = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')

const known = (said: readonly Said[], name: string, at: number): string | number | null => {
  const spoke = said.filter(one => one.at <= at && name in one.fields).toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  return spoke.at(-1)?.fields[name] ?? null
}

const matches = (touch: OracleTouch, { types, channels, direction }: TouchSelector): boolean =>
  types.includes(touch.type) &&
  (channels === undefined || channels.includes(touch.channel)) &&
  (direction === undefined || direction === touch.direction)

/** The touches that count up to an instant; of a day the first alone, where that is asked for. */
const counted = (
  { touches }: OraclePerson,
  selector: TouchSelector,
  onceADay: boolean,
  withinDays: number,
  at: number,
): readonly OracleTouch[] => {
  const all = touches.filter(touch => matches(touch, selector)).toSorted((a, b) => a.at - b.at)
  const kept = onceADay ? all.filter((touch, i) => i === 0 || Math.floor(touch.at / DAY) !== Math.floor((all[i - 1]?.at ?? 0) / DAY)) : all
  return kept.filter(touch => touch.at <= at && at - touch.at < withinDays * DAY)
}

/** A predicate by the book: Kleene's logic over what is known at the instant. */
const truthAt = (
  predicate: Predicate,
  person: OraclePerson,
  accounts: OracleAccounts,
  at: number,
  judged: { readonly fit: Truth; readonly bucket: string } | null = null,
): Truth => {
  const again = (part: Predicate): Truth => truthAt(part, person, accounts, at, judged)
  switch (predicate.op) {
    case 'all': {
      const parts = predicate.of.map(again)
      return parts.includes(false) ? false : parts.includes(null) ? null : true
    }
    case 'any': {
      const parts = predicate.of.map(again)
      return parts.includes(true) ? true : parts.includes(null) ? null : false
    }
    case 'not': {
      const part = again(predicate.of)
      return part === null ? null : !part
    }
    case 'touches':
      return counted(person, predicate.touches, predicate.once_a_day, predicate.within_days, at).length >= predicate.at_least
    case 'channels': {
      const seen = counted(person, predicate.touches, false, predicate.within_days, at).map(({ channel }) => channel)
      return new Set(seen.filter(channel => channel !== '')).size >= predicate.at_least
    }
    case 'points': {
      const points = predicate.groups.map(({ limit, rules }) => {
        let sum = 0
        for (const rule of rules) {
          for (const touch of counted(person, rule.touches, rule.once_a_day, rule.within_days, at)) {
            let left = rule.points
            for (
              let age = at - touch.at;
              rule.halve_every_days !== undefined && age >= rule.halve_every_days * DAY;
              age -= rule.halve_every_days * DAY
            )
              left = Math.floor(left / 2)
            sum += left
          }
        }
        return Math.min(sum, limit ?? sum)
      })
      return points.reduce((a, b) => a + b, 0) >= predicate.at_least
    }
    case 'fit':
      return judged === null || judged.fit === null ? null : judged.fit === (predicate.is === 'good')
    case 'bucket':
      return judged === null ? null : predicate.values.includes(judged.bucket)
    default: {
      const [owner = '', name = ''] = predicate.attribute.split('.')
      const account = person.places.find(({ from, to }) => from <= at && at < to)?.account ?? ''
      const value = known(owner === 'person' ? person.said : (accounts.get(account) ?? []), name, at)
      if (predicate.op === 'known') return value !== null
      if (value === null) return null
      if (predicate.op === 'compare') {
        const number = Number(value)
        return {
          '<': number < predicate.value,
          '<=': number <= predicate.value,
          '=': number === predicate.value,
          '>=': number >= predicate.value,
          '>': number > predicate.value,
        }[predicate.is]
      }
      const key = keyOf(String(value))
      const keys = predicate.values.map(keyOf)
      if (predicate.op === 'in') return keys.includes(key)
      return predicate.op === 'starts' ? keys.some(start => key.startsWith(start)) : keys.some(word => `_${key}_`.includes(`_${word}_`))
    }
  }
}

export type Judgement = { readonly fit: Truth; readonly bucket: string; readonly rule: Truth }

/** Fit, bucket and the rule of MQL at an instant; a fit that is not known counts as bad. */
export const judgedAt = (
  { icp, qualification }: { readonly icp: Icp; readonly qualification: Qualification },
  person: OraclePerson,
  accounts: OracleAccounts,
  at: number,
): Judgement => {
  const fit = truthAt(icp.fit, person, accounts, at)
  const says = (predicate: Predicate): boolean => truthAt(predicate, person, accounts, at) === true
  const readiness = says(qualification.hand_raiser) ? 'hand-raiser' : says(qualification.sales_ready) ? 'sales-ready' : 'unready'
  const bucket = `${fit === true ? 'good' : 'bad'}/${readiness}`
  const rule = qualification.entry.find(({ stage }) => stage === 'mql')?.rule
  return { fit, bucket, rule: rule === undefined ? null : truthAt(rule, person, accounts, at, { fit, bucket }) }
}
