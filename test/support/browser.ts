import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { z } from 'zod'

/** Where a Chromium is: named, Debian's, or Playwright's own. */
const installed = (): string | undefined =>
  [process.env['ACCORD_TEST_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome', chromium.executablePath()].find(
    path => path !== undefined && existsSync(path),
  )

const run = promisify(execFile)
const INSTALL_MS = 5 * 60_000

/**
 * Path of a Chromium, Debian's installed where there is none and this process may. Null where there is none to be had: whoever needs it says so by name.
 */
export const findChromium = async (): Promise<string | null> => {
  const path = installed()
  if (path !== undefined || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return path ?? null
  process.stderr.write('browser tests: no Chromium here, apt-get installs it\n')
  const quietly = { timeout: INSTALL_MS, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'chromium']
  try {
    await run('apt-get', ['update', '-qq'], quietly)
    await run('apt-get', install, quietly)
  } catch (error) {
    process.stderr.write(`browser tests: ${error instanceof Error ? error.message : String(error)}\n`)
  }
  return installed() ?? null
}

export const launchBrowser = (executablePath: string): Promise<Browser> => chromium.launch({ executablePath, args: ['--no-sandbox'] })

export type Opened = {
  readonly page: Page
  /** Errors of the console and of scripts since the last call. */
  readonly troubles: () => readonly string[]
}

/** A page of its own, in English, that remembers what went wrong in it. */
export const openPage = async (browser: Browser, baseURL: string): Promise<Opened> => {
  const context = await browser.newContext({ baseURL, locale: 'en-GB', viewport: { width: 1_360, height: 2_600 } })
  const page = await context.newPage()
  let said: string[] = []
  page.on('console', message => message.type() === 'error' && said.push(message.text()))
  page.on('pageerror', error => said.push(error.message))
  return {
    page,
    troubles: () => {
      const before = said
      said = []
      return before
    },
  }
}

/** Goes there and waits until every part has its answer. */
export const settle = async (page: Page, path?: string, deadlineMs = 180_000): Promise<void> => {
  if (path !== undefined) await page.goto(path)
  await page.waitForSelector('main h1')
  await page.waitForSelector('.skeleton, .refreshing', { state: 'detached', timeout: deadlineMs })
}

const Violation = z.object({ id: z.string(), impact: z.string().nullish(), nodes: z.array(z.object({ html: z.string() })) })

/** What axe finds serious or critical on the page as it is now, rule and element. */
export const seriousFindings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source)
  const found = z
    .object({ violations: z.array(Violation) })
    .parse(
      await page.evaluate(
        `axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })`,
      ),
    )
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id}: ${html.slice(0, 160)}`))
}
