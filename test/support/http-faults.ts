import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'

export type HttpAsked = { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
export type HttpAnswer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer }

const Fault = z.object({
  mode: z.enum([
    'none',
    'slow', // waits `ms`, then does the work
    'error', // answers 500 with ClickHouse's `code`, without doing the work
    'drop-after-store', // does the work, then breaks the connection
    'refuse', // breaks the connection at once
    'hang', // neither does the work nor answers
  ]),
  ms: z.int().nonnegative().default(1000),
  /** 999 is KEEPER_EXCEPTION. */
  code: z.int().positive().default(999),
  /** Of the requests that `only` names, this share is hit, evenly spread. */
  share: z.number().min(0).max(1).default(1),
  only: z.enum(['all', 'insert', 'select']).default('all'),
})
export type Fault = z.input<typeof Fault>

const statementOf = ({ url, body }: HttpAsked): string =>
  new URL(url, 'http://localhost').searchParams.get('query') ?? body.subarray(0, 65_536).toString('utf8')

const isNamed = (only: 'all' | 'insert' | 'select', asked: HttpAsked): boolean => {
  if (only === 'all') return true
  // a multipart body has the statement in it somewhere
  const inserts = /^\s*INSERT\b|name="query"\s+INSERT\b/i.test(statementOf(asked))
  return only === 'insert' ? inserts : !inserts
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const send = (response: ServerResponse, answer: HttpAnswer): void => {
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(answer.body.length) })
  response.end(answer.body)
}

export type FaultyServer = {
  readonly server: Server
  readonly setFault: (fault: Fault) => void
}

/**
 * A server that can be told to misbehave: `POST /__fault {"mode": …}`, and `GET /__fault` for the number of requests hit.
 * `handle` does the work; it is called once per request, or not at all.
 */
export const faultyServer = (handle: (asked: HttpAsked) => Promise<HttpAnswer>): FaultyServer => {
  let fault = Fault.parse({ mode: 'none' })
  let due = 0
  let hits = 0

  const isHit = (asked: HttpAsked): boolean => {
    if (fault.mode === 'none' || !isNamed(fault.only, asked)) return false
    due += fault.share
    if (due < 1) return false
    due -= 1
    hits += 1
    return true
  }
  const setFault = (next: Fault): void => {
    fault = Fault.parse(next)
    due = 0
    hits = 0
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked: HttpAsked = {
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      headers: request.headers,
      body: await readBody(request),
    }
    if (asked.url === '/__fault') {
      if (asked.method === 'POST') setFault(Fault.parse(JSON.parse(asked.body.toString('utf8'))))
      send(response, {
        status: 200,
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from(JSON.stringify({ ...fault, hits })),
      })
      return
    }
    const mode = isHit(asked) ? fault.mode : 'none'
    switch (mode) {
      case 'refuse':
        request.socket.destroy()
        return
      case 'hang':
        return
      case 'error': {
        const body = Buffer.from(`Code: ${fault.code}. DB::Exception: injected by the test. (INJECTED_FAULT)\n`)
        send(response, { status: 500, headers: { 'X-ClickHouse-Exception-Code': String(fault.code) }, body })
        return
      }
      case 'drop-after-store':
        await handle(asked)
        request.socket.destroy()
        return
      case 'slow':
        await wait(fault.ms)
        send(response, await handle(asked))
        return
      case 'none':
        send(response, await handle(asked))
    }
  }

  // parameters come in the URL; a ClickHouse server takes 1 MiB of it
  const server = createServer({ maxHeaderSize: 2 ** 20 + 65_536, keepAliveTimeout: 10_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
      request.socket.destroy()
    })
  })
  return { server, setFault }
}

/** Listens on the loopback interface; resolves with the port. */
export const listenLocally = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('the system gave no port'))
      else resolve(address.port)
    })
  })
