import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Codec } from '../log/codec.ts'
import type { EventLog, TopicPartition } from '../log/port.ts'
import type { TopicNames } from '../log/topics.ts'
import type { Store } from '../store/port.ts'
import { isOutage } from './backoff.ts'
import { writeDeadLetters } from './dead-letters.ts'
import { lettersOf } from './exclusion-letters.ts'
import { eraseAgain } from './late-profiles.ts'
import { createLander, type LandedBatch } from './lander.ts'
import { mergeExactEmails } from './merge-emails.ts'
import { purgeErased } from './purge-erased.ts'
import { newStepMemory } from './standing.ts'
import { projectStep, readProgress, writeProgress } from './step.ts'
import { type Ends, endsOf, readLanded, watermarkOf } from './watermark.ts'

export type ProjectorOptions = {
  readonly log: EventLog
  readonly store: Store
  readonly codec: Codec
  readonly topics: TopicNames
  readonly group?: string
  readonly logger: Logger
  readonly now?: () => number
  /** How far this machine's clock may be ahead of the log's (ms). */
  readonly clockSkewMs?: number
  readonly metrics?: ProjectorMetrics
}

export type ProjectorMetrics = {
  readonly landed: (batch: LandedBatch) => void
  readonly stepped: (step: { readonly ms: number; readonly watermark: number }) => void
  readonly waited: () => void
}

export type ProjectorStatus = {
  readonly state: 'starting' | 'running' | 'waiting' | 'stopped' | 'failed'
  /** Does this instance project, besides landing? */
  readonly projects: boolean
  /** ms */
  readonly watermark: number
  readonly projectedTo: number
  readonly failure: string | null
}

export type Projector = {
  readonly start: () => Promise<void>
  /** Lands what is queued, finishes the step, commits, leaves the group. */
  readonly stop: () => Promise<void>
  readonly status: () => ProjectorStatus
  /** Runs `work` on the projecting side with no step under way (rebuild, verify). Rejects where this instance does not project. */
  readonly exclusively: <T>(work: (marks: { readonly projectedTo: number }) => Promise<T>) => Promise<T>
  /** Rejects when the projector cannot go on; otherwise resolves at `stop`. */
  readonly failed: Promise<never>
}

/** How soon to look again: after a step more has mostly come; with nothing new a look costs a few milliseconds of work. */
const BUSY_TURN_MS = 20
const IDLE_TURN_MS = 100
/** With nothing new, the mark moves this often: fresh enough, and few rows. */
const IDLE_MARK_MS = 1_000
/** Ends of the partitions are asked for this often, and remembered for this long. */
const ASK_MS = 100
const ASKED_FOR_MS = 10_000
/** Erased profiles leave the store's files this often. */
const PURGE_MS = 3_600_000

export const projectorGroup = 'accord-projector'

/** Lands and projects (design D2). All instances land; the one that owns partition 0 of the definitions topic projects. */
export const createProjector = ({ log, store, codec, topics, logger, ...options }: ProjectorOptions): Projector => {
  const { now = Date.now, clockSkewMs = 50, group = projectorGroup, metrics } = options
  const records = [topics.leads, topics.deals, topics.touches, topics.campaigns, topics.definitions]
  let state: ProjectorStatus['state'] = 'starting'
  let failure: string | null = null
  let projects = false
  let watermark = 0
  let projectedTo = 0
  let memory = newStepMemory()
  let stopping = false
  let busy: Promise<unknown> = Promise.resolve()
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined)

  const onFailure = (error: unknown): void => {
    state = 'failed'
    failure = error instanceof Error ? error.message : String(error)
    stopping = true
    logger.fatal({ err: error }, 'the projector cannot go on')
    fail(error)
  }

  const decides = ({ topic, partition }: TopicPartition): boolean => topic === topics.definitions && partition === 0

  const lander = createLander({
    log,
    store,
    codec,
    group,
    logger,
    now,
    topics: [...records, topics.persons],
    personsTopic: topics.persons,
    deadLettersTopic: topics.deadLetters,
    onFailure,
    onAssigned: assigned => {
      if (assigned.some(decides)) projects = true
    },
    onRevoked: revoked => {
      if (revoked.some(decides)) projects = false
    },
    ...(metrics === undefined ? {} : { onLanded: metrics.landed }),
  })

  /** In turn with `exclusively`: one at a time on the projecting side. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = busy.then(work, work)
    busy = turn.catch(() => undefined)
    return turn
  }

  const asked: Ends[] = []
  const ask = async (): Promise<void> => {
    const at = now()
    asked.push(endsOf(at, await log.ends(records)))
    asked.sort((a, b) => a.at - b.at)
    while ((asked[0]?.at ?? at) < at - ASKED_FOR_MS) asked.shift()
  }
  /** Also while a step is under way: landing reaches these ends meanwhile. */
  const keepAsking = async (): Promise<void> => {
    while (!stopping) {
      // an outage is told by the next look
      if (projects) await ask().catch(() => undefined)
      await wait(ASK_MS)
    }
  }

  /** How far a step could go, and the newest append time that has landed: nothing later has to be projected. */
  const look = async (): Promise<{ readonly watermark: number; readonly newest: number }> => {
    await ask()
    const landed = await readLanded(store)
    return {
      watermark: watermarkOf({ asked, landed, clockSkewMs }),
      newest: landed.reduce((latest, { appendedAt }) => Math.max(latest, appendedAt), 0),
    }
  }

  /** One step with what follows from it, but for the mark: a kill in between repeats it, and what is said twice counts once. False when there was nothing. */
  const step = async (from: number, to: number): Promise<boolean> => {
    const { projected, letters, whole, identified } = await projectStep(store, from, to, memory)
    if (letters.length > 0) await writeDeadLetters({ log, codec, topic: topics.deadLetters, now }, await lettersOf(store, codec, letters))
    await eraseAgain({ log, topic: topics.persons }, letters)
    if (projected) await mergeExactEmails({ log, store, codec, topics, from, to, whole, identified, now })
    return projected
  }

  /** Projects what there is to project; true when something was. */
  const turn = async (): Promise<boolean> => {
    const seen = await look()
    watermark = Math.max(watermark, seen.watermark)
    // another instance may have projected since this one last did
    if (projectedTo === 0) projectedTo = (await readProgress(store)).projected_to
    const to = watermark
    if (to <= projectedTo) return false
    const idleMark = to - projectedTo >= IDLE_MARK_MS
    if (seen.newest <= projectedTo && !idleMark) return false
    const started = performance.now()
    const worked = await step(projectedTo, to)
    if (!worked && !idleMark) return false
    await writeProgress(store, 'projected_to', to)
    if (worked) metrics?.stepped({ ms: performance.now() - started, watermark: to })
    projectedTo = to
    return worked
  }

  const run = async (): Promise<void> => {
    let waitMs = 100
    let purgedAt = 0
    while (!stopping) {
      try {
        const worked = projects && (await alone(turn))
        if (!projects) projectedTo = 0
        state = 'running'
        if (projects && !worked && now() - purgedAt >= PURGE_MS) {
          await purgeErased(store)
          purgedAt = now()
        }
        waitMs = 100
        await wait(worked ? BUSY_TURN_MS : IDLE_TURN_MS)
      } catch (error) {
        if (stopping) return
        if (!isOutage(error)) throw error
        state = 'waiting'
        metrics?.waited()
        logger.warn({ err: error, waitMs }, 'projecting waits for the store or the log')
        // what was under way may or may not be stored: begin again from what the store says
        projectedTo = 0
        memory = newStepMemory()
        await wait(waitMs)
        waitMs = Math.min(waitMs * 2, 10_000)
      }
    }
  }

  let loop: Promise<void> = Promise.resolve()
  let asking: Promise<void> = Promise.resolve()
  return {
    start: async () => {
      await lander.start()
      loop = run().catch(onFailure)
      asking = keepAsking()
    },
    stop: async () => {
      stopping = true
      await loop
      await asking
      await lander.stop()
      if (state !== 'failed') state = 'stopped'
    },
    status: () => ({ state, projects, watermark, projectedTo, failure }),
    exclusively: work => {
      if (!projects) return Promise.reject(new Error('another instance projects'))
      return alone(async () => {
        try {
          return await work({ projectedTo: (await readProgress(store)).projected_to })
        } finally {
          projectedTo = 0
          memory = newStepMemory()
        }
      })
    },
    failed,
  }
}
