import { createServer } from 'node:http'
import { createOwnRegistry } from '../../services/log/registry.ts'

export type RegistryServer = { readonly url: string; readonly close: () => Promise<void> }

/** `GET /schemas/ids/<id>` of Accord's own ids, as `accord serve` answers it, for consumers that are not Accord. */
export const startRegistry = async (): Promise<RegistryServer> => {
  const registry = createOwnRegistry()
  const server = createServer((request, response) => {
    const id = /^\/schemas\/ids\/(\d+)/.exec(request.url ?? '')?.[1]
    const found = id === undefined ? undefined : registry.byId(Number(id))
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': 'application/vnd.schemaregistry.v1+json' })
    response.end(JSON.stringify(found === undefined ? { error_code: 40_403, message: 'Schema not found' } : { schema: found.text }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the registry listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
