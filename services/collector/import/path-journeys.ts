import { instantText } from '../instant.ts'
import { type PathRow, valuesOf } from './path-row.ts'

/** As `POST /v1/events` takes it. */
export type InputEvent = {
  readonly type: string
  readonly event_id: string
  readonly occurred_at: string
  readonly source: string
  readonly data: Readonly<Record<string, unknown>>
}

const HOUR_MICROS = 3_600_000_000
const YEAR_SECONDS = 365 * 86_400
/** The files have no dates. Journeys end somewhere in 2024, each row at its own second, so that they never move when imported again. */
const FIRST_END_MICROS = Date.UTC(2024, 0, 1) * 1000

/**
 * The events of one row. Each conversion is a won deal of an account of its own, each null a journey of an account without a deal;
 * touches are an hour apart, the last at the conversion, and the deal is as old as the first of them, so that no lookback cuts one.
 * `content` and `occurrence` (the how-manieth row that says the same) make the ids: the same row again is the same events, a row that
 * stands in the file twice is two.
 */
export function* journeysOf(row: PathRow, content: string, occurrence: number, dataset: string): Generator<InputEvent> {
  const rowId = `${dataset}-${content}-${occurrence}`
  const endMicros = FIRST_END_MICROS + (Number.parseInt(content.slice(0, 8), 16) % YEAR_SECONDS) * 1_000_000
  for (const [index, amount] of valuesOf(row).entries()) yield* journey(row, `${rowId}-c${index}`, endMicros, amount)
  for (let index = 0; index < row.nulls; index += 1) yield* journey(row, `${rowId}-n${index}`, endMicros, null)
}

function* journey({ channels }: PathRow, id: string, endMicros: number, amount: bigint | null): Generator<InputEvent> {
  const event = (type: string, suffix: string, micros: number, data: InputEvent['data']): InputEvent => ({
    type,
    event_id: `paths:${id}:${suffix}`,
    occurred_at: instantText(micros),
    source: 'paths',
    data,
  })
  const touchedAt = (index: number): number => endMicros - (channels.length - 1 - index) * HOUR_MICROS
  const subject = `anonymous:${id}`
  yield event('identity-linked', 'link', touchedAt(0), {
    identity: subject,
    target: `account:${id}`,
    rule: 'import-paths',
    rule_version: '1',
  })
  for (const [index, channel] of channels.entries()) {
    yield event('touch-recorded', `t${index}`, touchedAt(index), { subject, touch_type: 'web_session', channel, direction: 'inbound' })
  }
  if (amount === null) return
  yield event('deal-created', 'deal', touchedAt(0), { deal_id: id, account_id: id, stage: 'open', deal_type: 'new-business' })
  yield event('deal-closed', 'won', endMicros, { deal_id: id, outcome: 'won', amount_minor: String(amount), currency: 'XXX' })
}
