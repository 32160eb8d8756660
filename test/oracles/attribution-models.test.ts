import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AttributionModel, type Converted, type EligibleTouch, MILESTONES, modelCredit, SHIPPED_MODELS } from './attribution-models.ts'

const MINUTE = 60_000_000
const DAY = 1440 * MINUTE

type ModelName = keyof typeof SHIPPED_MODELS
const MODELS = Object.keys(SHIPPED_MODELS) as ModelName[]

/** A touch on a day; ana's, in one account and known at once, unless it is told otherwise. */
const on = (days: number, told: Partial<EligibleTouch> = {}): EligibleTouch => ({
  touchId: `t${days}`,
  at: days * DAY,
  recordedAt: days * DAY,
  persons: ['ana'],
  accounts: 1,
  ...told,
})

/** Days of ana's lead (none), the deal (60) and the conversion (100, won), unless they are told otherwise. */
type Story = Partial<Record<'lead' | 'deal' | 'converts', number>> & Partial<Pick<Converted, 'conversion'>>

const creditOf = (model: AttributionModel, touches: readonly EligibleTouch[], story: Story = {}) =>
  modelCredit({
    model,
    touches,
    conversion: story.conversion ?? 'won',
    convertedAt: (story.converts ?? 100) * DAY,
    dealCreatedAt: (story.deal ?? 60) * DAY,
    leadCreated: story.lead === undefined ? null : { person: 'ana', at: story.lead * DAY },
  })

/** As the dictionary writes credit: per cent of the conversion, two decimals, touches in order. */
const percentOf = (model: ModelName, touches: readonly EligibleTouch[], story: Story): readonly number[] =>
  [...creditOf(SHIPPED_MODELS[model], touches, story).credits.values()].map(credit => Math.round(credit / 100) / 100)

const custom = (shares: Partial<Record<string, number>>): AttributionModel => ({
  kind: 'position',
  shares: { first: 0, lead_creation: 0, deal_creation: 0, closed_won: 0, last: 0, middle: 0, ...shares },
})

const inTwo = { accounts: 2 }

describe('the worked examples of the dictionary', () => {
  const nine = [on(10), on(20), on(30), on(40), on(50), on(60), on(70), on(80), on(90)]
  const two = [on(10), on(30)]
  const three = [on(10), on(30), on(60)]

  it.each<[string, ModelName, readonly EligibleTouch[], Story, number[]]>([
    ['28, 14, 7 and 0 days before', 'time-decay', [on(72), on(86), on(93), on(100)], {}, [3.45, 13.79, 27.59, 55.17]],
    ['five in the middle', 'full-path', nine, { lead: 30 }, [22.5, 2, 22.5, 2, 2, 22.5, 2, 2, 22.5]],
    ['qualified, one in the middle', 'full-path', [...three, on(70)], { lead: 30, conversion: 'sqo' }, [29.03, 29.03, 29.03, 12.9]],
    ['none in the middle', 'w-shaped', three, { lead: 30 }, [33.33, 33.33, 33.33]],
    ['two, the second made the lead', 'u-shaped', two, { lead: 30 }, [50, 50]],
    ['two, the first made the lead', 'u-shaped', two, { lead: 10 }, [80, 20]],
    ['two', 'j-shaped', two, {}, [25, 75]],
    ['two', 'inverse-j', two, {}, [75, 25]],
    ['x in two accounts, then y in one', 'linear', [on(10, inTwo), on(30)], {}, [33.33, 66.67]],
    ['x in two accounts, alone', 'linear', [on(10, inTwo)], {}, [100]],
    ...MODELS.map((model): [string, ModelName, EligibleTouch[], Story, number[]] => ['one', model, [on(10)], { lead: 10 }, [100]]),
  ])('%s: %s', (_, model, touches, story, percent) => {
    expect(percentOf(model, touches, story)).toEqual(percent)
  })
})

describe('six touches, a week between: first, of the lead, between, of the deal, after it, last', () => {
  const touches = [on(65), on(72), on(79), on(86), on(93), on(100)]

  it.each<[ModelName, number[]]>([
    ['first', [100, 0, 0, 0, 0, 0]],
    ['lead-creation', [0, 100, 0, 0, 0, 0]],
    ['deal-creation', [0, 0, 0, 100, 0, 0]],
    ['last', [0, 0, 0, 0, 0, 100]],
    ['linear', [16.67, 16.67, 16.67, 16.67, 16.67, 16.67]],
    ['u-shaped', [40, 40, 5, 5, 5, 5]],
    ['position-based', [40, 5, 5, 5, 5, 40]],
    ['w-shaped', [30, 30, 3.33, 30, 3.33, 3.33]],
    ['full-path', [22.5, 22.5, 5, 22.5, 5, 22.5]],
    ['j-shaped', [20, 5, 5, 5, 5, 60]],
    ['inverse-j', [60, 5, 5, 5, 5, 20]],
    ['time-decay', [1.59, 3.17, 6.35, 12.7, 25.4, 50.79]], // 1, 2, 4, 8, 16 and 32 of 63
  ])('%s', (model, percent) => {
    expect(percentOf(model, touches, { lead: 72, deal: 86 })).toEqual(percent)
  })

  it('is told under every shipped model, whose shares make a whole', () => {
    const sums = Object.values(SHIPPED_MODELS).map(model =>
      model.kind === 'position' ? Object.values(model.shares).reduce((sum, share) => sum + share, 0) : 1_000_000,
    )
    expect(sums).toEqual(Array.from({ length: 12 }, () => 1_000_000))
  })
})

describe('a milestone is held by', () => {
  const HOUR = 1 / 24
  const MICRO = 1 / DAY
  const bea = { persons: ['bea'] }
  const both = { persons: ['bea', 'ana'] }
  const t = (touchId: string, recorded = 10) => on(10, { touchId, recordedAt: recorded * DAY })

  it.each<[string, ModelName, readonly EligibleTouch[], Story, string]>([
    ['a form logged an hour after the lead', 'lead-creation', [on(10), on(30 + HOUR)], { lead: 30 }, `t${30 + HOUR}`],
    ['none logged later than that', 'lead-creation', [on(10), on(30 + HOUR + MICRO)], { lead: 30 }, 't10'],
    ["the lead's own, not a colleague's later one", 'lead-creation', [on(10), on(20, bea)], { lead: 30 }, 't10'],
    ["a colleague's last, if the lead's own come later", 'lead-creation', [on(10, bea), on(20, bea), on(40)], { lead: 30 }, 't20'],
    ["an unknown visitor's, if there is no other", 'lead-creation', [on(10, { persons: [] }), on(40)], { lead: 30 }, 't10'],
    ['one of two persons, of whom one is the lead', 'lead-creation', [on(10), on(20, both)], { lead: 30 }, 't20'],
    ["anybody's last until the deal", 'deal-creation', [on(10), on(60, bea), on(61)], {}, 't60'],
    ['none a microsecond after the deal', 'deal-creation', [on(10), on(60 + MICRO)], {}, 't10'],
    ['the last until the conversion, won or not', 'last', [on(10), on(70)], { conversion: 'sqo', converts: 70 }, 't70'],
    ['of one instant, the one known first', 'first', [t('a', 12), t('b', 11)], {}, 'b'],
    ['of one instant known at once, the first by name', 'first', [t('b'), t('a')], {}, 'a'],
    ['the first by bytes: U+FF5E before U+1F600', 'first', [t('\u{1f600}'), t('\uff5e')], {}, '\uff5e'],
  ])('%s (%s)', (_, model, touches, story, credited) => {
    const { credits } = creditOf(SHIPPED_MODELS[model], touches, story)
    expect([...credits].filter(([, credit]) => credit > 0)).toEqual([[credited, 1_000_000]])
  })
})

describe('credit is missing', () => {
  const { linear, 'time-decay': decay, 'lead-creation': lead, 'deal-creation': deal } = SHIPPED_MODELS

  it.each<[string, AttributionModel, readonly EligibleTouch[], Story, string]>([
    ['no touch', linear, [], {}, 'no_touch'],
    ['no touch to decay', decay, [], {}, 'no_touch'],
    ['no touch, and no milestone', lead, [], {}, 'no_touch'],
    ['no lead', lead, [on(10)], {}, 'milestone_absent'],
    ['a lead before every touch', lead, [on(40)], { lead: 30 }, 'milestone_absent'],
    ['a deal before every touch', deal, [on(70)], {}, 'milestone_absent'],
    ['a lead after the conversion', lead, [on(10)], { lead: 30, converts: 29 }, 'milestone_absent'],
    ['a deal after the conversion', deal, [on(10)], { converts: 59 }, 'milestone_absent'],
    ['the close of a deal that is qualified', custom({ closed_won: 1 }), [on(10)], { conversion: 'sqo' }, 'milestone_absent'],
    ['two milestones absent', custom({ lead_creation: 1, closed_won: 1 }), [on(10)], { conversion: 'deal' }, 'milestone_absent'],
    ['nothing: there is a middle', custom({ lead_creation: 9, middle: 1 }), [on(10)], {}, ''],
  ])('%s', (_, model, touches, story, missing) => {
    const found = creditOf(model, touches, story)
    expect(found.missing).toBe(missing)
    expect(found.credits.size).toBe(missing === '' ? touches.length : 0)
  })
})

describe('a millionth', () => {
  const three = [on(10), on(30), on(60)]
  const { 'u-shaped': u, 'w-shaped': w, 'time-decay': decay } = SHIPPED_MODELS
  const halfDay: AttributionModel = { kind: 'decay', halfLifeDays: 0.5 }

  it.each<[string, AttributionModel, readonly EligibleTouch[], Story, number[]]>([
    ['goes to the earliest of equals', w, three, { lead: 30 }, [333_334, 333_333, 333_333]],
    ['goes to the largest remainder', decay, [on(72), on(86), on(93), on(100)], {}, [34_483, 137_931, 275_862, 551_724]],
    ['of an absent lead goes 40 to 20', u, [on(10), on(30)], {}, [666_667, 333_333]],
    ['of a lead that the model ignores is middle', custom({ first: 2, middle: 2 }), three, { lead: 30 }, [500_000, 250_000, 250_000]],
    ['of the first in two accounts goes to all', u, [on(10, inTwo), on(30), on(40)], { lead: 30 }, [250_000, 500_000, 250_000]],
    ['of a middle too', custom({ first: 2, middle: 2 }), [on(10), on(30), on(40, inTwo)], {}, [571_429, 285_714, 142_857]],
    ['decays by instants, not by calendar days', halfDay, [on(99.25), on(99.75)], {}, [333_333, 666_667]],
    ['decays from the latest, however long ago', decay, [on(10), on(17)], { converts: 5000 }, [333_333, 666_667]],
    ['decays times 1/n', decay, [on(86), on(93, inTwo), on(100, { accounts: 4 })], {}, [333_334, 333_333, 333_333]],
  ])('%s', (_, model, touches, story, millionths) => {
    expect([...creditOf(model, touches, story).credits.values()]).toEqual(millionths)
  })
})

it.each<[string, AttributionModel, readonly EligibleTouch[]]>([
  ['a touch after the conversion', SHIPPED_MODELS.linear, [on(101)]],
  ['a touch told twice', SHIPPED_MODELS.linear, [on(10), on(10)]],
  ['a touch of no account', SHIPPED_MODELS.linear, [on(10, { accounts: 0 })]],
  ['a model without shares', custom({}), [on(10)]],
  ['a negative share', custom({ first: 2, last: -1 }), [on(10)]],
  ['a half-life of nothing', { kind: 'decay', halfLifeDays: 0 }, [on(10)]],
])('%s is refused', (_, model, touches) => {
  expect(() => creditOf(model, touches)).toThrow(RangeError)
})

describe('laws', () => {
  const PLACES = [...MILESTONES, 'middle']
  /** Few instants, so that touches tie and milestones meet. */
  const instant = (min: number, max: number) => fc.integer({ min, max }).map(step => step * 20 * MINUTE)
  const share = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000_000 }))
  const shares = fc
    .array(share, { minLength: PLACES.length, maxLength: PLACES.length })
    .filter(drawn => drawn.some(some => some > 0))
    .map(drawn => Object.fromEntries(PLACES.map((place, i) => [place, drawn[i] ?? 0])))
  const models: fc.Arbitrary<AttributionModel> = fc.oneof(
    fc.constantFrom(...Object.values(SHIPPED_MODELS)),
    shares.map(custom),
    fc.record({ kind: fc.constant('decay' as const), halfLifeDays: fc.double({ min: 0.01, max: 400, noNaN: true }) }),
  )
  const touch = fc.record({
    at: instant(0, 24),
    recordedAt: instant(0, 24),
    persons: fc.subarray(['ana', 'bea', 'cyd']),
    accounts: fc.integer({ min: 1, max: 4 }),
  })
  const conversions: fc.Arbitrary<Converted> = fc.record({
    touches: fc.array(touch, { maxLength: 9 }).map(told => told.map((one, i) => ({ touchId: `t${i}`, ...one }))),
    conversion: fc.constantFrom('deal', 'sqo', 'won'),
    convertedAt: instant(24, 26),
    dealCreatedAt: instant(0, 28),
    leadCreated: fc.option(fc.record({ person: fc.constantFrom('ana', 'bea'), at: instant(0, 28) })),
  })

  it('credit is 1,000,000 millionths or missing, and never negative', () => {
    fc.assert(
      fc.property(models, conversions, (model, converted) => {
        const { credits, missing } = modelCredit({ model, ...converted })
        expect([...credits.values()].reduce((sum, credit) => sum + credit, 0)).toBe(missing === '' ? 1_000_000 : 0)
        expect([...credits.values()].filter(credit => !Number.isInteger(credit) || credit < 0)).toEqual([])
        expect(missing === 'no_touch').toBe(converted.touches.length === 0)
      }),
    )
  })

  it('only the proportions of shares count', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 2, max: 1000 }), conversions, (drawn, scale, converted) => {
        const scaled = Object.fromEntries(Object.entries(drawn).map(([place, some]) => [place, some * scale]))
        expect(modelCredit({ model: custom(scaled), ...converted })).toEqual(modelCredit({ model: custom(drawn), ...converted }))
      }),
    )
  })

  it('the order in which touches are told decides nothing', () => {
    const told = conversions.chain(converted =>
      fc.shuffledSubarray([...converted.touches], { minLength: converted.touches.length }).map(touches => [converted, touches] as const),
    )
    fc.assert(
      fc.property(models, told, (model, [converted, shuffled]) => {
        const again = modelCredit({ model, ...converted, touches: shuffled })
        const before = modelCredit({ model, ...converted })
        expect({ ...again, credits: [...again.credits] }).toEqual({ ...before, credits: [...before.credits] })
      }),
    )
  })

  it('a touch after all others takes nothing from the first', () => {
    fc.assert(
      fc.property(conversions, converted => {
        fc.pre(converted.touches.length > 0)
        const model = SHIPPED_MODELS.first
        const later = { touchId: 'z', at: converted.convertedAt, recordedAt: converted.convertedAt, persons: ['ana'], accounts: 1 }
        const before = [...modelCredit({ model, ...converted }).credits]
        const after = [...modelCredit({ model, ...converted, touches: [later, ...converted.touches] }).credits]
        expect(after.filter(([touchId]) => touchId !== 'z')).toEqual(before)
      }),
    )
  })

  it('moving everything in time, or everybody into as many accounts more, changes nothing', () => {
    const SHIFT = 20_000n * BigInt(DAY)
    fc.assert(
      fc.property(models, conversions, fc.integer({ min: 2, max: 5 }), (model, converted, n) => {
        const { leadCreated } = converted
        const moved: Converted = {
          conversion: converted.conversion,
          touches: converted.touches.map(some => ({ ...some, at: BigInt(some.at) + SHIFT, accounts: some.accounts * n })),
          convertedAt: BigInt(converted.convertedAt) + SHIFT,
          dealCreatedAt: BigInt(converted.dealCreatedAt) + SHIFT,
          leadCreated: leadCreated === null ? null : { person: leadCreated.person, at: BigInt(leadCreated.at) + SHIFT },
        }
        expect(modelCredit({ model, ...moved })).toEqual(modelCredit({ model, ...converted }))
      }),
    )
  })
})
