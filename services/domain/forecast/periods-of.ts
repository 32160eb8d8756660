import { addDays } from '../periods.ts'
import { dateOfDay, dayOfDate } from './days.ts'

/** A period as days since the epoch, `to` exclusive. */
export type PeriodDays = { readonly from: number; readonly to: number }

const monthsBefore = (date: string, months: number): string => {
  const [year, month] = [Number(date.slice(0, 4)), Number(date.slice(5, 7))]
  return new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10)
}

/** Months that a period of whole months has; null of any other. */
export const monthsIn = ({ from, to }: PeriodDays): number | null => {
  const [first, after] = [dateOfDay(from), dateOfDay(to)]
  if (!first.endsWith('-01') || !after.endsWith('-01')) return null
  return (Number(after.slice(0, 4)) - Number(first.slice(0, 4))) * 12 + Number(after.slice(5, 7)) - Number(first.slice(5, 7))
}

/** The `n`-th period of the same kind before this one: whole months go back by months, others by their days. */
export const periodBefore = (period: PeriodDays, n: number): PeriodDays => {
  const months = monthsIn(period)
  if (months !== null && months > 0) {
    const from = monthsBefore(dateOfDay(period.from), months * n)
    return { from: dayOfDate(from), to: dayOfDate(monthsBefore(dateOfDay(period.from), months * (n - 1))) }
  }
  const length = period.to - period.from
  return { from: dayOfDate(addDays(dateOfDay(period.from), -length * n)), to: dayOfDate(addDays(dateOfDay(period.to), -length * n)) }
}
