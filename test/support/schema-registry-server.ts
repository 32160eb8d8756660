import { createServer, type IncomingMessage } from 'node:http'

export type SchemaRegistryServer = {
  readonly url: string
  /** Requests so far, as `METHOD path`. */
  readonly requests: readonly string[]
  /** The next answers have this status instead. */
  readonly failNext: (...statuses: readonly number[]) => void
  /** Makes a schema known, as another producer would; gives its id. */
  readonly put: (subject: string, schema: string) => number
  /** Where the ids of schemas registered from now on begin. */
  readonly idsFrom: (first: number) => void
  readonly close: () => Promise<void>
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

/** The two paths of Confluent's Schema Registry that Accord calls, with its ids (rising), bodies and error codes. Optionally behind Basic credentials. */
export const startSchemaRegistry = async (credentials?: string): Promise<SchemaRegistryServer> => {
  const idOf = new Map<string, number>()
  const schemaOf = new Map<number, string>()
  const failures: number[] = []
  const requests: string[] = []
  let nextId = 1
  const put = (_subject: string, schema: string): number => {
    const known = idOf.get(schema)
    if (known !== undefined) return known
    const id = nextId
    nextId += 1
    idOf.set(schema, id)
    schemaOf.set(id, schema)
    return id
  }
  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    const path = request.url ?? ''
    requests.push(`${request.method} ${path}`)
    const failure = failures.shift()
    if (failure !== undefined) return [failure, { error_code: failure * 100 + 1, message: 'told to fail' }]
    if (credentials !== undefined && request.headers.authorization !== `Basic ${Buffer.from(credentials).toString('base64')}`) {
      return [401, { error_code: 401, message: 'Unauthorized' }]
    }
    const byId = /^\/schemas\/ids\/(\d+)$/.exec(path)
    if (request.method === 'GET' && byId !== null) {
      const schema = schemaOf.get(Number(byId[1]))
      return schema === undefined ? [404, { error_code: 40403, message: 'Schema not found' }] : [200, { schema }]
    }
    const versions = /^\/subjects\/([^/]+)\/versions$/.exec(path)
    if (request.method === 'POST' && versions !== null) {
      const body: unknown = JSON.parse(await bodyOf(request))
      const schema = typeof body === 'object' && body !== null && 'schema' in body ? body.schema : undefined
      if (typeof schema !== 'string') return [422, { error_code: 42201, message: 'Invalid Avro schema' }]
      return [200, { id: put(decodeURIComponent(versions[1] ?? ''), schema) }]
    }
    return [404, { error_code: 404, message: 'HTTP 404 Not Found' }]
  }
  const server = createServer((request, response) => {
    const reply = async (): Promise<void> => {
      const [status, body] = await answer(request)
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' }).end(JSON.stringify(body))
    }
    reply().catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the registry listens on no port')
  return {
    url: `http://${credentials === undefined ? '' : `${credentials}@`}127.0.0.1:${address.port}`,
    requests,
    failNext: (...statuses) => void failures.push(...statuses),
    put,
    idsFrom: first => void (nextId = first),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
