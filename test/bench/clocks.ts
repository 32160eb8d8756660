import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import { createAnswerReader } from '../../services/api/as-of.ts'
import { clocksIn, createSlaBooks } from '../../services/api/sla/book.ts'
import { stateAt } from '../../services/domain/sla/clock.ts'
import { projectStep, writeProgress } from '../../services/projector/step.ts'
import { migrate } from '../../services/store/migrate.ts'
import { openTestStore } from '../support/clickhouse.ts'
import { diceOf } from '../support/dice.ts'
import { event, TENANT, topicOf } from '../support/event.ts'
import { landAll } from '../support/fact-rows.ts'
import { type BenchOptions, type BenchResult, median, peakRssMb, rounded, say, timed } from './report.ts'

const RUNNING = 100_000
const QUICK_RUNNING = 6_000
/** Accept or reject, first touch, cadence. */
const CLOCKS_OF_A_LEAD = 3
const EVENTS_A_SECOND = 10
const REFRESH_SECONDS = 10
const OWNERS = 50
/** A Tuesday; leads came in over the two hours before. */
const NOW = Date.UTC(2026, 9, 13, 12)

const told = (events: readonly AccordEvent[], appendedAt: (event: AccordEvent) => number, first: number) =>
  events.map((said, i) => ({ event: said, appended_at: appendedAt(said), topic: topicOf(said.type), partition: 0, offset: first + i }))

const lead = (i: number, at: number): AccordEvent[] => [
  event('lead-created', { event_id: `c${i}`, occurred_at: at, person_id: `p${i}`, lead_source: 'website' }),
  event('lead-stage-changed', { event_id: `q${i}`, occurred_at: at + 1_000_000, person_id: `p${i}`, stage: 'mql' }),
  event('lead-assigned', {
    event_id: `a${i}`,
    occurred_at: at + 60_000_000,
    person_id: `p${i}`,
    owner_id: `sdr-${i % OWNERS}`,
    handoff: 'marketing-sdr',
  }),
]

/**
 * So many running clocks while ten things a second happen to their leads: every ten seconds the clocks are brought up to date and the open ones looked at. `ours` is the
 * share of one core that this takes, engine and all; landing and projecting, which happen anyway, are not in it.
 */
export const clocks = async ({ rows: wanted, quick, rounds }: BenchOptions): Promise<BenchResult> => {
  const running = wanted ?? (quick ? QUICK_RUNNING : RUNNING)
  const leads = Math.ceil(running / CLOCKS_OF_A_LEAD)
  const dice = diceOf(7)
  const { store, close } = await openTestStore()
  await migrate(store)
  const members = Array.from({ length: OWNERS }, (_, i) =>
    event('member-changed', {
      event_id: `m${i}`,
      occurred_at: (NOW - 86_400_000) * 1000,
      member_id: `sdr-${i}`,
      function: 'sales',
      role: 'sdr',
      team: 'sales',
      zone: i % 2 === 0 ? 'Europe/Berlin' : 'UTC',
    }),
  )
  say(`landing ${leads} leads`)
  let offset = 0
  const land = async (events: readonly AccordEvent[], at: (event: AccordEvent) => number): Promise<void> => {
    await landAll(store, told(events, at, offset))
    offset += events.length
  }
  await land(members, said => said.occurred_at / 1000)
  for (let done = 0; done < leads; done += 5_000) {
    const some = Array.from({ length: Math.min(5_000, leads - done) }, (_, i) =>
      lead(done + i, (NOW - 7_200_000) * 1000 + dice.between(0, 7_000_000) * 1000),
    )
    await land(some.flat(), said => Math.floor(said.occurred_at / 1000))
  }
  say('projecting them')
  await projectStep(store, 0, NOW)
  await writeProgress(store, 'projected_to', NOW)

  const reader = createAnswerReader({ store })
  const books = createSlaBooks({ store })
  const look = (): Promise<{ readonly running: number }> =>
    reader.read(TENANT, {}, async context => {
      const book = await books.of(context)
      const at = context.observedTo * 1000
      return { running: clocksIn(book).filter(clock => stateAt(clock, at, book.excused) === 'running').length }
    })
  const first = await timed(look)
  say(`${first.running} clocks run; read whole in ${first.seconds.toFixed(1)} s`)
  const idle = await timed(look)
  say(`nothing happened: ${(idle.cpuSeconds * 1000).toFixed(0)} ms of processor time`)

  const shares: number[] = []
  let now = NOW
  for (let round = 1; round <= rounds * 4; round++) {
    const events = Array.from({ length: EVENTS_A_SECOND * REFRESH_SECONDS }, (_, i): AccordEvent => {
      const person = dice.between(0, leads - 1)
      const at = (now + i * (1000 / EVENTS_A_SECOND)) * 1000 + 1
      return dice.chance(50)
        ? event('touch-recorded', {
            event_id: `t${round}-${i}`,
            occurred_at: at,
            subject: `person:p${person}`,
            touch_type: 'call_attempt',
            channel: 'phone',
            direction: 'outbound',
            team: 'sales',
            member_id: `sdr-${person % OWNERS}`,
          })
        : event('lead-accepted', {
            event_id: `y${round}-${i}`,
            occurred_at: at,
            person_id: `p${person}`,
            owner_id: `sdr-${person % OWNERS}`,
            handoff: 'marketing-sdr',
          })
    })
    await land(events, said => Math.floor(said.occurred_at / 1000) + 1)
    await projectStep(store, now, now + REFRESH_SECONDS * 1000)
    now += REFRESH_SECONDS * 1000
    await writeProgress(store, 'projected_to', now)
    const { cpuSeconds, seconds } = await timed(look)
    // the first one still warms up
    if (round === 1) continue
    shares.push(cpuSeconds / REFRESH_SECONDS)
    say(
      `refresh ${round}: ${events.length} events, ${(cpuSeconds * 1000).toFixed(0)} ms of processor time in ${(seconds * 1000).toFixed(0)} ms`,
    )
  }
  await close()
  const share = median(shares)
  say(`kept current with ${(share * 100).toFixed(1)} % of one core (goal: below 10 %)`)
  return {
    bench: 'clocks',
    ours: rounded(share),
    peer: null,
    theirs: null,
    ratio: null,
    unit: 'share of one core',
    rows: first.running,
    rss_mb: peakRssMb(),
  }
}
