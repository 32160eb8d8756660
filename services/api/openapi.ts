import { readFile, writeFile } from 'node:fs/promises'
import pino from 'pino'
import { createHttpApp } from '../http/app.ts'
import { StoreError, type Store } from '../store/port.ts'
import { createApi } from './api.ts'
import { registerOpenApi } from './openapi-plugin.ts'
import type { Operator } from './operations/operator.ts'

const FILE = new URL('../../schemas/api/openapi.json', import.meta.url)

const nothing = (): never => {
  throw new StoreError('STORE_UNAVAILABLE', 'there is no store behind a description')
}
const noStore: Store = { read: nothing, stream: nothing, write: nothing, append: nothing, ping: nothing, close: nothing }

/** Where there is neither log nor keys: the routes are there, and answer nothing. */
export const noOperator: Operator = {
  access: { keys: nothing, createKey: nothing, revokeKey: nothing, member: nothing },
  letters: { read: nothing, redrive: nothing },
  pseudonym: nothing,
}

/** The OpenAPI document of the API's routes, as text that is the same every time. */
export const openApiText = async (): Promise<string> => {
  const app = await createHttpApp({ access: { authenticate: async () => null }, logger: pino({ level: 'silent' }) })
  try {
    await registerOpenApi(app)
    const registry = { listSubjects: () => [], versions: () => undefined, bySubjectVersion: () => undefined, byId: () => undefined }
    await app.register(createApi({ store: noStore, registry, tokenKey: nothing, now: () => 0, operator: noOperator }))
    await app.ready()
    return `${JSON.stringify(app.swagger(), null, 2)}\n`
  } finally {
    await app.close()
  }
}

const main = async (mode: string | undefined): Promise<number> => {
  if (mode === '--write') {
    await writeFile(FILE, await openApiText())
    return 0
  }
  if (mode !== '--check') {
    console.error('usage: openapi.ts --write | --check')
    return 2
  }
  const committed = await readFile(FILE, 'utf8').catch(() => '')
  if (committed === (await openApiText())) return 0
  console.error('schemas/api/openapi.json is not what the routes say: run openapi.ts --write and look at the difference')
  return 1
}

if (import.meta.main) process.exitCode = await main(process.argv[2])
