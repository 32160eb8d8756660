import type { Browser, Page } from 'playwright-core'
import { z } from 'zod'
import { buildPages } from '../../scripts/pages.ts'
import { dataDirectory, startAccord } from '../support/accord-command.ts'
import { findChromium, launchBrowser } from '../support/browser.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say } from './report.ts'

const READY_MS = 300_000
const MOST_SCRIPT_BYTES = 250_000
const LEADS = 100_000
const SCROLLED_MS = 3_000
const FRAMES_LEFT_OUT = 2

const stands = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    // what is below the fold asks when one scrolls there
    `document.querySelector('main h1') !== null && [...document.querySelectorAll('.skeleton, .refreshing')].every(each => each.getBoundingClientRect().top > innerHeight)`,
    null,
    { polling: 'raf', timeout: 60_000 },
  )

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

/** Seconds from a choice until the figures of it stand: first something has to be on its way. */
const changed = (page: Page, label: string, value: string): Promise<number> =>
  timed(async () => {
    const asked = page.waitForResponse(response => response.url().includes('/v1/'))
    await page
      .getByLabel(new RegExp(`^${label}`))
      .first()
      .selectOption(value)
    await asked
    await stands(page)
  })

/** The policy of the pages forbids what is waited with. */
const CONTEXT = { viewport: { width: 1_360, height: 900 }, bypassCSP: true }

const firstPage = async (
  browser: Browser,
  address: string,
): Promise<{ readonly cold: number; readonly warm: number; readonly bytes: number }> => {
  const opened = await browser.newContext(CONTEXT)
  const page = await opened.newPage()
  let bytes = 0
  page.on('response', response => {
    if (response.url().endsWith('.js')) bytes += Number(response.headers()['content-length'] ?? 0)
  })
  const open = async (): Promise<void> => {
    await page.goto(address)
    await stands(page)
  }
  const cold = await timed(open)
  const sent = bytes
  const warm = await timed(open)
  await opened.close()
  return { cold, warm, bytes: sent }
}

const choices = async (browser: Browser, address: string): Promise<{ readonly model: number; readonly period: number }> => {
  const opened = await browser.newContext(CONTEXT)
  const page = await opened.newPage()
  await page.goto(`${address}/attribution`)
  await stands(page)
  const model = await changed(page, 'Model', 'linear')
  const periods = await page.evaluate(`[...document.querySelectorAll('[data-testid=period] option')].map(each => each.value)`)
  const [other = ''] = z
    .array(z.string())
    .parse(periods)
    .filter(period => /-Q\d$/.test(period))
    .slice(2)
  const period = await changed(page, 'Period', other)
  await opened.close()
  return { model, period }
}

const Frames = z.object({ frames: z.number(), seconds: z.number(), longest: z.number() })

/** Rows as the API answers them, one of them a hundred thousand times under other names, scrolled from the first to the last. */
const scrolled = async (browser: Browser, address: string): Promise<z.output<typeof Frames>> => {
  const opened = await browser.newContext(CONTEXT)
  const page = await opened.newPage()
  const answer = z
    .looseObject({ rows: z.array(z.looseObject({})) })
    .parse(await (await fetch(`${address}/v1/leads?state=open&limit=1`)).json())
  const rows = Array.from({ length: LEADS }, (_, i) => ({
    ...answer.rows[0],
    touches: [],
    inputs: {},
    clocks: [],
    person: `p_${i}`,
    journey: i,
  }))
  const body = JSON.stringify({ ...answer, rows, count: LEADS })
  await page.route('**/v1/leads?*', route => route.fulfill({ contentType: 'application/json', body }))
  await page.goto(`${address}/leads?stage=all`)
  await page.waitForSelector('table[aria-label="Leads"] tbody tr[data-index]', { timeout: 60_000 })
  const found = await page.evaluate(`new Promise(done => {
    const box = document.querySelector('table[aria-label="Leads"]').closest('.table-wrap')
    const most = box.scrollHeight - box.clientHeight
    const times = []
    const began = performance.now()
    const frame = now => {
      times.push(now)
      const part = (now - began) / ${SCROLLED_MS}
      // back and forth, faster than a hand
      box.scrollTop = most * Math.abs(Math.sin(part * 6.3)) * 0.02 + part * 40000
      if (part < 1) requestAnimationFrame(frame)
      else {
        const gaps = times.slice(1).map((time, i) => time - times[i]).slice(${FRAMES_LEFT_OUT})
        done({ frames: gaps.length, seconds: gaps.reduce((sum, gap) => sum + gap, 0) / 1000, longest: Math.max(...gaps) })
      }
    }
    requestAnimationFrame(frame)
  })`)
  await opened.close()
  return Frames.parse(found)
}

/** The web application as it is served, over the demo company: how long a reader waits. */
export const pages = async ({ rounds, quick }: BenchOptions): Promise<BenchResult> => {
  const chromium = await findChromium()
  if (chromium === null) throw new Error('there is no Chromium to measure in')
  await buildPages({ ifStale: true })
  const directory = await dataDirectory()
  const running = startAccord(['start', '--port', '0', '--data-dir', directory.path])
  const browser = await launchBrowser(chromium)
  try {
    const address = /http:\/\/\S+/.exec(await running.says('Figures are ready', READY_MS))?.[0] ?? ''
    const first: Awaited<ReturnType<typeof firstPage>>[] = []
    const chosen: Awaited<ReturnType<typeof choices>>[] = []
    for (let round = 1; round <= rounds; round += 1) {
      first.push(await firstPage(browser, address))
      chosen.push(await choices(browser, address))
    }
    const of = (values: readonly number[]): string => `${Math.round(median(values) * 1000)} ms`
    const bytes = median(first.map(each => each.bytes))
    say(
      `first page: ${of(first.map(({ cold }) => cold))} cold, ${of(first.map(({ warm }) => warm))} warm, ${Math.round(bytes / 1000)} kB of compressed script`,
    )
    say(`another model: ${of(chosen.map(({ model }) => model))}; another period: ${of(chosen.map(({ period }) => period))}`)
    if (!quick) {
      const { frames, seconds, longest } = await scrolled(browser, address)
      say(`${LEADS} leads: ${(frames / seconds).toFixed(1)} frames/s, the longest ${longest.toFixed(0)} ms`)
    }
    if (bytes > MOST_SCRIPT_BYTES)
      throw new Error(`the first page sends ${bytes} bytes of compressed script, more than ${MOST_SCRIPT_BYTES}`)
    return {
      bench: 'pages',
      ours: rounded(median(first.map(({ cold }) => cold)), 3),
      peer: null,
      theirs: null,
      ratio: null,
      unit: 's',
      rows: 0,
      rss_mb: peakRssMb(),
    }
  } finally {
    await browser.close()
    running.child.kill('SIGTERM')
    await running.ended
    await directory.remove()
  }
}
