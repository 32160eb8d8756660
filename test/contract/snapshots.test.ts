import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Store } from '../../services/store/port.ts'
import { render, type Sql } from '../../services/domain/sql.ts'
import { generateCompany } from '../support/company.ts'
import { type FigureApi, openApi, openFigureApi } from '../support/figure-api.ts'

const recorded = generateCompany({ seed: 3, size: 400 })
const instants = recorded.map(({ appended_at }) => appended_at).toSorted((a, b) => a - b)
const last = instants.at(-1) ?? 0
const middle = instants[instants.length >> 1] ?? 0

let api: FigureApi
beforeAll(async () => {
  api = await openFigureApi()
  await api.projectTo(recorded, middle)
})
afterAll(() => api.close())

const QUESTIONS = ['/v1/funnel/stages', '/v1/funnel/conversion', '/v1/attribution?by=channel', '/v1/attribution?by=campaign', '/v1/sourced']
const headers = { authorization: 'Bearer reader' }

it('answers about one past instant compute its journeys and credit once, and are what was answered live', async () => {
  const live = await Promise.all(QUESTIONS.map(async url => (await api.get(url)).body))
  await api.projectTo(recorded, last)

  const made: string[] = []
  const counting: Store = {
    ...api.store,
    write: async (statement: Sql, options) => {
      made.push(/INSERT INTO (\w+)/.exec(render(statement).query)?.[1] ?? '')
      await api.store.write(statement, options)
    },
  }
  const app = await openApi(counting)
  const asOf = new Date(middle).toISOString()
  for (const round of ['first', 'again'])
    for (const [index, url] of QUESTIONS.entries()) {
      const answered = await app.inject({ url: `${url}${url.includes('?') ? '&' : '?'}as_of=${asOf}`, headers })
      expect(`${round} ${url} ${answered.body}`).toBe(`${round} ${url} ${live[index] ?? ''}`)
    }
  // of every kind of rows one, whoever asked first
  expect(made.length).toBe(new Set(made).size + extraCredit(made))
  expect(new Set(made)).toEqual(new Set(['deal_journey_snapshots', 'person_journey_snapshots', 'deal_conversions_snapshots']))
  await app.close()
})

/** Credit is computed for the models and conversions that are asked for: two questions of other terms are two. */
const extraCredit = (made: readonly string[]): number =>
  Math.max(0, made.filter(table => table === 'deal_conversions_snapshots').length - 1)
