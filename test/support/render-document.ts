import { execFile, execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const DEADLINE_MS = 180_000

const isThere = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Debian's poppler-utils; and its libreoffice-impress, which is too large to be installed by a test. */
export const canRenderPdf = isThere('pdftoppm') && isThere('pdftotext')
export const canRenderSlides = canRenderPdf && isThere('soffice')

export type RenderedPage = {
  readonly text: string
  /** How much of it is not paper, 0 to 1. */
  readonly ink: number
}

const WHITE = 250

/** Pixels of a binary grey map (P5): width, height and the greatest value before them. */
const inkOf = (map: Buffer): number => {
  const head = /^P5\s+\d+\s+\d+\s+\d+\s/.exec(map.toString('latin1', 0, 64))?.[0].length ?? 0
  const pixels = map.subarray(head)
  return pixels.filter(value => value < WHITE).length / pixels.length
}

/** Each page of a PDF as it is seen and read. */
export const renderedPdf = async (file: string, folder: string): Promise<readonly RenderedPage[]> => {
  await run('pdftoppm', ['-gray', '-r', '30', file, join(folder, 'page')], { timeout: DEADLINE_MS })
  const { stdout } = await run('pdftotext', ['-layout', file, '-'], { timeout: DEADLINE_MS, maxBuffer: 1e8 })
  const texts = stdout.split('\f')
  const names = (await readdir(folder)).filter(name => /^page-\d+\.pgm$/.test(name)).toSorted()
  return Promise.all(names.map(async (name, i) => ({ text: texts[i] ?? '', ink: inkOf(await readFile(join(folder, name))) })))
}

/** Slides as LibreOffice shows them, one page each. */
export const renderedSlides = async (file: string, folder: string): Promise<readonly RenderedPage[]> => {
  // a profile of its own, or a second one at the same time would wait for the first
  await run(
    'soffice',
    [`-env:UserInstallation=file://${join(folder, 'profile')}`, '--headless', '--convert-to', 'pdf', '--outdir', folder, file],
    {
      timeout: DEADLINE_MS,
    },
  )
  return renderedPdf(file.replace(/\.pptx$/, '.pdf'), folder)
}
