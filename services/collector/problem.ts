/** Why an event was refused: a closed set, so that producers can act on it. */
export type RefusalCode =
  | 'not_an_event' // no JSON object, or the line is no JSON
  | 'unknown_type'
  | 'unknown_field'
  | 'missing_field'
  | 'wrong_type'
  | 'bad_value' // right type, but not what the field takes
  | 'bad_instant'
  | 'bad_date'
  | 'absurd_date' // a date, but not one that this can have happened on
  | 'bad_currency'
  | 'bad_node'
  | 'bad_event_id'
  | 'too_large'
  | 'personal_data' // would put a person's data where they do not belong
  | 'not_permitted' // the credential may not send this type
  | 'backfill_only' // known_at without a backfill credential
  | 'backfill_closed' // the tenant went live

/** One thing wrong with one event; `path` like `data.amount_minor`, '' for the whole; the message says what was expected. */
export type EventProblem = { readonly code: RefusalCode; readonly path: string; readonly message: string }

/** As answered: `index` is the event's place in the request, from 0 (in NDJSON: its line, from 0). */
export type Rejection = EventProblem & { readonly index: number }

/** What a reader gives back instead of a value. A class, so that no value of an event can be taken for it. */
export class Refusal {
  readonly code: RefusalCode
  readonly message: string
  constructor(code: RefusalCode, message: string) {
    this.code = code
    this.message = message
  }
}
