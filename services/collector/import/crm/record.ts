import { currencyExponent } from '../../../domain/money.ts'
import { type CellStyle, dateCell, momentCell, moneyCell, yesOrNo } from '../cells.ts'
import { hashOf } from '../table.ts'
import type { InputEvent } from '../path-journeys.ts'

/** A row that cannot be read, and why. */
export class WrongRow extends Error {
  readonly column: string
  constructor(column: string, reason: string) {
    super(reason)
    this.column = column
  }
}

/** What values of a CRM mean; `undefined`: nobody said so, which is counted and listed. */
export type Meanings = (field: string, value: string) => string | undefined

export type RecordStyle = CellStyle & {
  readonly zone: string
  readonly currency: string
  /** Where records of the CRM are opened in a browser; '' for nowhere. */
  readonly baseUrl: string
  readonly meaning: Meanings
}

/** One row by the names of its columns. */
export type CrmRecord = {
  readonly text: (...columns: readonly string[]) => string
  readonly yes: (column: string) => boolean
  /** Throws `WrongRow` where the cell holds something that is no time; null where all are empty. */
  readonly moment: (...columns: readonly string[]) => string | null
  readonly day: (column: string) => string | null
  readonly minor: (column: string, currency: string) => string | null
  readonly whole: (column: string) => number | null
  readonly style: RecordStyle
}

export const recordOf = (places: ReadonlyMap<string, number>, cells: readonly string[], style: RecordStyle): CrmRecord => {
  const said = (column: string): string => (cells[places.get(column) ?? -1] ?? '').trim()
  const first = (columns: readonly string[]): readonly [string, string] => {
    const column = columns.find(name => said(name) !== '')
    return column === undefined ? ['', ''] : [column, said(column)]
  }
  return {
    style,
    text: (...columns) => first(columns)[1],
    yes: column => yesOrNo(said(column)) === true,
    moment: (...columns) => {
      const [column, text] = first(columns)
      if (column === '') return null
      const moment = momentCell(padded(text), style)
      if (moment === null) throw new WrongRow(column, 'expected a date or a time')
      return moment.occurredAt
    },
    day: column => {
      const text = said(column)
      if (text === '') return null
      const day = dateCell(text.slice(0, 10), style)
      if (day === null) throw new WrongRow(column, 'expected a date')
      return day
    },
    minor: (column, currency) => {
      const text = said(column)
      if (text === '') return null
      const amount = moneyCell(text, currencyExponent(currency) ?? 2, style)
      if (amount === null) throw new WrongRow(column, 'expected an amount')
      return amount.toString()
    },
    whole: column => {
      const amount = said(column) === '' ? null : moneyCell(said(column), 0, style)
      return amount === null || amount < 0n ? null : Number(amount)
    },
  }
}

/** `2021-01-07 6:49:18`: exports leave the zero out. */
const padded = (text: string): string => text.replace(/^(\d{4}-\d{2}-\d{2}[ T])(\d:)/, '$10$2')

/** Only what was said. */
const given = (data: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== '' && value !== null && value !== undefined))

/** An event of a CRM's record. The id tells system, object, record and what happened, so that the same is never counted twice. */
export const crmEvent = (
  system: string,
  type: string,
  key: readonly string[],
  occurredAt: string,
  data: Readonly<Record<string, unknown>>,
): InputEvent => {
  const id = [system, ...key].join(':')
  return {
    type,
    event_id: /^[!-~]{1,128}$/.test(id) ? id : `${system}:${hashOf(key)}`,
    occurred_at: occurredAt,
    source: system,
    data: given(data),
  }
}

/** What a row says as a whole: a record that changed says something else. */
export const contentOf = (data: Readonly<Record<string, unknown>>): string =>
  hashOf(Object.entries(given(data)).toSorted(([a], [b]) => (a < b ? -1 : 1))).slice(0, 16)

/**
 * What a company's lead status means, as `--mapping` says it: `stage:mql`, `accept`, `reject:<class>:<reason>`, `disqualify:<reason>:<sub-reason>`, `recycle:<reason>` or
 * `ignore`. Throws `RangeError` for anything else.
 */
export const leadMeaning = (meaning: string): { readonly type: string; readonly data: Readonly<Record<string, string>> } | null => {
  const [what = '', first = '', second = ''] = meaning.split(':')
  switch (what) {
    case 'ignore':
      return null
    case 'stage':
      return { type: 'lead-stage-changed', data: { stage: first } }
    case 'accept':
      return { type: 'lead-accepted', data: {} }
    case 'reject':
      return { type: 'lead-rejected', data: { reason_class: first, reason: second } }
    case 'disqualify':
      return { type: 'lead-disqualified', data: { reason: first, sub_reason: second } }
    case 'recycle':
      return { type: 'lead-recycled', data: { reason: first } }
    default:
      throw new RangeError(
        `a lead status means stage:<stage>, accept, reject:<class>:<reason>, disqualify:<reason>:<sub-reason>, recycle:<reason> or ignore; got ${meaning}`,
      )
  }
}

/** A country as its two letters; what is written otherwise says nothing that could be counted. */
export const countryOf = (text: string): string => (/^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : '')

/** What nobody knows of a deal whose first stage no table has. */
export const NO_STAGE = '(unknown)'

/** Keeps the earliest of what is said of a deal: `known` has `first <id>` as `<instant>|<stage>`. */
export const learnFirstStage = (known: Map<string, string>, id: string, at: string | null, stage: string): void => {
  if (at === null || stage === '') return
  const said = `${at}|${stage}`
  const before = known.get(`first ${id}`)
  if (before === undefined || said < before) known.set(`first ${id}`, said)
}
export const firstStage = (known: ReadonlyMap<string, string>, id: string): string | null =>
  known.get(`first ${id}`)?.split('|').slice(1).join('|') ?? null
