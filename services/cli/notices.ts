import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { createApi } from '../api/api.ts'
import type { Caller } from '../access/caller.ts'
import { createHttpApp } from '../http/app.ts'
import { createOwnRegistry } from '../log/registry.ts'
import { Addresses } from '../notices/addresses.ts'
import { createRounds, type RoundOptions } from '../notices/round.ts'
import { Refused } from './control.ts'
import type { Installation } from './installation.ts'
import { explainKey } from './surface.ts'

const EVERY_MS = 30_000
/** Until a process that starts has projected what it found. */
const FIRST_MS = 5_000

/** The addresses of a file; `Refused` with every wrong field, never with what stands in it: secrets do. */
export const readAddresses = (file: string): Addresses => {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    throw new Refused(`ACCORD_NOTICES_FILE: expected a JSON file at ${file}`)
  }
  const read = Addresses.safeParse(content)
  if (read.success) return read.data
  const wrong = read.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
  throw new Refused(`ACCORD_NOTICES_FILE: ${wrong.join('; ')}`)
}

/** Looks every half minute and tells, until `signal`. What goes wrong is logged and tried again; figures are read through an API of its own, which nobody else can reach. */
export const runNotices = async (installation: Installation, addresses: Addresses, signal: AbortSignal): Promise<void> => {
  const { logger } = installation
  const [store, intake] = [await installation.store(), await installation.intake()]
  const callers = new Map(
    Object.keys(addresses.tenants).map(tenant => {
      const caller: Caller = { tenant, actor: 'key:notices', keyName: 'accord', scopes: ['read', 'admin'], member: null }
      return [randomBytes(24).toString('base64url'), caller] as const
    }),
  )
  const app = await createHttpApp({
    access: { authenticate: async bearer => callers.get(bearer) ?? null },
    logger,
    limits: { requestsPerMinute: 100_000 },
  })
  await app.register(
    createApi({
      store,
      registry: createOwnRegistry(),
      tokenKey: tenant => explainKey(installation, tenant),
      now: Date.now,
      fitLimits: installation.settings.fitLimits,
      door: intake,
    }),
  )
  await app.ready()
  const rounds = [...callers].map(([bearer, caller]) => {
    const options: RoundOptions = {
      tenant: caller.tenant,
      addresses: addresses.tenants[caller.tenant] ?? { webhooks: {}, teams: {}, members: {} },
      baseUrl: addresses.base_url,
      smtp: addresses.smtp,
      now: Date.now,
      ask: async path => {
        const answered = await app.inject({ url: path, headers: { authorization: `Bearer ${bearer}` } })
        if (answered.statusCode !== 200) throw new Error(`${path.split('?')[0] ?? path} answered ${answered.statusCode}`)
        return answered.json()
      },
      say: async events => {
        const taken = await intake.take(events, caller)
        if (taken.outcome !== 'taken') throw new Error('the log does not take the record of notices')
        for (const { path, message } of taken.rejected) logger.error({ path, message }, 'the record of a notice was refused')
      },
      onProblem: (what, error) => logger.warn({ err: error, tenant: caller.tenant }, `notices: ${what}`),
    }
    return { tenant: caller.tenant, run: createRounds(options).run }
  })
  try {
    await wait(FIRST_MS, undefined, { signal }).catch(() => undefined)
    while (!signal.aborted) {
      for (const { tenant, run } of rounds)
        await run().catch((error: unknown) => logger.warn({ err: error, tenant }, 'notices: the round was broken off'))
      await wait(EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  } finally {
    await app.close()
  }
}
