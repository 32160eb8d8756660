import { setTimeout as wait } from 'node:timers/promises'
import { type Access, createAccess } from '../../services/access/access.ts'
import type { Caller, Scope } from '../../services/access/caller.ts'
import { createSecrets, newSecretFile } from '../../services/access/secrets.ts'
import { createIntake, type Intake, type Taken } from '../../services/collector/intake.ts'
import type { Pipeline } from './pipeline.ts'

export type Collector = {
  readonly access: Access
  readonly intake: Intake
  /** Whoever has a new key of these scopes. */
  readonly caller: (scopes: readonly Scope[]) => Promise<Caller>
  /** Sends until it is taken; refused events are an error. Resolves with the greatest append time. */
  readonly send: (events: readonly unknown[], caller: Caller) => Promise<number>
  readonly close: () => Promise<void>
}

/** The collector's one door on a pipeline's log, with the tenant acme. */
export const openCollector = async ({ log, codec, topics }: Pipeline): Promise<Collector> => {
  const secrets = createSecrets(newSecretFile())
  const access = await createAccess({ log, codec, secrets, topics, now: Date.now })
  const created = await access.createTenant('acme', 'Acme', 'key:test')
  if (!created.ok) throw new Error(created.error.message)
  const intake = createIntake({ log, codec, access, secrets, topics, now: Date.now })
  const sendBatch = async (events: readonly unknown[], caller: Caller): Promise<Taken> => {
    for (;;) {
      const taken = await intake.take(events, caller)
      if (taken.outcome !== 'taken') {
        await wait(100)
        continue
      }
      const [problem] = taken.rejected
      if (problem !== undefined) throw new Error(`refused: ${JSON.stringify(problem)}: ${JSON.stringify(events[problem.index])}`)
      return taken
    }
  }
  return {
    access,
    intake,
    caller: async scopes => {
      const made = await access.createKey({ tenant: 'acme', name: 'test', scopes, actor: 'key:test' })
      if (!made.ok) throw new Error(made.error.message)
      const caller = await access.authenticate(made.value.text)
      if (caller === null) throw new Error('the new key opens nothing')
      return caller
    },
    send: async (events, caller) => {
      let appendedAt = 0
      for (let start = 0; start < events.length; start += 500) {
        const taken = await sendBatch(events.slice(start, start + 500), caller)
        appendedAt = Math.max(appendedAt, taken.appendedAt ?? 0)
      }
      return appendedAt
    },
    close: () => access.close(),
  }
}
