import fc from 'fast-check'
import type { DealHistory, DealMoves, Move } from '../../services/domain/forecast/history.ts'

const DAY = 86_400_000
/** Midnight of 1 January 2026, UTC. */
const DAY_0 = Date.UTC(2026, 0, 1)
export const ms = (day: number): number => DAY_0 + day * DAY

/** A move on a day of 2026 (counted from 0), known a minute later unless said otherwise. */
export const move = (id: string, day: number, type: string, more: Partial<Move> & { readonly knownDay?: number } = {}): Move => {
  const { knownDay, ...said } = more
  return {
    at: ms(day) * 1000,
    recorded: knownDay === undefined ? ms(day) + 60_000 : ms(knownDay),
    id,
    type,
    account: '',
    stage: '',
    pipeline: '',
    dealType: '',
    product: '',
    owner: '',
    team: '',
    category: '',
    amount: null,
    currency: more.amount === undefined || more.amount === null ? '' : 'EUR',
    closeDay: null,
    outcome: '',
    into: '',
    cleared: [],
    ...said,
  }
}

/** Days since the epoch of a day of 2026 counted from 0. */
export const epochDay = (day: number): number => DAY_0 / DAY + day

const inOrder = (moves: readonly Move[]): readonly Move[] =>
  moves.toSorted((a, b) => a.at - b.at || a.recorded - b.recorded || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))

export const historyOf = (deals: readonly DealMoves[], more: Partial<DealHistory> = {}): DealHistory => ({
  deals: deals.map(({ id, moves }) => ({ id, moves: inOrder(moves) })),
  accounts: new Map(),
  rates: [],
  exclusions: [],
  ...more,
})

const TYPES = [
  'deal-stage-changed',
  'deal-amount-changed',
  'deal-close-date-changed',
  'deal-forecast-category-changed',
  'deal-owner-changed',
  'deal-attributes-changed',
  'deal-closed',
  'deal-reopened',
  'deal-merged',
  'deal-deleted',
] as const

const arbitraryMove = (deal: string): fc.Arbitrary<(n: number) => Move> =>
  fc
    .record({
      type: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...TYPES.slice(0, 8)) }, { weight: 1, arbitrary: fc.constantFrom(...TYPES) }),
      day: fc.integer({ min: 0, max: 120 }),
      late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) }),
      stage: fc.constantFrom('discovery', 'qualified', 'proposal', 'negotiation'),
      amount: fc.option(fc.integer({ min: -500, max: 100_000 }), { freq: 6 }),
      currency: fc.constantFrom('EUR', 'USD', 'XTS'),
      closeDay: fc.option(fc.integer({ min: 0, max: 200 }), { freq: 6 }),
      text: fc.constantFrom('x', 'y'),
      won: fc.boolean(),
    })
    .map(({ type, day, late, stage, amount, currency, closeDay, text, won }) => n => {
      const said: Partial<Move> =
        type === 'deal-stage-changed'
          ? { stage }
          : type === 'deal-amount-changed'
            ? { amount, currency: amount === null ? '' : currency }
            : type === 'deal-close-date-changed'
              ? { closeDay: closeDay === null ? null : epochDay(closeDay) }
              : type === 'deal-forecast-category-changed'
                ? { category: text }
                : type === 'deal-owner-changed'
                  ? { owner: text, team: text }
                  : type === 'deal-attributes-changed'
                    ? { dealType: won ? 'renewal' : 'expansion' }
                    : type === 'deal-closed'
                      ? { outcome: won ? 'won' : 'lost', closeDay: closeDay === null ? null : epochDay(closeDay) }
                      : type === 'deal-reopened'
                        ? { stage: won ? stage : '' }
                        : type === 'deal-merged'
                          ? { into: won ? deal : 'd_0' }
                          : {}
      return move(`${deal}-${String(n).padStart(2, '0')}`, day, type, { ...said, knownDay: day + late })
    })

/** Histories in which everything happens that can happen to deals: late, again, taken back, in three currencies of which one has no rate. */
export const arbitraryHistory: fc.Arbitrary<DealHistory> = fc
  .record({
    deals: fc.array(
      fc.record({
        created: fc.option(fc.integer({ min: 0, max: 80 }), { freq: 12 }),
        stage: fc.constantFrom('discovery', 'qualified'),
        amount: fc.option(fc.integer({ min: 0, max: 90_000 }), { freq: 6 }),
        closeDay: fc.option(fc.integer({ min: 0, max: 200 }), { freq: 6 }),
        moves: fc.array(arbitraryMove('d'), { maxLength: 8 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    rates: fc.array(
      fc.record({ day: fc.integer({ min: -5, max: 100 }), late: fc.integer({ min: 0, max: 30 }), rate: fc.integer({ min: 5, max: 20 }) }),
      {
        maxLength: 4,
      },
    ),
    exclusion: fc.option(fc.record({ day: fc.integer({ min: 0, max: 120 }), deal: fc.integer({ min: 0, max: 5 }), back: fc.boolean() })),
  })
  .map(({ deals, rates, exclusion }) =>
    historyOf(
      deals.map(({ created, stage, amount, closeDay, moves }, n) => ({
        id: `d_${n}`,
        moves: [
          ...(created === null
            ? []
            : [
                move(`d_${n}-created`, created, 'deal-created', {
                  stage,
                  amount,
                  currency: amount === null ? '' : 'EUR',
                  closeDay: closeDay === null ? null : epochDay(closeDay),
                  account: `a_${n % 2}`,
                }),
              ]),
          ...moves.map((make, m) => ({ ...make(m), id: `d_${n}-${m}` })),
        ],
      })),
      {
        rates: rates
          .toSorted((a, b) => a.day - b.day)
          .map(({ day, late, rate }) => ({
            at: ms(day) * 1000,
            recorded: ms(day + late),
            base: 'USD',
            quote: 'EUR',
            day: epochDay(day),
            rate: `0.${String(rate).padStart(2, '0')}`,
          })),
        exclusions:
          exclusion === null
            ? []
            : [
                {
                  at: ms(exclusion.day) * 1000,
                  recorded: ms(exclusion.day),
                  record: `deal:d_${exclusion.deal}`,
                  excluded: true,
                  reason: 'test',
                },
                ...(exclusion.back
                  ? [
                      {
                        at: ms(exclusion.day + 9) * 1000,
                        recorded: ms(exclusion.day + 9),
                        record: `deal:d_${exclusion.deal}`,
                        excluded: false,
                        reason: '',
                      },
                    ]
                  : []),
              ],
      },
    ),
  )
