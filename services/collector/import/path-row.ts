import { createHash } from 'node:crypto'
import { currencyExponent, splitByWeights } from '../../domain/money.ts'
import type { Reject } from './report.ts'

/** A row of aggregated journeys: the same touches, so many times with a conversion and so many times without. */
export type PathRow = {
  readonly channels: readonly string[]
  readonly conversions: number
  /** Of all conversions of the row together, in minor units of XXX (10⁻⁹). */
  readonly valueMinor: bigint
  readonly nulls: number
}

export const PATH_COLUMNS = ['path', 'total_conversions', 'total_conversion_value', 'total_null'] as const
type PathColumn = (typeof PATH_COLUMNS)[number]

/** Where each column is; `total_conversion_value` and `total_null` may be absent. */
export type PathHeader = Readonly<Record<PathColumn, number | null>>

/** Null when the first line is not the header of this format. */
export const readPathHeader = (cells: readonly string[]): PathHeader | null => {
  const names = cells.map(cell => cell.trim().toLowerCase())
  const at = (name: PathColumn): number | null => (names.includes(name) ? names.indexOf(name) : null)
  const header = {
    path: at('path'),
    total_conversions: at('total_conversions'),
    total_conversion_value: at('total_conversion_value'),
    total_null: at('total_null'),
  }
  return header.path === null || header.total_conversions === null ? null : header
}

type Wrong = Pick<Reject, 'column' | 'code' | 'reason'>
const EXPONENT = currencyExponent('XXX') ?? 9
/** More journeys than this in one row are a mistake of the export, not a path that many people took. */
const MAX_JOURNEYS = 10_000_000
const MAX_TOUCHES = 1000

/** One line of the file, or what is wrong with it. */
export const readPathRow = (cells: readonly string[], header: PathHeader): PathRow | Wrong => {
  const cell = (name: PathColumn): string => {
    const at = header[name]
    return at === null ? '' : (cells[at] ?? '').trim()
  }
  const channels = cell('path')
    .split('>')
    .map(channel => channel.trim())
  if (channels.some(channel => channel === ''))
    return { column: 'path', code: 'bad_value', reason: 'expected channels with > between them' }
  if (channels.length > MAX_TOUCHES) return { column: 'path', code: 'too_large', reason: `expected at most ${MAX_TOUCHES} touches` }
  const conversions = countOf(cell('total_conversions'))
  if (conversions === null) return { column: 'total_conversions', code: 'bad_value', reason: 'expected a whole number, 0 or more' }
  const nulls = header.total_null === null ? 0 : countOf(cell('total_null'))
  if (nulls === null) return { column: 'total_null', code: 'bad_value', reason: 'expected a whole number, 0 or more' }
  const valueMinor = cell('total_conversion_value') === '' ? 0n : bookValue(cell('total_conversion_value'))
  if (valueMinor === null) return { column: 'total_conversion_value', code: 'bad_value', reason: 'expected a decimal number, 0 or more' }
  if (valueMinor > 0n && conversions === 0)
    return { column: 'total_conversion_value', code: 'bad_value', reason: 'expected no value where there are no conversions' }
  return { channels, conversions, valueMinor, nulls }
}

const countOf = (text: string): number | null => {
  if (!/^\d{1,9}(\.0+)?$/.test(text)) return null
  const count = Number(text)
  return count <= MAX_JOURNEYS ? count : null
}

/** Nine decimals, half up; statistics packages write sums as 0.30000000000000004 or 1e-05. */
export const bookValue = (text: string): bigint | null => {
  const match = /^(\d{0,15})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text)
  if (match === null || !/^\.?\d/.test(text)) return null
  const [, whole = '', decimals = '', power = '0'] = match
  const digits = `${whole}${decimals}`
  const shift = EXPONENT - decimals.length + Number(power)
  if (shift >= 0) return shift > 40 ? null : BigInt(digits) * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  return (BigInt(digits) + divisor / 2n) / divisor
}

/** Book values of a row's conversions: equal, to the last unit (largest remainder, ties to the earliest). */
export const valuesOf = ({ conversions, valueMinor }: PathRow): readonly bigint[] =>
  conversions === 0
    ? []
    : splitByWeights(
        valueMinor,
        Array.from({ length: conversions }, () => 1n),
      )

/** What a row says, whatever its place in the file: equal rows have equal contents. */
export const contentOf = ({ channels, conversions, valueMinor, nulls }: PathRow): string =>
  createHash('sha256')
    .update(JSON.stringify([channels, conversions, String(valueMinor), nulls]))
    .digest('hex')
    .slice(0, 20)
