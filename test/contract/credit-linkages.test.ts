import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readTenantAt } from '../../services/api/settings.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { LINKAGES, underTerms } from '../../services/domain/figures/terms.ts'
import { keptProjections, travelledProjections } from '../../services/domain/figures/time-travel.ts'
import { modelName } from '../../services/domain/definitions/attribution-model.ts'
import { ACCOUNT_SCOPES } from '../../services/domain/projections/families.ts'
import { type Conversion, type DealCredit, dealConversionsAt, type Linkage, type Model, MODELS, SHIPPED } from '../oracles/deal-credit.ts'
import { dealJourneysAt } from '../oracles/deal-journeys.ts'
import { factsOf } from '../oracles/facts.ts'
import { splitMoney } from '../oracles/share.ts'
import { generateCompany } from '../support/company.ts'
import { TENANT } from '../support/event.ts'
import { type FigureApi, openFigureApi } from '../support/figure-api.ts'

const seed = 33
const recorded = generateCompany({ seed, size: 700, emptied: true, exceptions: true, families: true })
const last = Math.max(...recorded.map(({ appended_at }) => appended_at))
const middle = recorded[Math.floor((recorded.length * 4) / 5)]?.appended_at ?? last
const facts = factsOf(recorded, TENANT)

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, last)
})
afterAll(() => api.close())

const Row = z.object({
  deal_id: z.string(),
  conversion: z.string(),
  converted: z.coerce.number(),
  provisional: z.coerce.number(),
  touch_ids: z.array(z.string()),
  models: z.array(z.string()),
  credits: z.array(z.array(z.coerce.number())),
  reasons: z.array(z.string()),
})

/** Each credited deal, conversion and model as a line. */
const told = (of: readonly DealCredit[]): readonly string[] =>
  of
    .map(({ dealId, conversion, model, missing, touches }) =>
      JSON.stringify([
        dealId,
        conversion,
        `${model}@1`,
        missing,
        missing === '' ? touches.map(({ touchId, credit }) => [touchId, credit]) : [],
      ]),
    )
    .toSorted()

const computed = async (linkage: Linkage, family: boolean, asOf: number): Promise<readonly string[]> => {
  const { definitions } = await readTenantAt(api.store, TENANT, asOf)
  const projections = asOf === last ? keptProjections : travelledProjections(definitions)
  const sources = figureSources({ tenant: TENANT, asOf, projections })
  const under = underTerms(
    { sources, definitions },
    {
      tenant: TENANT,
      terms: { linkage, accountScope: family ? 'family' : 'account' },
      models: definitions.models.map(modelName),
      conversions: ['deal', 'sqo', 'won'],
      kept: asOf === last,
    },
  )
  const rows = (await api.store.read({ parts: ['SELECT * FROM ', ...under.sources.dealCredit.parts] })).map(row => Row.parse(row))
  return rows
    .filter(({ converted, provisional }) => converted === 1 || provisional === 1)
    .flatMap(({ deal_id, conversion, touch_ids, models, credits, reasons }) =>
      models.map((model, place) => {
        const reason = reasons[place] ?? ''
        return JSON.stringify([
          deal_id,
          conversion,
          model,
          reason,
          reason === '' ? touch_ids.map((id, i) => [id, credits[place]?.[i]]) : [],
        ])
      }),
    )
    .toSorted()
}

const group: ReadonlySet<string> = new Set(['it-lead', 'Procurement'])
const expected = (linkage: Linkage, family: boolean, asOf: number): readonly DealCredit[] =>
  dealConversionsAt(facts, asOf, { ...SHIPPED, linkage, family, group })

describe(`credit under every linkage and scope, of a generated company (seed ${seed})`, () => {
  it.each(LINKAGES.flatMap(linkage => ACCOUNT_SCOPES.map(scope => [linkage, scope] as const)))(
    'is what the oracle tells, under every model: %s of the %s',
    async (linkage, scope) => {
      const lines = await computed(linkage, scope === 'family', last)
      expect(lines.length).toBeGreaterThan(100)
      expect(lines).toEqual(told(expected(linkage, scope === 'family', last)))
    },
  )

  it('is of a past instant what was known then', async () => {
    expect(await computed('buying_group', true, middle)).toEqual(told(expected('buying_group', true, middle)))
  })

  it('differs by linkage and by scope, so that the comparison says something', () => {
    const all = LINKAGES.flatMap(linkage => [false, true].map(family => told(expected(linkage, family, last)).join('\n')))
    expect(new Set(all).size).toBe(all.length)
  })
})

type Asked = {
  readonly linkage: Linkage
  readonly family: boolean
  readonly basis: 'conversions' | 'revenue' | 'pipeline'
  readonly conversion: Conversion
  readonly model: Model
}

const deals = new Map(dealJourneysAt(facts, last).map(deal => [deal.dealId, deal]))

/** By channel in millionths or cents: every conversion, or the deals in euros that were won, or that are open and qualified. */
const byChannel = ({ linkage, family, basis, conversion, model }: Asked): Readonly<Record<string, string>> => {
  const found = new Map<string, bigint>()
  const add = (channel: string, part: bigint): void => void found.set(channel, (found.get(channel) ?? 0n) + part)
  const all = expected(linkage, family, last)
  const qualified = new Set(all.filter(credit => credit.conversion === 'sqo').map(({ dealId }) => dealId))
  for (const credit of all) {
    if (credit.conversion !== conversion || credit.model !== model || credit.provisional !== (basis === 'pipeline')) continue
    const deal = deals.get(credit.dealId)
    if (deal === undefined || (basis === 'pipeline' && (!qualified.has(deal.dealId) || deal.closeDate === null))) continue
    if (basis !== 'conversions' && (deal.amount === null || deal.currency !== 'EUR')) continue
    const whole = basis === 'conversions' ? 1_000_000n : BigInt(deal.amount ?? 0)
    if (credit.missing !== '') add('(unattributed)', whole)
    else {
      const parts = splitMoney(
        whole,
        credit.touches.map(touch => touch.credit),
      )
      credit.touches.forEach(({ channel, credit: share }, i) => {
        if (share > 0) add(channel === '' ? '(none)' : channel, parts[i] ?? 0n)
      })
    }
  }
  return Object.fromEntries([...found].filter(([, part]) => part !== 0n).map(([channel, part]) => [channel, String(part)]))
}

const Answered = z.looseObject({
  rows: z.array(z.looseObject({ channel: z.string(), value: z.number() })),
  total: z.array(z.looseObject({ value: z.number().nullable() })),
})

const answered = async ({ linkage, family, basis, conversion, model }: Asked): Promise<Readonly<Record<string, string>>> => {
  const scope = family ? 'family' : 'account'
  const { statusCode, body } = await api.get(
    `/v1/attribution?by=channel&currency=EUR&deal_type=*&basis=${basis}&conversion=${conversion}&model=${model}&linkage=${linkage}&account_scope=${scope}`,
  )
  expect(statusCode).toBe(200)
  const { rows, total } = Answered.parse(JSON.parse(body))
  const units = (value: number): bigint => BigInt(Math.round(value * (basis === 'conversions' ? 1_000_000 : 1)))
  const found = rows.map(row => [row.channel, units(row.value)] as const).filter(([, part]) => part !== 0n)
  // with (none) and (unattributed) rows are the total (metrics C11)
  expect(found.reduce((sum, [, part]) => sum + part, 0n)).toBe(units(total[0]?.value ?? -1))
  return Object.fromEntries(found.map(([channel, part]) => [channel, String(part)]))
}

describe('what a report shows by channel', () => {
  const bases = [
    ['conversions', 'won'],
    ['revenue', 'won'],
    ['conversions', 'sqo'],
    ['pipeline', 'won'],
    ['conversions', 'deal'],
  ] as const
  // every model in turn: each linkage with each scope, and each of them with several bases
  const questions = MODELS.flatMap((model, n): readonly Asked[] => {
    const [linkage, basis] = [LINKAGES[n % LINKAGES.length], bases[n % bases.length]]
    return linkage === undefined || basis === undefined
      ? []
      : [{ linkage, family: Math.floor(n / LINKAGES.length) % 2 === 0, basis: basis[0], conversion: basis[1], model }]
  })

  it('is what the oracle’s credit adds up to, under every model, linkage, scope and basis', async () => {
    for (const question of questions) expect([question, await answered(question)]).toEqual([question, byChannel(question)])
    expect(new Set(questions.map(({ linkage, family }) => `${linkage} ${family}`)).size).toBe(8)
  }, 60_000)
})
