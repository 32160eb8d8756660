import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readTenantAt } from '../../services/api/settings.ts'
import { figureSources } from '../../services/domain/figures/sources.ts'
import { LINKAGES, underTerms } from '../../services/domain/figures/terms.ts'
import { keptProjections, travelledProjections } from '../../services/domain/figures/time-travel.ts'
import { modelName } from '../../services/domain/definitions/attribution-model.ts'
import { ACCOUNT_SCOPES } from '../../services/domain/projections/families.ts'
import { type DealCredit, dealConversionsAt, type Linkage, SHIPPED } from '../oracles/deal-credit.ts'
import { factsOf } from '../oracles/facts.ts'
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
