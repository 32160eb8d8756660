import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync } from 'fastify'
import { problem, sendProblem } from './problem.ts'

export type PagesOptions = {
  /** Where the web application was built. */
  readonly root: string
}

const INDEX = 'index.html'
/** Names under it carry a hash of their content: they never change. */
const HASHED = 'assets/'
const HASHED_FILE = /^assets\/[\w-]+\.[\w-]+$/
/** What belongs to machines: a wrong address there is a problem document, not the application. */
const NOT_PAGES = /^(?:v1|docs|subjects|schemas|metrics|openapi\.json|assets)(?:\/|$)/
const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Accord</title><h1>The pages are not built yet</h1>
<p>Run <code>npm run build</code> and start again. The API is at <a href="/docs">/docs</a>.</p>`

/** Whether there is a web application to serve. */
const arePagesBuilt = (root: string): boolean => existsSync(join(root, INDEX))

/**
 * The web application: its files, compressed ahead, and its first page for every address that is not the API's, so that a link into it
 * opens.
 */
export const pageRoutes: FastifyPluginAsync<PagesOptions> = async (app, { root }) => {
  const built = arePagesBuilt(root)
  const files = new Set(built ? readdirSync(root, { recursive: true, encoding: 'utf8' }).map(name => name.replaceAll('\\', '/')) : [])
  if (built) await app.register(fastifyStatic, { root, serve: false, preCompressed: true })

  app.get<{ Params: { '*': string } }>('/*', { schema: { hide: true } }, (request, reply) => {
    const path = request.params['*']
    // built again while it runs: new names are there too
    const known = files.has(path) || (HASHED_FILE.test(path) && existsSync(join(root, path)))
    if (known && path !== INDEX && path.includes('.')) {
      return path.startsWith(HASHED)
        ? reply.sendFile(path, { maxAge: '365d', immutable: true })
        : reply.sendFile(path, { maxAge: '1h', immutable: false })
    }
    if (NOT_PAGES.test(path)) return sendProblem(reply, problem(404, 'Not found', 'there is nothing at this address'))
    if (!built) return reply.type('text/html').send(NOT_BUILT)
    return reply.header('cache-control', 'no-cache').sendFile(INDEX, { cacheControl: false })
  })
}
