import { expect, it } from 'vitest'
import { z } from 'zod'
import { type Opened, settle } from '../support/browser.ts'

export type Stage = {
  readonly opened: () => Opened
  readonly ask: (path: string) => Promise<unknown>
  readonly actAs: (member: string) => Promise<void>
}

const PATIENCE_MS = 240_000
/** Figures show what was written a second later; on a busy machine a minute. */
const SLOWLY = { timeout: 90_000 }
const Clocks = z.object({ rows: z.array(z.object({ id: z.string(), owner: z.string(), state: z.string() })) })
const Amounts = z.object({
  total: z.array(z.looseObject({ what: z.string(), unit: z.string(), value: z.number() })),
})

/** What both sides do on the pages they share: asked of the small company, as its members. */
export const bothSides = ({ opened, ask, actAs }: Stage): void => {
  it(
    'excuses a missed limit that sales asks for and marketing grants',
    async () => {
      const { page } = opened()
      await settle(page, '/settings')
      await actAs('sdr-1')
      await settle(page, '/excuses')
      const missed = page.locator('table[aria-label="Missed clocks"] tbody tr')
      await missed.first().getByRole('checkbox').check()
      await page.getByLabel(/should be excused/).fill('the fair took the whole team')
      await page.getByRole('button', { name: 'Ask to excuse 1' }).click()
      const asked = page.locator('.list').getByText('the fair took the whole team')
      await asked.waitFor(SLOWLY)
      expect(await page.getByRole('button', { name: 'Grant', exact: true }).count()).toBe(0)
      await actAs('cmo')
      await settle(page, '/excuses')
      await page.getByLabel('Why').fill('so it was')
      await page.getByRole('button', { name: 'Grant', exact: true }).click()
      await asked.waitFor({ state: 'detached', ...SLOWLY })
      const { rows } = Clocks.parse(await ask('/v1/sla/clocks?state=excused'))
      expect(rows).toHaveLength(1)
    },
    PATIENCE_MS,
  )

  it(
    'has a month audited that one of each side signs',
    async () => {
      const { page } = opened()
      await settle(page, '/settings')
      for (const member of ['cmo', 'vp-sales']) {
        await actAs(member)
        await settle(page, '/sla/audit')
        await page.getByRole('button', { name: 'Sign for my function' }).click()
        await page.getByText(new RegExp(`: ${member},`)).waitFor(SLOWLY)
      }
      await page.getByText('Signed by both').waitFor()
      await page.getByRole('heading', { name: 'What changed since' }).waitFor()
      expect(await page.getByRole('button', { name: 'Sign for my function' }).count()).toBe(0)
    },
    PATIENCE_MS,
  )

  it(
    'shows a CRM’s deals beside ours, every difference by its name, as the API adds it up',
    async () => {
      const { page } = opened()
      const year = new Date().getUTCFullYear()
      await settle(page, `/reconcile?period=${year}`)
      await page.getByText('No CRM has said yet what its deals are').waitFor()
      const file = `deal_id,state,amount,currency,close_date\nd_1,won,10500.00,EUR,${year}-01-15\nd_nowhere,won,777.00,EUR,${year}-02-01\n`
      await page.getByLabel('File').setInputFiles({ name: 'deals.csv', mimeType: 'text/csv', buffer: Buffer.from(file) })
      await page.getByRole('button', { name: 'Compare and keep 2 deals' }).click()
      await page.getByText('Kept: the differences are above').waitFor(SLOWLY)
      await settle(page)
      await page.locator('table[aria-label="Deals that differ"]').getByText('d_nowhere').waitFor()
      const { total } = Amounts.parse(await ask(`/v1/reconcile?period=${year}&measure=won`))
      const told = total.find(({ what, unit }) => what === 'difference' && unit !== 'count')?.value ?? 0
      expect(told).not.toBe(0)
      // from ten thousand on a headline says thousands
      const notation = Math.abs(told) < 1_000_000 ? 'standard' : 'compact'
      const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR', notation, maximumFractionDigits: 0 })
      const kpis = await page.locator('.kpi').filter({ hasText: 'Difference' }).innerText()
      expect(kpis).toContain(euros.format(told / 100))
    },
    PATIENCE_MS,
  )

  it(
    'gives chosen leads of the queue to somebody else at once',
    async () => {
      const { page } = opened()
      await settle(page, '/settings')
      await actAs('vp-sales')
      await settle(page, '/queue?role=all')
      const due = page.locator('table[aria-label="Due next"] tbody tr')
      await due.first().getByRole('checkbox').check()
      await page.getByLabel('Give to').selectOption('ae-1')
      await page.getByRole('button', { name: 'Give 1 lead' }).click()
      await page.getByRole('heading', { name: '1 chosen' }).waitFor({ state: 'detached', ...SLOWLY })
      await expect.poll(async () => Clocks.parse(await ask('/v1/sla/clocks?state=running&owner=ae-1')).rows.length).toBeGreaterThan(0)
    },
    PATIENCE_MS,
  )

  it(
    'makes a key that is shown once and takes it back, and sets a target',
    async () => {
      const { page } = opened()
      await settle(page, '/settings?part=keys')
      await page.getByLabel('Name').fill('night import')
      await page.getByRole('button', { name: 'Make a key' }).click()
      await page.getByText('Shown now and never again').waitFor()
      await page.getByRole('button', { name: 'I have it' }).click()
      const made = page.locator('table[aria-label="Keys"] tr').filter({ hasText: 'night import' })
      await made.getByRole('button', { name: 'Revoke' }).click()
      await made.getByText('Revoked').waitFor()
      await settle(page, '/settings?part=targets&target=%2B')
      await page.getByLabel('Amount in EUR').fill('250000')
      await page.getByRole('button', { name: 'Set it' }).click()
      const told = page.locator('table[aria-label="Targets"]').getByText('€250,000')
      await told.waitFor(SLOWLY)
      expect(await told.count()).toBe(1)
    },
    PATIENCE_MS,
  )
}
