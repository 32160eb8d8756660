/** Money is integer minor units and an ISO 4217 code (metrics C5). Nothing here touches a float. */

/** ISO 4217 codes by the number of decimals of their minor unit; active ones and those still met in histories since 1990. */
const CODES: ReadonlyMap<number, string> = new Map([
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK
     DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP
     LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB
     SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER
     ZAR ZMW ZWG
     ATS BEF CUC CYP DEM EEK ESP FIM FRF GRD HRK IEP ITL LTL LUF LVL MTL NLG PTE SIT SKK SLL ZWL`,
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
  // "No currency" is what book values of imported samples are in: nine decimals hold theirs exactly.
  [9, 'XXX'],
])

const EXPONENTS: ReadonlyMap<string, number> = new Map(
  [...CODES].flatMap(([exponent, codes]) => codes.split(/\s+/).map((code): [string, number] => [code, exponent])),
)

/** Decimals of a currency's minor unit: EUR 2, JPY 0, BHD 3; null for what is no ISO 4217 code. */
export const currencyExponent = (code: string): number | null => EXPONENTS.get(code) ?? null

export const currencyCodes = (): readonly string[] => [...EXPONENTS.keys()]

/**
 * Splits an amount by weights without losing a unit: floors, then one more for the largest remainders, ties to the earliest;
 * a negative amount by its absolute value (metrics M53). Throws `RangeError` when the weights do not add up to more than 0.
 */
export const splitByWeights = (amount: bigint, weights: readonly bigint[]): readonly bigint[] => {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  if (total <= 0n || weights.some(weight => weight < 0n)) throw new RangeError(`weights must be positive in sum, got ${weights.join(', ')}`)
  const size = amount < 0n ? -amount : amount
  const shares = weights.map(weight => (size * weight) / total)
  const rest = Number(size - shares.reduce((sum, share) => sum + share, 0n))
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (size * weight) % total }))
    .toSorted((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const { index } of byRemainder.slice(0, rest)) shares[index] = (shares[index] ?? 0n) + 1n
  return amount < 0n ? shares.map(share => -share) : shares
}
