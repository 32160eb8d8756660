/**
 * Builds the web application into dashboards/dist, as `npm ci` does by itself.
 *
 *     node scripts/pages.ts              builds
 *     node scripts/pages.ts --if-able    does nothing where its tools are not installed, as in production images
 *     node scripts/pages.ts --if-stale   does nothing when it is newer than its sources
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../dashboards')
const INDEX = join(ROOT, 'dist/index.html')

const newest = (folder: string): number =>
  Math.max(...readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(name => statSync(join(folder, name)).mtimeMs))

const isStale = (): boolean => {
  if (!existsSync(INDEX)) return true
  const sources = [
    newest(join(ROOT, 'src')),
    newest(join(ROOT, 'static')),
    ...['index.html', 'vite.config.ts'].map(name => statSync(join(ROOT, name)).mtimeMs),
  ]
  return Math.max(...sources) > statSync(INDEX).mtimeMs
}

const toolsAreThere = (): boolean => {
  try {
    import.meta.resolve('vite')
    return existsSync(new URL(import.meta.resolve('vite')))
  } catch {
    return false
  }
}

/** Builds, unless nothing has changed since. */
export const buildPages = async ({ ifStale = false }: { readonly ifStale?: boolean } = {}): Promise<void> => {
  if (ifStale && !isStale()) return
  const { build } = await import('vite')
  await build({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'warn' })
}

if (import.meta.main && (!process.argv.includes('--if-able') || toolsAreThere()))
  await buildPages({ ifStale: process.argv.includes('--if-stale') })
