/** Avro's logical values as the events have them: dates and decimals are text. */

const DAY_MS = 86_400_000
const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/
/** 0001-01-01 and 9999-12-31 as days since the epoch: what `YYYY-MM-DD` can say. */
const FIRST_DAY = -719_162
const LAST_DAY = 2_932_896

// dates repeat: a few thousand days cover everything that a company talks about
const texts = new Map<number, string>()

/** Days since the epoch → `YYYY-MM-DD`, or null outside the years 1 to 9999. */
export const dateText = (days: number): string | null => {
  const known = texts.get(days)
  if (known !== undefined) return known
  if (days < FIRST_DAY || days > LAST_DAY) return null
  const text = new Date(days * DAY_MS).toISOString().slice(0, 10)
  if (texts.size < 50_000) texts.set(days, text)
  return text
}

/** `YYYY-MM-DD` → days since the epoch, or null when there is no such day. */
export const daysOf = (text: string): number | null => {
  if (!ISO_DATE.test(text)) return null
  const days = Math.round(Date.parse(`${text}T00:00:00Z`) / DAY_MS)
  // 2025-02-30 would roll over into March
  return Number.isNaN(days) || dateText(days) !== text ? null : days
}

/** Unscaled two's complement, big-endian → decimal text without needless zeros. */
export const decimalText = (bytes: Uint8Array, scale: number): string => {
  let unscaled = 0n
  for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte)
  unscaled = BigInt.asIntN(bytes.length * 8, unscaled)
  const sign = unscaled < 0n ? '-' : ''
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const places = digits.slice(digits.length - scale).replace(/0+$/, '')
  return sign + whole + (places === '' ? '' : `.${places}`)
}

/** Decimal text → unscaled two's complement, as short as can be; null when it has more places or digits than the type. */
export const decimalBytes = (text: string, scale: number, precision: number): Uint8Array | null => {
  const match = DECIMAL.exec(text)
  if (match === null) return null
  const places = (match[3] ?? '').replace(/0+$/, '')
  const digits = ((match[2] ?? '') + places.padEnd(scale, '0')).replace(/^0+/, '')
  if (places.length > scale || digits.length > precision) return null
  // an empty text is zero
  const unscaled = BigInt(digits) * (match[1] === '-' ? -1n : 1n)
  const bytes: number[] = []
  let rest = unscaled
  do {
    bytes.unshift(Number(BigInt.asUintN(8, rest)))
    rest >>= 8n
    // done when what is left says no more than the sign bit of the first byte
  } while (rest !== ((bytes[0] ?? 0) >= 0x80 ? -1n : 0n))
  return Uint8Array.from(bytes)
}
