import { capital, greatest, moneyWords, percentWords, plain, quarterWords, rowOf } from './words.ts'
import type { Told } from './told.ts'

/** One sentence a part, from its figures alone; says so where there is nothing to say. */

export const promised = ({ commitments }: Told): string => {
  if (commitments.length === 0) return 'Nothing was promised for this quarter.'
  const count = (status: string): number => commitments.filter(commitment => commitment.status === status).length
  const overdue = commitments.filter(commitment => commitment.overdue).length
  return `${count('kept')} of ${commitments.length} commitments were kept, ${count('missed')} missed${overdue === 0 ? '' : `, ${overdue} overdue`}.`
}

export const headline = ({ answers, period }: Told): string => {
  const targets = answers.get('targets')
  const won = rowOf(targets, 'M98', { goal: 'revenue', measure: 'actual' })
  const attained = rowOf(targets, 'M98', { goal: 'revenue', measure: 'attained' })
  if (won === null || won.value === null) return `No revenue target is set for ${quarterWords(period.quarter)}.`
  const share = attained?.value === null || attained === null ? '' : `, ${percentWords(attained.value)} of plan`
  const pipeline = rowOf(targets, 'M98', { goal: 'pipeline', measure: 'attained' })
  const beside = pipeline?.value === null || pipeline === null ? '' : `; new pipeline reached ${percentWords(pipeline.value)}`
  return `${moneyWords(won.value, period.currency)} won in ${quarterWords(period.quarter)}${share}${beside}.`
}

export const channels = ({ answers, period }: Told): string => {
  const roi = answers.get('channels')
  const [best] = greatest(roi, 'M54')
  const returned = rowOf(roi, 'M67')
  if (best === undefined || best.value === null) return 'No revenue is attributed in this quarter.'
  const all = rowOf({ rows: [], total: roi?.total ?? [], excluded: {}, flags: [] }, 'M54')?.value ?? null
  const share = all === null || all === 0 ? '' : ` (${percentWords(best.value / all)} of what was won)`
  const overall =
    returned?.value === null || returned === null
      ? ''
      : `; all programs together earned ${returned.value.toFixed(1)} beyond each ${period.currency} spent`
  return `${capital(String(best['channel']))} carried most, ${moneyWords(best.value, period.currency)}${share}${overall}.`
}

export const health = ({ answers, period }: Told): string => {
  const leaks = (answers.get('leaks')?.total ?? []).filter(row => row.metric === 'M22' && row.value !== null)
  const [worst] = leaks.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
  if (worst === undefined || worst.value === null) return 'The cohorts of this quarter are too young to say where money leaks.'
  const at = `${String(worst['stage_from']).toUpperCase()} → ${String(worst['stage_to']).toUpperCase()}`
  return worst.value > 0
    ? `The largest leak is ${at}: ${moneyWords(worst.value, period.currency)} less than the baseline would have won.`
    : `No step leaks against its baseline; ${at} comes closest.`
}

export const economics = ({ answers, period }: Told): string => {
  const cac = rowOf(answers.get('economics'), 'M71')
  const payback = rowOf(answers.get('economics'), 'M73')
  if (cac === null || cac.value === null) return 'No new customer was won in this quarter, so none has a cost.'
  const months = payback?.value === null || payback === null ? '' : `, paid back in ${payback.value.toFixed(1)} months`
  return `A new customer cost ${moneyWords(cac.value, period.currency)} in sales and marketing${months}.`
}

export const learnings = ({ answers }: Told): string => {
  const rate = rowOf(answers.get('win-rate'), 'M17')
  if (rate?.value == null) return 'Too few deals were closed to learn from.'
  const said = `${percentWords(rate.value)} of decided deals were won (${rate.numerator ?? 0} of ${rate.denominator ?? 0})`
  // two segments with enough deals: one alone is not better than anything
  const [best, ...others] = greatest(answers.get('win-rate-by-segment'), 'M17').filter(({ flags }) => !flags.includes('low_n'))
  const worst = others.at(-1)
  if (best?.value == null || worst?.value == null) return `${said}.`
  return `${said}: ${percentWords(best.value)} in ${plain(String(best['segment']))}, ${percentWords(worst.value)} in ${plain(String(worst['segment']))}.`
}

export const outlook = ({ answers, period }: Told): string => {
  const forecast = answers.get('forecast')
  const middle = rowOf(forecast, 'M83', { measure: 'p50' })
  const [low, high] = [rowOf(forecast, 'M83', { measure: 'p10' }), rowOf(forecast, 'M83', { measure: 'p90' })]
  if (middle?.value == null) return `Too little history to forecast ${quarterWords(period.next)}.`
  const range =
    low?.value == null || high?.value == null
      ? ''
      : ` (${moneyWords(low.value, period.currency)} to ${moneyWords(high.value, period.currency)} in four of five cases)`
  return `${quarterWords(period.next)} is expected to bring ${moneyWords(middle.value, period.currency)}${range}.`
}
