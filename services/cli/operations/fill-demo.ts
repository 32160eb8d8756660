import { setTimeout as wait } from 'node:timers/promises'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Access } from '../../access/access.ts'
import type { Caller } from '../../access/caller.ts'
import type { Intake } from '../../collector/intake.ts'
import { DEFAULT_SEED, demoDays } from '../../demo/company.ts'
import { isoDate } from '../../demo/calendar.ts'
import type { InputEvent } from '../../demo/world.ts'
import { Refused } from '../control.ts'
import { DEFAULT_TENANT, type Workplace, operation } from './operation.ts'
import { untilShown } from './until-shown.ts'

const DemoInput = z.object({
  tenant: z.string().default(DEFAULT_TENANT),
  seed: z.int().default(DEFAULT_SEED),
  scale: z.int().min(1).max(100).default(1),
  until: z.iso.date().optional(),
})

/** So that the running quarter is alive. */
export const yesterday = (): string => isoDate(Date.now() - 86_400_000)

const BATCH = 1_000
/** About what scale 1 gives; only for the percentage that is shown. */
const EVENTS_AT_SCALE_1 = 346_000
const ACTOR = 'key:demo'

/** What was begun, so that a fill that was cut off is ended with the same company: its events count once. */
const Begun = z.object({ seed: z.int(), scale: z.int(), until: z.string() })
const begunFile = (dataDir: string): string => join(dataDir, 'demo.json')

export const readBegun = (dataDir: string): z.infer<typeof Begun> | null => {
  try {
    return Begun.parse(JSON.parse(readFileSync(begunFile(dataDir), 'utf8')))
  } catch {
    return null
  }
}

const writeBegun = (dataDir: string, begun: z.infer<typeof Begun>): void => {
  writeFileSync(`${begunFile(dataDir)}.new`, `${JSON.stringify(begun)}\n`)
  renameSync(`${begunFile(dataDir)}.new`, begunFile(dataDir))
}

/** The demo company, through the collector's checks on a backfill credential, up to `tenant-went-live` and until it shows in the figures. */
export const fillDemo = operation({
  name: 'demo',
  input: DemoInput,
  needs: 'figures',
  run: async ({ tenant, seed, scale, until = yesterday() }, workplace) => {
    const { installation, progress } = workplace
    const access = await installation.access()
    if (access.backfillOf(tenant) === 'live')
      throw new Refused(`${tenant} is live already: the demo company needs a tenant of its own (--tenant), or an empty data directory`)
    if (until > isoDate(Date.now() - 1)) throw new Refused(`--until: expected a day that is over, got ${until}`)
    const begun = { seed, scale, until }
    writeBegun(installation.settings.dataDir, begun)
    const created = await access.createTenant(tenant, 'Demo company', ACTOR)
    if (!created.ok) throw new Refused(created.error.message)
    const { caller, revoke } = await backfiller(access, tenant)
    const started = performance.now()
    const events = await takeDays(demoDays(begun), caller, await installation.intake(), workplace, EVENTS_AT_SCALE_1 * scale)
    await revoke()
    const seconds = (performance.now() - started) / 1_000
    progress(`demo company: ${events} events in ${seconds.toFixed(1)} s; computing the figures`)
    const live = await access.goLive(tenant, { actor: ACTOR, note: `demo company, seed ${seed}, scale ${scale}, until ${until}` })
    if (!live.ok) throw new Refused(live.error.message)
    await untilShown(live.value, workplace)
    return { tenant, events, seed, scale, until, seconds: Math.round((performance.now() - started) / 100) / 10 }
  },
})

/** A credential made for this one backfill. */
const backfiller = async (access: Access, tenant: string): Promise<{ readonly caller: Caller; readonly revoke: () => Promise<void> }> => {
  const key = await access.createKey({ tenant, name: 'demo', scopes: ['backfill'], actor: ACTOR })
  if (!key.ok) throw new Refused(key.error.message)
  const caller = await access.authenticate(key.value.text)
  if (caller === null) throw new Error('a key that was just made does not open')
  return { caller, revoke: async () => void (await access.revokeKey(tenant, key.value.keyId, 'the demo company is complete', ACTOR)) }
}

const takeDays = async (
  days: Iterable<readonly InputEvent[]>,
  caller: Caller,
  intake: Intake,
  { progress, signal }: Workplace,
  expected: number,
): Promise<number> => {
  let taken = 0
  let told = performance.now()
  let batch: InputEvent[] = []
  const send = async (): Promise<void> => {
    for (;;) {
      signal.throwIfAborted()
      const answer = await intake.take(batch, caller)
      if (answer.outcome !== 'taken') {
        await wait(answer.retryAfterSeconds * 1_000, null, { signal })
        continue
      }
      const [refused] = answer.rejected
      if (refused !== undefined)
        throw new Error(`the demo company's ${batch[refused.index]?.type ?? 'event'} was refused: ${refused.path} ${refused.message}`)
      taken += answer.accepted
      batch = []
      return
    }
  }
  for (const events of days) {
    batch.push(...events)
    if (batch.length >= BATCH) await send()
    if (performance.now() - told > 1_000) {
      told = performance.now()
      progress(`demo company: ${taken} events, ${Math.min(99, Math.round((100 * taken) / expected))} %`)
    }
  }
  await send()
  return taken
}
