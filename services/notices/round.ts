import { z } from 'zod'
import { NoticeRules } from '../domain/definitions/notice-rules.ts'
import type { Addresses, TenantAddresses } from './addresses.ts'
import { type Ask, CAUSES, escalationsOf, LOOK_BACK_MS, type Looking, membersSeen, SLOW } from './causes.ts'
import { type Cause, type Notice, noticeIdOf } from './notice.ts'
import { createBook, type Target } from './recipients.ts'
import { waitAfter } from './timing.ts'

/** What a round writes into the log. */
export type NoticeEvent = {
  readonly type: 'notice-sent' | 'sla-escalated'
  readonly event_id: string
  readonly occurred_at: string
  readonly data: Readonly<Record<string, unknown>>
}

export type RoundOptions = {
  readonly tenant: string
  readonly addresses: TenantAddresses
  readonly baseUrl: string
  readonly smtp: Addresses['smtp']
  readonly ask: Ask
  /** Writes into the log; rejects when it could not. */
  readonly say: (events: readonly NoticeEvent[]) => Promise<void>
  readonly now: () => number
  /** Told of what went wrong with one rule or one recipient; the others go on. */
  readonly onProblem: (what: string, error: unknown) => void
}

type State = { readonly attempts: number; readonly lastAt: number; readonly isDone: boolean }
type Pending = { readonly notice: Notice; readonly target: Target; readonly isUrgent: boolean }

const Log = z.object({
  rows: z.array(
    z.object({ notice_id: z.string(), attempt: z.number(), outcome: z.enum(['delivered', 'failed', 'given-up']), at: z.string() }),
  ),
  cursor: z.string().nullable(),
})
const Rules = z.object({
  in_force: z.string().nullable(),
  versions: z.array(z.object({ name: z.string(), document: z.record(z.string(), z.unknown()) })),
})
const Session = z.object({ zone: z.string(), currency: z.string() })
const HOUR = 3_600_000

/**
 * Looks what there is to be told to the people of one tenant, and tells it. Each notice has the id of its cause and recipient: what the log says was delivered or given up is never
 * sent again, what failed is tried again, each time after twice the wait. A kill between a delivery and its record repeats that delivery, under the same id. One process may run it.
 */
export const createRounds = ({
  tenant,
  addresses,
  baseUrl,
  smtp,
  ask,
  say,
  now,
  onProblem,
}: RoundOptions): { readonly run: () => Promise<void> } => {
  const startedAt = now()
  let states: Map<string, State> | null = null
  /** Without any record nothing was ever sent: then what is older than this process is no news. */
  let since = startedAt
  const pending = new Map<string, Pending>()
  const escalated = new Set<string>()
  const lookedAt = new Map<string, number>()
  const unsaid: NoticeEvent[] = []

  const load = async (): Promise<Map<string, State>> => {
    const found = new Map<string, State>()
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: z.infer<typeof Log> = Log.parse(await ask(`/v1/notices?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`))
      for (const { notice_id: id, attempt, outcome, at } of page.rows) {
        const known = found.get(id)
        if (known === undefined || known.attempts < attempt)
          found.set(id, { attempts: attempt, lastAt: Date.parse(at), isDone: outcome !== 'failed' || known?.isDone === true })
      }
      cursor = page.cursor
    }
    if (found.size > 0) since = startedAt - LOOK_BACK_MS
    return found
  }

  const flush = async (): Promise<void> => {
    if (unsaid.length === 0) return
    const events = unsaid.slice(0, 500)
    await say(events)
    unsaid.splice(0, events.length)
  }

  const causesOf = async (
    rule: NoticeRules['rules'][number],
    looking: Looking,
    members: Awaited<ReturnType<typeof membersSeen>>,
  ): Promise<readonly Cause[]> => {
    if (SLOW.has(rule.cause) && now() - (lookedAt.get(rule.id) ?? Number.NEGATIVE_INFINITY) < HOUR) return []
    const found = await CAUSES[rule.cause](rule, looking, members)
    lookedAt.set(rule.id, now())
    // a campaign's day has no hour: what began today is news all day
    return found.filter(
      ({ at, cause }) =>
        cause === 'definition-waiting' ||
        at >= Math.max(since - (cause === 'campaign-live' ? 24 * HOUR : 0), now() - LOOK_BACK_MS - 24 * HOUR),
    )
  }

  const deliver = async (id: string, { notice, target, isUrgent }: Pending, known: Map<string, State>, most: number): Promise<void> => {
    const { attempts, lastAt, isDone } = known.get(id) ?? { attempts: 0, lastAt: 0, isDone: false }
    const at = now()
    if (isDone) {
      pending.delete(id)
      return
    }
    if ((attempts > 0 && at < lastAt + waitAfter(attempts)) || (!isUrgent && target.isQuietAt(at))) return
    const attempt = attempts + 1
    const error = await target.send(notice, at).then(
      () => null,
      (cause: unknown) => (cause instanceof Error ? cause.message : 'failed'),
    )
    const outcome = error === null ? 'delivered' : attempt >= most ? 'given-up' : 'failed'
    if (error !== null) onProblem(`${notice.rule} to ${target.recipient}, attempt ${attempt}`, error)
    known.set(id, { attempts: attempt, lastAt: at, isDone: outcome !== 'failed' })
    if (outcome !== 'failed') pending.delete(id)
    unsaid.push({
      type: 'notice-sent',
      event_id: `${id}.${attempt}`,
      occurred_at: new Date(at).toISOString(),
      data: {
        notice_id: id,
        cause_id: notice.cause.causeId,
        rule: notice.rule,
        channel: target.channel,
        recipient: target.recipient,
        attempt,
        outcome,
        error: (error ?? '').slice(0, 300),
      },
    })
    await flush()
  }

  /** What M52 counts: that a breached clock has reached a step of its policy. */
  const recordEscalations = async (looking: Looking, members: Awaited<ReturnType<typeof membersSeen>>): Promise<void> => {
    for (const { clock, level, to, at } of await escalationsOf(looking)) {
      const id = `escalated.${clock.id}.${Date.parse(clock.due_at).toString(36)}.${level}`.slice(-128)
      if (escalated.has(id) || at < since) continue
      escalated.add(id)
      const manager = members.find(({ member_id }) => member_id === clock.owner)?.manager_id ?? ''
      unsaid.push({
        type: 'sla-escalated',
        event_id: id,
        occurred_at: new Date(now()).toISOString(),
        data: {
          clock_id: clock.id,
          policy: clock.policy,
          handoff: clock.handoff,
          step: clock.step,
          person_id: clock.person.replace(/^person:/, ''),
          lead_id: clock.lead,
          level,
          to_member_id: to === 'owner' ? clock.owner : to === 'manager' ? manager : '',
          owner_id: clock.owner,
          due_at: clock.due_at,
        },
      })
    }
    await flush()
  }

  return {
    run: async () => {
      await flush()
      states ??= await load()
      const known = states
      const [{ zone, currency }, found, members] = [
        Session.parse(await ask('/v1/session')),
        Rules.parse(await ask('/v1/definitions/notice-rules')),
        await membersSeen(ask),
      ]
      const inForce = found.versions.find(({ name }) => name === found.in_force)
      if (inForce === undefined) return
      const { rules, quiet_hours, attempts } = NoticeRules.parse(inForce.document)
      const looking = { ask, now: now(), zone, currency }
      const book = createBook(addresses, smtp, members, zone)
      for (const rule of rules) {
        try {
          for (const cause of await causesOf(rule, looking, members)) {
            const { targets, missing } = book.targetsOf(rule.to, cause, quiet_hours)
            if (missing.length > 0) onProblem(`${rule.id}: no address of ${missing.join(', ')}`, null)
            for (const target of targets) {
              const noticeId = noticeIdOf(tenant, cause.causeId, target.recipient)
              if (known.get(noticeId)?.isDone === true || pending.has(noticeId)) continue
              const link = new URL(cause.path, baseUrl).href
              pending.set(noticeId, {
                notice: { noticeId, tenant, rule: `${rule.id}@${inForce.name.split('@')[1] ?? ''}`, cause, link },
                target,
                isUrgent: rule.urgent,
              })
            }
          }
        } catch (error) {
          onProblem(`rule ${rule.id}`, error)
        }
      }
      for (const [id, one] of pending) await deliver(id, one, known, attempts)
      await recordEscalations(looking, members)
    },
  }
}
