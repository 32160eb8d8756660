import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { yesterday } from '../../services/cli/operations/fill-demo.ts'
import { demoCompany } from '../../services/demo/company.ts'
import { dataDirectory, runAccord, type Running, startAccord } from '../support/accord-command.ts'

const Attribution = z.object({ total: z.array(z.object({ metric: z.string(), value: z.number().nullable() })) })

const Backtest = z.object({
  rows: z.array(z.looseObject({ period: z.string().optional() })),
  total: z.array(
    z.looseObject({ judged: z.string().optional(), method: z.string().optional(), measure: z.string(), value: z.number().nullable() }),
  ),
})
const Trained = z.looseObject({
  learned: z.boolean(),
  why: z.string().nullable(),
  proposed: z.string().nullable(),
  card: z.looseObject({ better: z.boolean() }).nullable(),
})
const Evaluated = z.looseObject({ model: z.string(), feature_drift: z.array(z.looseObject({ feature: z.string() })) })

/** Deals that figures of won business count by default, told apart by nothing but the events. */
const wonDeals = (until: string): number => {
  const won = new Map<string, { type: string; won: boolean; gone: boolean }>()
  for (const { type, data } of demoCompany({ until })) {
    const id = String(data['deal_id'])
    if (type === 'deal-created') won.set(id, { type: String(data['deal_type']), won: false, gone: false })
    const deal = won.get(id)
    if (deal === undefined) continue
    if (type === 'deal-closed') deal.won = data['outcome'] === 'won'
    if (type === 'deal-reopened') deal.won = false
    if (type === 'deal-deleted' || type === 'deal-merged') deal.gone = true
  }
  return [...won.values()].filter(deal => deal.won && !deal.gone && deal.type !== 'renewal').length
}

describe('accord start on an empty directory', () => {
  let directory: Awaited<ReturnType<typeof dataDirectory>>
  let running: Running
  beforeAll(async () => {
    directory = await dataDirectory()
  })
  afterAll(async () => {
    running.child.kill('SIGTERM')
    await running.ended
    await directory.remove()
  })

  it('fills it with the demo company; killed half way, the next start ends the same company, each event counted once', async () => {
    const until = yesterday()
    const begin = (): Running => startAccord(['start', '--port', '0', '--data-dir', directory.path])
    running = begin()
    await running.reports(/demo company: \d+ events, [1-9]\d %/, 120_000)
    running.child.kill('SIGKILL')
    await running.ended
    running = begin()
    const said = await running.says('Figures are ready', 400_000)
    const answer = await fetch(`${/http:\/\/\S+/.exec(said)?.[0]}/v1/attribution?model=linear`)
    const total = Attribution.parse(await answer.json()).total.find(row => row.metric === 'M56')?.value
    expect(total).toBe(wonDeals(until))
    expect(running.output().stderr).not.toMatch(/refused|"level":[56]0/)
  }, 540_000)

  const asked = async (...args: string[]): Promise<{ readonly code: number | null; readonly said: unknown; readonly stderr: string }> => {
    const { code, stdout, stderr } = await runAccord([...args, '--json', '--data-dir', directory.path])
    const said: unknown = stdout === '' ? null : JSON.parse(stdout)
    return { code, said, stderr }
  }

  it('forecast backtest forecasts every past week again, says how far it is, and ends with every method’s error as JSON', async () => {
    const { code, said, stderr } = await asked('forecast', 'backtest')
    expect([code, stderr.includes('forecasting again')]).toEqual([0, true])
    const { rows, total } = Backtest.parse(said)
    const chosen = total.find(row => row.judged === 'all' && row.method === 'chosen' && row.measure === 'wape')
    expect(chosen?.value).toBeLessThan(0.3)
    expect(new Set(rows.flatMap(row => row.period ?? [])).size).toBe(6)
    expect((await asked('forecast', 'backtest', '--period', 'soon')).code).toBe(1)
  }, 60_000)

  it('score train learns and proposes in a member’s name what is better, a timer’s call leaves it at that, and score evaluate judges what is in force', async () => {
    const deals = ['--of', 'deal', '--outcome', 'won']
    const { code, said, stderr } = await asked('score', 'train', ...deals, '--propose-as', 'revops')
    const trained = Trained.parse(said)
    expect(stderr).toContain('learning boosting from')
    // which days the company has decides whether there is anything to propose
    expect([code, trained.proposed]).toEqual(trained.card?.better === true ? [0, 'deal-won@2'] : [1, null])
    const again = Trained.parse((await asked('score', 'train', ...deals, '--every-days', '1000')).said)
    expect([again.learned, again.card]).toEqual([false, null])
    expect(again.why).toMatch(/^deal-won@[12] (was learned on|still waits)/)
    const evaluated = Evaluated.parse((await asked('score', 'evaluate', ...deals)).said)
    expect(evaluated.model).toBe('deal-won@1')
    expect(evaluated.feature_drift.length).toBeGreaterThan(5)
  }, 120_000)
})
