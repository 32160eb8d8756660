import { z } from 'zod'
import { rebuild as rebuildProjections } from '../../projector/rebuild.ts'
import { type StoredLetter, readDeadLetters, redrive } from '../../projector/redrive.ts'
import { verify as verifyProjections } from '../../projector/verify.ts'
import { chosenLetters, type LetterChoice } from '../../api/operations/operator.ts'
import { recomputeAudits } from '../../api/sla/recompute.ts'
import { recordTopics } from '../../log/topics.ts'
import { Refused } from '../control.ts'
import { type Workplace, operation } from './operation.ts'
import type { Projector } from '../../projector/projector.ts'

const projecting = ({ projector, installation }: Workplace): Projector => {
  // a table made like a distributed one would write into the same shards
  if (installation.settings.clickhouseCluster !== null)
    throw new Refused(
      'rebuild and verify work on one ClickHouse server: on a cluster, replay the log into a new database and switch over to it',
    )
  if (projector?.status().projects === true) return projector
  throw new Refused('another instance projects: run this command where it runs, on its data directory')
}

/** Builds projections anew beside the live ones, and swaps them in. */
export const rebuild = operation({
  name: 'rebuild',
  input: z.object({ projection: z.string().nullable().default(null), from: z.enum(['log', 'events', 'facts']).default('facts') }),
  needs: 'projector',
  run: async ({ projection, from }, workplace) => {
    const { installation, progress } = workplace
    const { log, codec, topics, settings } = installation
    const facts =
      from === 'facts'
        ? null
        : from === 'events'
          ? ({ kind: 'events', codec } as const)
          : ({
              kind: 'log',
              log,
              codec,
              topics: [...recordTopics(settings.topicPrefix), topics.persons],
              personsTopic: topics.persons,
            } as const)
    try {
      const { asOf } = await rebuildProjections({
        store: await installation.store(),
        projector: projecting(workplace),
        ...(projection === null ? {} : { projection }),
        ...(facts === null ? {} : { facts }),
        onProgress: ({ step, done, of }) => progress(of > 0 ? `${step} (${done} of ${of})` : `${step}: ${done}`),
      })
      return { rebuilt: projection ?? 'all', from, as_of: new Date(asOf).toISOString() }
    } catch (error) {
      if (error instanceof RangeError) throw new Refused(error.message)
      throw error
    }
  },
})

/** Recomputes everything from scratch and compares; `ok` is false when anything differs. */
export const verify = operation({
  name: 'verify',
  input: z.null().optional(),
  needs: 'projector',
  run: async (_input, workplace) => {
    const store = await workplace.installation.store()
    const say = ({ check, ok, detail }: { readonly check: string; readonly ok: boolean; readonly detail: string }): void =>
      workplace.progress(`${ok ? 'ok      ' : 'DIFFERS '} ${check}: ${detail}`)
    const findings = [...(await verifyProjections(store, projecting(workplace), say))]
    const audits = await recomputeAudits(store)
    if (audits.length > 0) {
      const others = audits.filter(({ isSame }) => !isSame).map(({ audit }) => audit)
      // what is signed stays as it is: another version of the code may compute something else, which is no damage
      const finding = {
        check: 'signed audits computed anew',
        ok: true,
        detail:
          others.length === 0
            ? `${audits.length}, each the same bytes`
            : `today's code computes others than were signed of ${others.join(', ')}`,
      }
      say(finding)
      findings.push(finding)
    }
    return { ok: findings.every(finding => finding.ok), findings }
  },
})

const Letters = z.object({
  ids: z.array(z.string()).default([]),
  reason: z.string().nullable().default(null),
  all: z.boolean().default(false),
})

const lettersOf = ({ installation: { log, codec, topics } }: Workplace): Promise<readonly StoredLetter[]> =>
  readDeadLetters(log, codec, topics.deadLetters)

const chosen = async (workplace: Workplace, choice: LetterChoice): Promise<readonly StoredLetter[]> => {
  const found = chosenLetters(await lettersOf(workplace), choice)
  if (found.missing.length > 0) throw new Refused(`there is no dead letter ${found.missing.join(', ')}`)
  return found.chosen
}

const summary = (letter: StoredLetter) => ({
  id: letter.event_id,
  tenant: letter.tenant,
  reason_code: letter.reason_code,
  reason: letter.reason,
  path: letter.path,
  type: letter.event_type,
  event_id: letter.origin_event_id,
  schema_id: letter.schema_id,
  topic: letter.origin_topic,
  partition: letter.origin_partition,
  offset: String(letter.origin_offset),
  redriven_at: letter.redriven_at === null ? null : new Date(letter.redriven_at / 1_000).toISOString(),
})

export const listDeadLetters = operation({
  name: 'dead-letters-list',
  input: z.object({ limit: z.int().min(1).default(100) }),
  needs: 'log',
  run: async ({ limit }, workplace) => {
    const letters = await lettersOf(workplace)
    return { total: letters.length, letters: letters.slice(-limit).map(summary) }
  },
})

export const showDeadLetter = operation({
  name: 'dead-letters-show',
  input: z.object({ id: z.string() }),
  needs: 'log',
  run: async ({ id }, workplace) => {
    const [letter] = await chosen(workplace, { ids: [id], reason: null, all: false })
    if (letter === undefined) throw new Refused(`there is no dead letter ${id}`)
    return { ...summary(letter), key: letter.origin_key, payload_base64: Buffer.from(letter.payload).toString('base64') }
  },
})

/** Back into the log; what was counted meanwhile counts once, and what still cannot be read stays a letter. */
export const redriveDeadLetters = operation({
  name: 'dead-letters-redrive',
  input: Letters,
  needs: 'log',
  run: async (choice, workplace) => {
    if (!choice.all && choice.ids.length === 0 && choice.reason === null)
      throw new Refused('expected ids of letters, --reason <code> or --all')
    const { log, codec, topics } = workplace.installation
    return redrive({ log, codec, topics, now: Date.now }, await chosen(workplace, choice))
  },
})
