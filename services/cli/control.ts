import { chmodSync, rmSync } from 'node:fs'
import { type IncomingMessage, createServer, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'

/**
 * The door for commands into a running process: HTTP on a socket in the data directory that only its owner can open. `POST /<operation>` with JSON,
 * answered by lines of JSON: any number of `progress`, then one `result` or `failure`.
 */
const Said = z.union([
  z.strictObject({ progress: z.string() }),
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ failure: z.string(), expected: z.boolean() }),
])

/** Something that was asked for and can't be done: said without a stack, exit code 1. */
export class Refused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Refused'
  }
}

export type Handle = (operation: string, input: unknown, progress: (text: string) => void) => Promise<unknown>
export type ControlServer = { readonly close: () => Promise<void> }

/** The longest path that a Unix socket can have on every system that we know. */
const MAX_PATH = 103

const socketPath = (dataDir: string): string => {
  const path = join(dataDir, 'accord.sock')
  if (Buffer.byteLength(path) > MAX_PATH)
    throw new Refused(`ACCORD_DATA_DIR: expected a path of at most ${MAX_PATH - '/accord.sock'.length} bytes, got ${dataDir}`)
  return path
}

/** Serves until `close`. The caller holds the lock of the directory, so what is left of an older socket may go. */
export const serveControl = async (dataDir: string, handle: Handle): Promise<ControlServer> => {
  const path = socketPath(dataDir)
  rmSync(path, { force: true })
  const server = createServer((incoming, answer) => {
    const say = (line: z.infer<typeof Said>): void => void answer.write(`${JSON.stringify(line)}\n`)
    const run = async (): Promise<void> => {
      const result = await handle((incoming.url ?? '/').slice(1), JSON.parse((await bodyOf(incoming)) || 'null'), progress =>
        say({ progress }),
      )
      say({ result: result ?? null })
    }
    answer.setHeader('content-type', 'application/x-ndjson')
    run()
      .catch((error: unknown) =>
        say({ failure: error instanceof Error ? error.message : String(error), expected: error instanceof Refused }),
      )
      .finally(() => answer.end())
  })
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  } finally {
    process.umask(umask)
  }
  chmodSync(path, 0o600)
  return {
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

const bodyOf = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

export type Asked = { readonly running: false } | { readonly running: true; readonly result: unknown }

/** Asks the process that has the directory; `running: false` when none listens. Rejects with `Refused` or `Error`, as the operation did there. */
export const askRunning = (dataDir: string, operation: string, input: unknown, progress: (text: string) => void): Promise<Asked> =>
  new Promise((resolve, reject) => {
    const asking = request({ socketPath: socketPath(dataDir), path: `/${operation}`, method: 'POST' }, answer => {
      let last: z.infer<typeof Said> | null = null
      const lines = createInterface({ input: answer })
      lines.on('line', line => {
        last = Said.parse(JSON.parse(line))
        if ('progress' in last) progress(last.progress)
      })
      lines.on('close', () => {
        if (last === null || 'progress' in last) reject(new Refused('the running process ended before it was done'))
        else if ('failure' in last) reject(last.expected ? new Refused(last.failure) : new Error(last.failure))
        else resolve({ running: true, result: last.result })
      })
    })
    asking.on('error', error => {
      const gone = 'code' in error && (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
      if (gone) resolve({ running: false })
      else reject(error)
    })
    asking.end(JSON.stringify(input ?? null))
  })
