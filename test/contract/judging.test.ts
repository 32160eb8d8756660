import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { shippedDefinitions } from '../../services/domain/definitions/definitions.ts'
import { Icp, icpKind } from '../../services/domain/definitions/icp.ts'
import { BUCKETS, Qualification, qualificationKind } from '../../services/domain/definitions/qualification.ts'
import { bucketOf, codeAt, fitOf, ruleTruth, satisfiedAt } from '../../services/domain/figures/judging/codes.ts'
import { judgedJourneys } from '../../services/domain/figures/judging/judged-journeys.ts'
import { ruledStages, type Ruling } from '../../services/domain/figures/judging/rulings.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { keptProjections } from '../../services/domain/figures/time-travel.ts'
import { bind, sql } from '../../services/domain/sql.ts'
import { judgedAt, type OracleAccounts, type OraclePerson, type OracleTouch, type Said } from '../oracles/judging.ts'
import { type FigureStore, openFigureStore, recordRow, TENANT, type TestRow, VERSION } from '../support/figure-rows.ts'

const SEED = 20_260_301
const DAY = 86_400_000
const START = Date.UTC(2026, 0, 1)
const END = START + 200 * DAY
const FOREVER = '2290-01-01 00:00:00'

let figures: FigureStore
beforeAll(async () => {
  figures = await openFigureStore()
  await fill()
})
afterAll(() => figures.close())

const TYPES = ['form', 'download', 'web_session', 'demo_request', 'email_sent']
const CHANNELS = ['', 'email', 'paid_search', 'events']
const INDUSTRIES = ['Software', 'financial-services', 'Education']
const TITLES = ['Head of operations', 'Student', 'IT manager']

const instant = fc.integer({ min: 0, max: 200 * 24 }).map(hours => START + hours * 3_600_000)
const touch: fc.Arbitrary<OracleTouch> = fc.record({
  at: fc.tuple(instant, fc.integer({ min: 0, max: 3_599_999 })).map(([hour, ms]) => hour + ms),
  type: fc.constantFrom(...TYPES),
  channel: fc.constantFrom(...CHANNELS),
  direction: fc.constantFrom('inbound', 'outbound'),
})
const saidOf = (fields: fc.Arbitrary<Said['fields']>): fc.Arbitrary<readonly Said[]> =>
  fc.uniqueArray(fc.record({ at: instant, id: fc.uuid(), fields }), { maxLength: 4, selector: ({ at }) => at })
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> =>
  fc.option(fc.option(value, { nil: null, freq: 5 }), { nil: undefined })
const given = (fields: Readonly<Record<string, string | number | null | undefined>>): Said['fields'] =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
const person: fc.Arbitrary<OraclePerson> = fc.record({
  touches: fc.array(touch, { maxLength: 25 }),
  said: saidOf(fc.record({ title: maybe(fc.constantFrom(...TITLES)) }).map(given)),
  places: fc.oneof(
    fc.constant([]),
    fc.constantFrom('a_1', 'a_2', 'a_3').map(account => [{ account, from: 0, to: Number.POSITIVE_INFINITY }]),
    instant.map(at => [
      { account: 'a_1', from: 0, to: at },
      { account: 'a_2', from: at, to: Number.POSITIVE_INFINITY },
    ]),
  ),
})
const account = saidOf(
  fc.record({ industry: maybe(fc.constantFrom(...INDUSTRIES)), employees: maybe(fc.integer({ min: 1, max: 200 })) }).map(given),
)

const PERSONS = fc.sample(person, { numRuns: 150, seed: SEED })
const ACCOUNTS: OracleAccounts = new Map(fc.sample(account, { numRuns: 3, seed: SEED }).map((said, index) => [`a_${index + 1}`, said]))

const micros = (ms: number): string => `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')}000`
const millis = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '')
const payload = (fields: Said['fields']): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)),
  cleared: Object.entries(fields).flatMap(([name, value]) => (value === null ? [name] : [])),
})
const known = { known_from: millis(START), known_to: `${FOREVER}.000`, version: VERSION }

const fill = async (): Promise<void> => {
  const touches: TestRow[] = PERSONS.flatMap(({ touches: all }, p) =>
    all.map((one, t) => ({
      tenant: TENANT,
      account: '',
      occurred_at: micros(one.at),
      touch_id: `t_${p}_${t}`,
      subject: `person:p_${p}`,
      persons: [`person:p_${p}`],
      accounts: 1,
      recorded_at: millis(one.at),
      touch_type: one.type,
      channel: one.channel,
      direction: one.direction,
      automatic: 0,
      ...known,
    })),
  )
  // whoever is in two accounts has every touch twice
  await figures.insert('account_touches', [
    ...touches,
    ...touches
      .filter(row => row['subject'] === 'person:p_0')
      .flatMap(row =>
        ['a_1', 'a_2'].map(name => ({
          ...row,
          account: name,
          accounts: 2,
          touch_id: `${String(row['touch_id'])}_2`,
          subject: 'person:twin',
          persons: ['person:twin'],
        })),
      ),
  ])
  await figures.insert(
    'record_facts',
    PERSONS.flatMap(({ said }, p) =>
      said.map(({ at, id, fields }) => recordRow('person-updated', id, micros(at), payload(fields), { subject: `person:p_${p}` })),
    ),
  )
  await figures.insert(
    'record_facts',
    [...ACCOUNTS].flatMap(([name, said]) =>
      said.map(({ at, id, fields }) => recordRow('account-updated', id, micros(at), payload(fields), { subject: `account:${name}` })),
    ),
  )
  await figures.insert(
    'identities',
    PERSONS.flatMap(({ places }, p) =>
      places.map(({ account: name, from, to }) => ({
        tenant: TENANT,
        subject: `person:p_${p}`,
        persons: [`person:p_${p}`],
        account: name,
        accounts: 1,
        valid_from: from === 0 ? '1900-01-01 00:00:00.000000' : micros(from),
        valid_to: to === Number.POSITIVE_INFINITY ? `${FOREVER}.000000` : micros(to),
        ...known,
        known_from: '1900-01-01 00:00:00.000',
      })),
    ),
  )
  await figures.insert(
    'person_journey',
    [...PERSONS.map((_, p) => `person:p_${p}`), 'person:twin'].map(name => ({
      tenant: TENANT,
      person: name,
      account: '',
      opened_at: [micros(OPENED)],
      opened_by: ['e'],
      ended_at: [micros(ENDED)],
      outcome: ['recycled'],
      stages: [['lead']],
      entered_at: [[micros(OPENED)]],
      stage_event_ids: [['e']],
      channel: [''],
      campaign: [''],
      owner: [''],
      deal_id: [''],
      version: VERSION,
      excluded_because: '',
    })),
  )
}
const OPENED = START + 60 * DAY
const ENDED = START + 150 * DAY

const selector = fc.record(
  {
    types: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 3 }),
    channels: fc.constant(['email', 'events']),
    direction: fc.constantFrom('inbound', 'outbound'),
  },
  { requiredKeys: ['types'] },
)
const days = fc.integer({ min: 1, max: 60 })
const pointsRule = fc
  .record({
    touches: selector,
    points: fc.integer({ min: 1, max: 30 }),
    within_days: days,
    once_a_day: fc.boolean(),
    halve: fc.option(fc.integer({ min: 1, max: 20 })),
  })
  .map(({ halve, ...rule }) => ({ ...rule, ...(halve === null || halve > rule.within_days ? {} : { halve_every_days: halve }) }))
const ofTouches = fc.oneof(
  fc.record({
    op: fc.constant('touches'),
    touches: selector,
    within_days: days,
    at_least: fc.integer({ min: 1, max: 4 }),
    once_a_day: fc.boolean(),
  }),
  fc.record({ op: fc.constant('channels'), touches: selector, within_days: days, at_least: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    op: fc.constant('points'),
    at_least: fc.integer({ min: 5, max: 60 }),
    groups: fc.array(
      fc.record(
        { name: fc.constant('g'), limit: fc.integer({ min: 10, max: 50 }), rules: fc.array(pointsRule, { minLength: 1, maxLength: 2 }) },
        { requiredKeys: ['name', 'rules'] },
      ),
      { minLength: 1, maxLength: 2 },
    ),
  }),
)
const ofAttributes = fc.oneof(
  fc.record({ op: fc.constant('in'), attribute: fc.constant('account.industry'), values: fc.constant(['software', 'Financial Services']) }),
  fc.record({ op: fc.constant('starts'), attribute: fc.constant('account.industry'), values: fc.constant(['fin']) }),
  fc.record({ op: fc.constant('contains'), attribute: fc.constant('person.title'), values: fc.constant(['student', 'of operations']) }),
  fc.record({ op: fc.constant('known'), attribute: fc.constantFrom('person.title', 'account.employees') }),
  fc.record({
    op: fc.constant('compare'),
    attribute: fc.constant('account.employees'),
    is: fc.constantFrom('<', '<=', '=', '>=', '>'),
    value: fc.integer({ min: 1, max: 200 }),
  }),
)
const tree = (leaf: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.letrec<{ tree: unknown; all: unknown; any: unknown; not: unknown; leaf: unknown }>(tie => ({
    tree: fc.oneof({ maxDepth: 2, depthIdentifier: 'predicate' }, tie('leaf'), tie('all'), tie('any'), tie('not')),
    all: fc.record({ op: fc.constant('all'), of: fc.array(tie('tree'), { minLength: 1, maxLength: 3, depthIdentifier: 'predicate' }) }),
    any: fc.record({ op: fc.constant('any'), of: fc.array(tie('tree'), { minLength: 1, maxLength: 3, depthIdentifier: 'predicate' }) }),
    not: fc.record({ op: fc.constant('not'), of: tie('tree') }),
    leaf,
  })).tree
const ofBuckets = fc.oneof(
  fc.record({ op: fc.constant('bucket'), values: fc.uniqueArray(fc.constantFrom(...BUCKETS), { minLength: 1, maxLength: 3 }) }),
  fc.record({ op: fc.constant('fit'), is: fc.constantFrom('good', 'bad') }),
)
const ruling: fc.Arbitrary<Ruling> = fc
  .record({
    fit: tree(ofAttributes),
    hand_raiser: tree(ofTouches),
    sales_ready: tree(fc.oneof(ofTouches, ofAttributes)),
    rule: tree(fc.oneof(ofBuckets, ofTouches, ofAttributes)),
  })
  .map(({ fit, hand_raiser, sales_ready, rule }) => ({
    from: 0,
    icp: Icp.parse({ id: 'icp', version: 1, fit }),
    qualification: Qualification.parse({ id: 'qualification', version: 1, hand_raiser, sales_ready, entry: [{ stage: 'mql', rule }] }),
  }))

const sources = figureSources({ tenant: TENANT, asOf: VERSION, projections: keptProjections })
const PROBES = [START + 5 * DAY, OPENED, START + 100 * DAY + 1, ENDED - 1, END]
const Judged = z.object({
  person: z.string(),
  said: z.array(z.tuple([z.string(), z.coerce.number(), z.coerce.number()])),
  satisfied: z.coerce.number(),
  mark_at: z.array(z.coerce.number()),
})

const judged = async (rulings: readonly Ruling[]) => {
  const place = ruledStages(rulings).indexOf('mql')
  const rows = await figures.rows(sql`
    SELECT person, ${satisfiedAt(place, END)} AS satisfied, mark_at,
      [${PROBES.map(at => sql`(${bucketOf(codeAt(sql`${bind.int(at)}`))}, ${fitOf(codeAt(sql`${bind.int(at)}`))}, ${ruleTruth(codeAt(sql`${bind.int(at)}`), place)})`).reduce((a, b) => sql`${a}, ${b}`)}] AS said
    FROM (${judgedJourneys({ sources, definitions: shippedDefinitions, sides: [rulings] })})
    ORDER BY person`)
  return new Map(rows.map(row => Judged.parse(row)).map(row => [row.person, row]))
}
const kleene = (truth: boolean | null): number => (truth === null ? 1 : truth ? 2 : 0)

describe('judging', () => {
  it('says of random persons under random rules what the oracle says, at any instant', async () => {
    await fc.assert(
      fc.asyncProperty(ruling, async rules => {
        const found = await judged([rules])
        for (const [p, whom] of PERSONS.entries()) {
          const row = found.get(`person:p_${p}`)
          const said = PROBES.map(at => {
            const { fit, bucket, rule } = judgedAt(rules, whom, ACCOUNTS, at)
            return [bucket, kleene(fit), kleene(rule)]
          })
          expect([p, row?.said]).toEqual([p, said])
          // the first instant of the journey at which it holds: it holds then, and at no change before
          const changes = (row?.mark_at ?? []).filter(at => at > OPENED && at < ENDED)
          const first = [OPENED, ...changes].find(at => judgedAt(rules, whom, ACCOUNTS, at).rule === true) ?? 0
          expect([p, row?.satisfied]).toEqual([p, first])
        }
      }),
      { seed: SEED, numRuns: 8 },
    )
  })

  it('lets points fade and stay below the limits of their groups as the oracle does', async () => {
    const points = fc.record({
      op: fc.constant('points'),
      at_least: fc.integer({ min: 2, max: 40 }),
      groups: fc.array(
        fc.record({
          name: fc.constant('g'),
          limit: fc.integer({ min: 10, max: 50 }),
          rules: fc.array(pointsRule, { minLength: 1, maxLength: 2 }),
        }),
        { minLength: 1, maxLength: 2 },
      ),
    })
    await fc.assert(
      fc.asyncProperty(points, async rule => {
        const rules: Ruling = {
          from: 0,
          icp: icpKind.standard,
          qualification: Qualification.parse({ ...qualificationKind.standard, entry: [{ stage: 'mql', rule }] }),
        }
        const found = await judged([rules])
        for (const [p, whom] of PERSONS.entries()) {
          const said = PROBES.map(at => kleene(judgedAt(rules, whom, ACCOUNTS, at).rule))
          expect([p, found.get(`person:p_${p}`)?.said.map(([, , rule_]) => rule_)]).toEqual([p, said])
        }
      }),
      { seed: SEED, numRuns: 5 },
    )
  })

  it('counts a touch of somebody in two accounts once', async () => {
    const rule = { op: 'touches', touches: { types: TYPES }, within_days: 3650, at_least: PERSONS[0]?.touches.length ?? 0 } as const
    const under = (at_least: number): Ruling => ({
      from: 0,
      icp: icpKind.standard,
      qualification: Qualification.parse({ ...qualificationKind.standard, entry: [{ stage: 'mql', rule: { ...rule, at_least } }] }),
    })
    expect((await judged([under(rule.at_least)])).get('person:twin')?.said.at(-1)?.[2]).toBe(2)
    expect((await judged([under(rule.at_least + 1)])).get('person:twin')?.said.at(-1)?.[2]).toBe(0)
  })

  it('judges by the version in force at the instant', async () => {
    const whoever = (at_least: number, from: number): Ruling => ({
      from,
      icp: icpKind.standard,
      qualification: Qualification.parse({
        ...qualificationKind.standard,
        entry: [{ stage: 'mql', rule: { op: 'touches', touches: { types: TYPES }, within_days: 3650, at_least } }],
      }),
    })
    const found = await judged([whoever(1_000, 0), whoever(1, START + 90 * DAY)])
    const early = PERSONS.findIndex(({ touches: all }) => all.some(({ at }) => at < START + 50 * DAY))
    expect(found.get(`person:p_${early}`)?.satisfied).toBe(START + 90 * DAY)
  })
})
