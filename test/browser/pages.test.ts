import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { buildPages } from '../../scripts/pages.ts'
import { dataDirectory, type Running, startAccord } from '../support/accord-command.ts'
import { findChromium, launchBrowser, openPage, type Opened, seriousFindings, settle } from '../support/browser.ts'
import { canRenderPdf, canRenderSlides, renderedPdf, renderedSlides } from '../support/render-document.ts'
import { bothSides } from './both-sides.ts'
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
  '/sla/audit',
  '/excuses',
  '/alignment',
  '/forecast',
  '/plan',
  '/definitions',
  '/reconcile',
  '/health',
  '/settings',
]
/** A review asks two dozen questions, one part after the other. */
const REVIEW_MS = 400_000
/** Questions that cannot be answered yet, without a target or with too little history: the page says so, and so does the browser. */
const SAID_NO = /status of (?:400|404|422)/
const Row = z.looseObject({ metric: z.string(), value: z.number().nullable() })
const Answer = z.object({ rows: z.array(Row), total: z.array(Row) })

const runningQuarter = (session: unknown): string =>
  z
    .object({ periods: z.array(z.object({ period: z.string(), kind: z.string(), state: z.string() })) })
    .parse(session)
    .periods.find(({ kind, state }) => kind === 'quarter' && state === 'running')?.period ?? ''

const chromium = await findChromium()

describe.skipIf(chromium === null)('the web application on the real stack (skipped where no Chromium is to be had)', () => {
  let directory: Awaited<ReturnType<typeof dataDirectory>>
  let running: Running
  let address = ''
  let browser: Browser
  let opened: Opened
  let signedQuarter = ''

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
    address = /http:\/\/\S+/.exec(await running.says('Figures are ready', 240_000))?.[0] ?? ''
    browser = await launchBrowser(chromium ?? '')
  }, 400_000)
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
    beforeAll(() => say(smallCompany(Date.now())), 240_000)

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

    it('sets models side by side and says how far they are apart; what came by a channel opens to its deals', async () => {
      const { page } = opened
      const period = new Date().getUTCFullYear().toString()
      await settle(page, `/attribution?period=${period}&basis=conversions&conversion=sqo&side=by-side`)
      const told = z
        .object({ total: z.array(z.looseObject({ metric: z.string(), value: z.number().nullable(), model: z.string().optional() })) })
        .parse(await ask(`/v1/attribution/compare?basis=conversions&conversion=sqo&by=channel&period=${period}`))
        .total.filter(({ metric }) => metric === 'M60')
        .map(({ value }) =>
          new Intl.NumberFormat('en-GB', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value ?? 0),
        )
      expect(told.length).toBeGreaterThan(3)
      expect(await page.locator('table[aria-label="How far models are apart"] .figure').allInnerTexts()).toEqual(told)
      await page.locator('table[aria-label="Most frequent ways"] button.figure').first().click()
      await page.getByRole('dialog').getByText('adding up to').waitFor()
      expect(opened.troubles().filter(trouble => !SAID_NO.test(trouble))).toEqual([])
    }, 240_000)

    it('lets marketing move a campaign where it stands in the calendar, and put a list on it', async () => {
      const { page } = opened
      const startOf = async (): Promise<string> =>
        z.object({ rows: z.array(z.object({ starts_on: z.string() })) }).parse(await ask('/v1/campaigns?campaign=c_1')).rows[0]
          ?.starts_on ?? ''
      await settle(page, '/settings')
      await actAs('cmo')
      await settle(page, '/campaigns')
      const before = await startOf()
      await page.locator('[data-campaign="c_1"]').focus()
      await page.keyboard.press('Alt+ArrowRight')
      const next = new Date(Date.parse(before) + 86_400_000).toISOString().slice(0, 10)
      await expect.poll(startOf, { timeout: 30_000 }).toBe(next)
      await settle(page, '/campaigns?campaign=c_1&tab=people')
      await page.getByLabel(/^A list/).fill('p_1\na_2\nnobody@nowhere.example')
      await page.getByRole('button', { name: 'See whom 3 lines match' }).click()
      await page.getByText('1 match nobody').waitFor()
      await page.getByRole('button', { name: 'Put them on the campaign' }).click()
      // every figure of the page is asked again before
      await page.getByText('They are on it.').waitFor({ timeout: 120_000 })
      expect(opened.troubles().filter(trouble => !SAID_NO.test(trouble))).toEqual([])
    }, 240_000)

    it('has a review that both sign, that opens as it was signed when a deal is said later, and that prints whole', async () => {
      const { page } = opened
      const bytes = async (): Promise<string> => (await fetch(`${address}/v1/qbr/${quarter}/document`)).text()
      await settle(page, '/settings')
      const quarter = runningQuarter(await ask('/v1/session'))
      for (const member of ['cmo', 'vp-sales']) {
        await actAs(member)
        await settle(page, `/review?period=${quarter}`, REVIEW_MS)
        await page.getByRole('button', { name: 'Sign for my function' }).click()
        await page.getByText(new RegExp(`: ${member}, `)).waitFor({ timeout: REVIEW_MS })
      }
      await page.getByText('Signed by both').waitFor()
      const signed = await bytes()
      const at = new Date(Date.now() - 3_600_000).toISOString()
      await say([
        {
          type: 'deal-created',
          event_id: 'late-1',
          occurred_at: at,
          data: { deal_id: 'd_late', account_id: 'a_1', stage: 'qualified', amount_minor: 9_900_000, currency: 'EUR' },
        },
        {
          type: 'deal-closed',
          event_id: 'late-2',
          occurred_at: new Date(Date.parse(at) + 1_000).toISOString(),
          data: { deal_id: 'd_late', outcome: 'won' },
        },
      ])
      expect(await bytes()).toBe(signed)
      await settle(page, `/review?period=${quarter}`, REVIEW_MS)
      expect(await page.locator('table[aria-label="What changed since sign-off"] tbody tr').count()).toBeGreaterThan(0)
      expect(opened.troubles().filter(trouble => !SAID_NO.test(trouble))).toEqual([])
      signedQuarter = quarter
      if (!canRenderPdf) {
        process.stderr.write('browser tests: without poppler-utils nobody looks at the printed review\n')
        return
      }
      await page.emulateMedia({ colorScheme: 'dark' })
      const file = join(directory.path, 'review.pdf')
      await page.pdf({ path: file, preferCSSPageSize: true, printBackground: true })
      const printed = await renderedPdf(file, directory.path)
      expect(printed.length).toBeGreaterThan(2)
      // no page is empty; and it is day on paper, also for who reads by night
      for (const { ink } of printed) expect(ink > 0.003 && ink < 0.5).toBe(true)
      const text = printed.map(each => each.text).join(' ')
      for (const part of ['1 · What we promised', '4 · Funnel health', '7 · Forecast and plan', 'Asks']) expect(text).toContain(part)
      expect(text).not.toMatch(/Sign for my function|undefined|NaN/)
    }, 1_800_000)

    it.skipIf(!canRenderSlides)(
      'has the review as slides that another program opens (skipped without libreoffice-impress)',
      async () => {
        const quarter = signedQuarter === '' ? runningQuarter(await ask('/v1/session')) : signedQuarter
        const folder = await mkdtemp(join(directory.path, 'slides-'))
        const file = join(folder, 'review.pptx')
        await writeFile(file, Buffer.from(await (await fetch(`${address}/v1/qbr/${quarter}/slides`)).arrayBuffer()))
        const shown = await renderedSlides(file, folder)
        // one a part, and the first and the last
        expect(shown).toHaveLength(9)
        for (const { ink } of shown) expect(ink).toBeGreaterThan(0.002)
        expect(shown[0]?.text).toContain('Quarterly review')
        expect(shown.map(({ text }) => text).join(' ')).not.toMatch(/undefined|NaN|\[object/)
      },
      240_000,
    )

    bothSides({ opened: () => opened, ask, actAs })

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
