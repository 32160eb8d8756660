import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildPages } from '../../scripts/pages.ts'
import { dataDirectory, type Running, startAccord } from '../support/accord-command.ts'
import { findChromium, launchBrowser, openPage, type Opened, seriousFindings, settle } from '../support/browser.ts'
import { HOSTILE_FORMULA, HOSTILE_NAME, smallCompany } from '../support/small-company.ts'

const PAGES = [
  '/',
  '/campaigns',
  '/attribution',
  '/what-if',
  '/library',
  '/leads',
  '/queue',
  '/pipeline',
  '/funnel',
  '/sla',
  '/forecast',
  '/plan',
  '/definitions',
  '/health',
  '/settings',
]
/** Questions that cannot be answered yet, without a target or with too little history: the page says so, and so does the browser. */
const SAID_NO = /status of (?:400|404|422)/
const Row = z.looseObject({ metric: z.string(), value: z.number().nullable() })
const Answer = z.object({ rows: z.array(Row), total: z.array(Row) })

const chromium = await findChromium()

describe.skipIf(chromium === null)('the web application on the real stack (skipped where no Chromium is to be had)', () => {
  let directory: Awaited<ReturnType<typeof dataDirectory>>
  let running: Running
  let address = ''
  let browser: Browser
  let opened: Opened

  const ask = async (path: string): Promise<unknown> => (await fetch(`${address}${path}`)).json()
  const say = async (events: readonly unknown[]): Promise<void> => {
    const answer = await fetch(`${address}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    })
    const { rejected, position } = z.object({ rejected: z.array(z.unknown()), position: z.string() }).parse(await answer.json())
    expect(rejected).toEqual([])
    await fetch(`${address}/v1/session?after=${position}`)
  }
  const actAs = (member: string): Promise<void> =>
    opened.page.evaluate(`sessionStorage.setItem('accord-act-as', ${JSON.stringify(member)})`)

  beforeAll(async () => {
    await buildPages({ ifStale: true })
    directory = await dataDirectory()
    running = startAccord(['start', '--no-demo', '--port', '0', '--data-dir', directory.path])
    address = /http:\/\/\S+/.exec(await running.says('Figures are ready', 90_000))?.[0] ?? ''
    browser = await launchBrowser(chromium ?? '')
  }, 120_000)
  beforeEach(async () => {
    opened = await openPage(browser, address)
  })
  afterEach(() => opened.page.context().close())
  afterAll(async () => {
    await browser.close()
    running.child.kill('SIGTERM')
    await running.ended
    await directory.remove()
  })

  it('opens every page of a company without data with words instead of numbers, and without an error', async () => {
    for (const path of PAGES) {
      await settle(opened.page, path)
      const text = await opened.page.locator('main').innerText()
      expect({ path, text }).toEqual({ path, text: expect.not.stringMatching(/undefined|NaN|Infinity|\[object/) })
      expect({ path, troubles: opened.troubles().filter(trouble => !SAID_NO.test(trouble)) }).toEqual({ path, troubles: [] })
    }
  }, 240_000)

  describe('of a small company', () => {
    beforeAll(() => say(smallCompany(Date.now())), 60_000)

    it('shows every page without an error, and axe finds nothing serious by day or by night', async () => {
      const findings: string[] = []
      for (const path of PAGES) {
        await settle(opened.page, path)
        expect({ path, troubles: opened.troubles().filter(trouble => !SAID_NO.test(trouble)) }).toEqual({
          path,
          troubles: [],
        })
        for (const colorScheme of ['light', 'dark'] as const) {
          await opened.page.emulateMedia({ colorScheme })
          for (const finding of await seriousFindings(opened.page)) findings.push(`${path} ${colorScheme} ${finding}`)
        }
      }
      await opened.page.emulateMedia({ colorScheme: 'light' })
      expect(findings).toEqual([])
    }, 240_000)

    it('shows the numbers of the API, under the model that is chosen, and each opens to the records that make it', async () => {
      const { page } = opened
      const period = z
        .object({ periods: z.array(z.object({ period: z.string(), kind: z.string() })) })
        .parse(await ask('/v1/session'))
        .periods.find(({ kind }) => kind === 'year')?.period
      await settle(page, `/attribution?period=${period}&model=first`)
      const euros = new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 })
      const shown = async (): Promise<readonly string[]> => page.locator('table[aria-label="Credit"] [data-metric="M54"]').allInnerTexts()
      const told = async (model: string): Promise<readonly string[]> => {
        const { rows, total } = Answer.parse(
          await ask(`/v1/attribution?basis=revenue&conversion=won&by=channel&period=${period}&model=${model}`),
        )
        const values = [...rows.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0)), ...total.filter(({ metric }) => metric === 'M54')]
        return values.map(({ value }) => euros.format((value ?? 0) / 100))
      }
      expect((await shown()).length).toBeGreaterThan(1)
      expect(await shown()).toEqual(await told('first'))
      await page.getByLabel(/^Model/).selectOption('linear')
      await page.waitForURL(/model=linear/)
      await settle(page)
      expect(await shown()).toEqual(await told('linear'))
      await page.locator('table[aria-label="Credit"] tfoot [data-metric="M54"]').click()
      const drawer = page.getByRole('dialog')
      await drawer.getByText('adding up to').waitFor()
      expect(await drawer.innerText()).toContain('Attributed revenue')
      await page.keyboard.press('Escape')
      await drawer.waitFor({ state: 'detached' })
    }, 240_000)

    it('marks what is seen as of the past, and goes back', async () => {
      const { page } = opened
      const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
      await settle(page, `/library?as_of=${yesterday}`)
      await page.getByText('You are looking at what was known on').waitFor()
      await page.getByRole('button', { name: 'Back to today' }).click()
      await page.getByText('You are looking at what was known on').waitFor({ state: 'detached' })
      expect(new URL(page.url()).searchParams.has('as_of')).toBe(false)
    }, 240_000)

    it('shows hostile names as text: no script runs', async () => {
      const { page } = opened
      await settle(page, '/campaigns')
      await page.getByText(HOSTILE_NAME).first().waitFor()
      await page.getByText(HOSTILE_FORMULA).first().waitFor()
      for (const path of ['/leads?stage=all', '/accounts/a_1', '/definitions']) await settle(page, path)
      expect(await page.evaluate('window.ranFromAName')).toBeUndefined()
    }, 240_000)

    it('lets a seller accept a lead and stops its clock', async () => {
      const { page } = opened
      await settle(page, '/settings')
      await actAs('sdr-1')
      await settle(page, '/leads')
      const rows = page.locator('table[aria-label="Leads"] tbody tr')
      const before = await rows.count()
      expect(before).toBeGreaterThan(0)
      await rows.first().click()
      await page.getByRole('button', { name: 'Accept', exact: true }).click()
      await expect.poll(() => rows.count(), { timeout: 30_000 }).toBeLessThan(before)
      expect(opened.troubles().filter(trouble => !SAID_NO.test(trouble))).toEqual([])
    }, 240_000)

    it('lets a member propose a definition, and one of each side approve it', async () => {
      const { page } = opened
      await settle(page, '/settings')
      await actAs('sdr-1')
      await settle(page, '/definitions?definition=recycling')
      await page.getByRole('button', { name: 'Propose the next version' }).click()
      await page.getByLabel('What changes, and why').fill('as agreed on Monday')
      await page.getByRole('button', { name: 'Propose', exact: true }).click()
      await page.getByText(/^Version \d+ waits for/).waitFor()
      for (const approver of ['cmo', 'vp-sales']) {
        await actAs(approver)
        await settle(page, '/definitions?definition=recycling')
        await page.getByRole('button', { name: 'Approve' }).click()
        await page.getByRole('button', { name: 'Approve' }).waitFor({ state: 'detached' })
      }
      await page.getByText('In force', { exact: true }).first().waitFor()
      expect(opened.troubles()).toEqual([])
    }, 240_000)

    it('says so when the API is away, and shows the figures when it is back', async () => {
      const { page } = opened
      await page.route('**/v1/content*', route =>
        route.fulfill({ status: 400, contentType: 'application/problem+json', body: '{"detail":"not today"}' }),
      )
      await page.goto('/library')
      await page.getByText('not today').waitFor()
      await page.unroute('**/v1/content*')
      await page.getByRole('button', { name: 'Ask again' }).click()
      await page.getByText('not today').waitFor({ state: 'detached' })
      const said = page.getByText('The library is empty')
      await said.waitFor()
      expect(await said.isVisible()).toBe(true)
    }, 240_000)

    it('forbids scripts that are not its own', async () => {
      const policy = (await fetch(address)).headers.get('content-security-policy') ?? ''
      expect(/script-src ([^;]*)/.exec(policy)?.[1]).toBe("'self'")
    })

    it('sends the first page in less than 250 kB of compressed script', async () => {
      const { page } = opened
      let bytes = 0
      page.on('response', response => {
        if (response.url().endsWith('.js')) bytes += Number(response.headers()['content-length'] ?? 0)
      })
      await settle(page, '/')
      expect(bytes).toBeGreaterThan(0)
      expect(bytes).toBeLessThan(250_000)
    }, 240_000)
  })
})
