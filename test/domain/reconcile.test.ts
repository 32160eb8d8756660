import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { differences, type Stated, type StatedHere } from '../../services/domain/reconcile/differences.ts'

const there = (id: string, more: Partial<Stated> = {}): Stated => ({
  id,
  state: 'won',
  month: '2026-09',
  value: 100n,
  said: more.value ?? 100n,
  currency: 'EUR',
  deleted: false,
  ...more,
})
const here = (id: string, more: Partial<StatedHere> = {}): StatedHere => ({
  ...there(id, more),
  because: '',
  typed: true,
  qualified: true,
  mapped: true,
  ...more,
})
const pieces = (crm: readonly Stated[], accord: readonly StatedHere[], then: readonly StatedHere[] | null = null) =>
  differences(crm, accord, then).differences.map(
    ({ measure, month, reason, value, count }) => `${measure} ${month} ${reason} ${value} ${count}`,
  )

describe('differences from a CRM', () => {
  it('are none where both say the same', () => {
    expect(pieces([there('d')], [here('d')])).toEqual([])
  })

  it.each<[string, readonly Stated[], readonly StatedHere[], readonly string[]]>([
    ['a deal that is not here', [there('d')], [], ['won 2026-09 missing_here -100 -1']],
    ['a deal that is not there', [], [here('d')], ['won 2026-09 missing_there 100 1']],
    ['deleted here', [there('d')], [here('d', { because: 'deleted' })], ['won 2026-09 deleted -100 -1']],
    ['deleted there', [there('d', { deleted: true })], [here('d')], ['won 2026-09 deleted 100 1']],
    ['merged into another', [there('d')], [here('d', { because: 'merged' })], ['won 2026-09 merged -100 -1']],
    ['a test', [there('d')], [here('d', { because: 'test' })], ['won 2026-09 excluded -100 -1']],
    ['still open there', [there('d', { state: 'open' })], [here('d')], ['open 2026-09 status -100 -1', 'won 2026-09 status 100 1']],
    ['a renewal', [there('d')], [here('d', { typed: false })], ['won 2026-09 open_type -100 -1']],
    [
      'open, but no pipeline yet',
      [there('d', { state: 'open' })],
      [here('d', { state: 'open', qualified: false })],
      ['open 2026-09 open_type -100 -1'],
    ],
    [
      'in a stage that nobody mapped',
      [there('d', { state: 'open' })],
      [here('d', { state: 'open', mapped: false })],
      ['open 2026-09 unmapped -100 -1'],
    ],
    ['another amount', [there('d')], [here('d', { value: 130n })], ['won 2026-09 amount 30 0']],
    ['another currency', [there('d', { currency: 'USD', value: 92n, said: 100n })], [here('d')], ['won 2026-09 currency 8 0']],
    ['the rate of another day', [there('d', { value: 92n, said: 100n })], [here('d')], ['won 2026-09 currency 8 0']],
    [
      'clicked won on 2 October with 30 September, and raised',
      [there('d', { month: '2026-10' })],
      [here('d', { value: 110n })],
      ['won 2026-10 close_date -100 -1', 'won 2026-09 close_date 100 1', 'won 2026-09 amount 10 0'],
    ],
  ])('name %s', (_name, crm, accord, expected) => {
    expect(pieces(crm, accord)).toEqual(expected)
  })

  it('are late where the CRM says what was known here when it was asked', () => {
    expect(pieces([there('d', { state: 'open' })], [here('d')], [here('d', { state: 'open' })])).toEqual([
      'open 2026-09 late -100 -1',
      'won 2026-09 late 100 1',
    ])
    expect(pieces([there('d')], [here('d', { value: 130n })], [here('d')])).toEqual(['won 2026-09 late 30 0'])
  })

  it('add up to here − there in every month, in value and in number', () => {
    const stated = fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      state: fc.constantFrom('open' as const, 'won' as const, 'lost' as const),
      month: fc.constantFrom('2026-08', '2026-09', ''),
      value: fc.oneof(fc.bigInt({ min: -50n, max: 500n }), fc.constant(null)),
      said: fc.constantFrom(1n, 2n, null),
      currency: fc.constantFrom('EUR', 'USD'),
      deleted: fc.boolean(),
    })
    const ours = fc.record({
      base: stated,
      because: fc.constantFrom('', '', '', 'deleted', 'merged', 'test'),
      typed: fc.boolean(),
      qualified: fc.boolean(),
      mapped: fc.boolean(),
    })
    const sideOf = fc.uniqueArray(stated, { selector: deal => deal.id })
    const hereOf = fc
      .uniqueArray(ours, { selector: deal => deal.base.id })
      .map(list => list.map(({ base, ...more }): StatedHere => ({ ...base, deleted: false, ...more })))
    fc.assert(
      fc.property(sideOf, hereOf, fc.option(hereOf), (crm, accord, then) => {
        const found = differences(crm, accord, then)
        const places = found.differences.map(({ measure, month, reason, id }) => [measure, month, reason, id].join(' '))
        expect(new Set(places).size).toBe(places.length)
        const keyOf = ({ measure, month }: { readonly measure: string; readonly month: string }): string => `${measure} ${month}`
        for (const key of new Set([...found.counted.there, ...found.counted.here, ...found.differences].map(keyOf))) {
          const mine = found.differences.filter(piece => keyOf(piece) === key)
          const [a, c] = [found.counted.here, found.counted.there].map(side => side.filter(part => keyOf(part) === key))
          const valueOf = (parts: typeof a): bigint => (parts ?? []).reduce((sum, { value }) => sum + value, 0n)
          expect(mine.reduce((sum, d) => sum + d.value, 0n)).toBe(valueOf(a) - valueOf(c))
          expect(mine.reduce((sum, d) => sum + d.count, 0)).toBe((a?.length ?? 0) - (c?.length ?? 0))
        }
      }),
      { seed: 3, numRuns: 500 },
    )
  })
})
