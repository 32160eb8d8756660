import { currencyExponent } from '../money.ts'
import { knownAt, type RateSaid } from './history.ts'

type Fraction = { readonly day: number; readonly num: bigint; readonly den: bigint; readonly direct: boolean }

const SCALE = 10n ** 18n
const units = (rate: string): bigint => {
  const [whole = '0', part = ''] = rate.split('.')
  return BigInt(whole) * SCALE + BigInt(part.padEnd(18, '0').slice(0, 18) || '0')
}

/** Minor units of `currency` on a day in minor units of the target, halves to the even; null without a rate on or before the day (metrics C5). */
export type Convert = (amount: number, currency: string, day: number) => number | null

/** The rates as known at an instant (ms): the same arithmetic as `withMoney` in figures/money.ts, without the engine. */
export const rateTable = (said: readonly RateSaid[], target: string, asOf: number): Convert => {
  const byCurrency = new Map<string, Map<number, Fraction>>()
  for (const each of said) {
    if (knownAt(each) > asOf || each.base === each.quote || (each.quote !== target && each.base !== target)) continue
    const rate = units(each.rate)
    if (rate <= 0n) continue
    const direct = each.quote === target
    const currency = direct ? each.base : each.quote
    const shift = (currencyExponent(target) ?? 2) - (currencyExponent(currency) ?? 2)
    const num = (direct ? rate : SCALE) * 10n ** BigInt(Math.max(shift, 0))
    const den = (direct ? SCALE : rate) * 10n ** BigInt(Math.max(-shift, 0))
    const days = byCurrency.get(currency) ?? new Map<number, Fraction>()
    byCurrency.set(currency, days)
    const before = days.get(each.day)
    if (before === undefined || direct || !before.direct) days.set(each.day, { day: each.day, num, den, direct })
  }
  const sorted = new Map([...byCurrency].map(([currency, days]) => [currency, [...days.values()].toSorted((a, b) => a.day - b.day)]))
  const rateOn = (currency: string, day: number): Fraction | null => {
    const rates = sorted.get(currency) ?? []
    let [low, high] = [0, rates.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((rates[middle]?.day ?? 0) <= day) low = middle + 1
      else high = middle
    }
    return rates[low - 1] ?? null
  }
  return (amount, currency, day) => {
    if (currency === target) return amount
    const rate = rateOn(currency, day)
    if (rate === null) return null
    const size = BigInt(Math.abs(amount)) * rate.num
    const whole = size / rate.den
    const rest = size % rate.den
    const up = 2n * rest > rate.den || (2n * rest === rate.den && whole % 2n === 1n)
    const worth = Number(up ? whole + 1n : whole)
    return amount < 0 ? -worth : worth
  }
}
