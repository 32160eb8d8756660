import { percent } from '../../format/number.ts'

/** A difference of two ratios: `+2.1 pt`. */
export const points = (value: number): string =>
  `${value > 0 ? '+' : value < 0 ? '−' : ''}${percent(Math.abs(value)).replace(/\s?%/, '')} pt`
