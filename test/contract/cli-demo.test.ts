import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { yesterday } from '../../services/cli/operations/fill-demo.ts'
import { demoCompany } from '../../services/demo/company.ts'
import { dataDirectory, type Running, startAccord } from '../support/accord-command.ts'

const Attribution = z.object({ total: z.array(z.object({ metric: z.string(), value: z.number().nullable() })) })

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
})
