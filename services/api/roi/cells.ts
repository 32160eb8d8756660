import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import type { AttributionQuestion } from '../../domain/figures/attribution.ts'
import { creditCells, excludedCells, stageEntryCells } from '../../domain/figures/credit-cells.ts'
import { type WonCustomer, wonCustomers } from '../../domain/figures/customers.ts'
import { financeInputs } from '../../domain/figures/finance.ts'
import { spendCells, type SpendQuestion } from '../../domain/figures/spend.ts'
import { dateAt } from '../../domain/periods.ts'
import { bind, joinSql, type Sql, sql } from '../../domain/sql.ts'
import type { Row, Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'

const OfDay = { day: z.string(), channel: z.string(), campaign: z.string(), source: z.string(), team: z.string() }
const CreditCell = z.object({ ...OfDay, deal_id: z.string(), missing: z.string(), credit: z.coerce.bigint(), money: z.coerce.bigint() })
const SpendCell = z.object({
  ...OfDay,
  overhead: z.coerce.number(),
  spent: z.coerce.bigint(),
  media: z.coerce.bigint(),
  missing: z.array(z.string()),
})
const ExcludedCell = z.object({ day: z.string(), reason: z.string(), deals: z.coerce.number() })
const StageCell = z.object({ day: z.string(), place: z.coerce.number(), journeys: z.coerce.number() })

export type CreditCell = z.output<typeof CreditCell>
export type SpendCell = z.output<typeof SpendCell>
export type ExcludedCell = z.output<typeof ExcludedCell>
export type StageCell = z.output<typeof StageCell>

/** Everything that a question about return under one model and currency is a sum of; each list in order of days. */
export type Cells = {
  readonly credit: readonly CreditCell[]
  readonly spend: Readonly<Record<SpendQuestion['scope'], readonly SpendCell[]>>
  readonly excluded: readonly ExcludedCell[]
  /** First entries of journeys to stages; empty where nothing is divided by them. */
  readonly stages: readonly StageCell[]
  /** What finance said, as rows of the store. */
  readonly finance: readonly Row[]
  /** Won deals of the deal types asked for, where conversions are asked for. */
  readonly won: readonly WonCustomer[]
}

export type CellReader = {
  /** Null where they are too many to hold, or the sources are not the kept tables: then the question is asked of the store. */
  readonly of: (context: AnswerContext, credit: AttributionQuestion, spend: SpendQuestion) => Promise<Cells | null>
}

export const readStages = async (store: Store, { sources, definitions, settings }: AnswerContext): Promise<readonly StageCell[]> =>
  (await store.read(stageEntryCells(sources, definitions.stageMap, settings.zone))).map(row => StageCell.parse(row))

const Won = z.object({ day: z.string(), customer: z.string(), cycle: z.coerce.number() })

export const readWon = async (
  store: Store,
  { sources, settings }: AnswerContext,
  dealTypes: readonly string[],
): Promise<readonly WonCustomer[]> => (await store.read(wonCustomers(sources, settings.zone, dealTypes))).map(row => Won.parse(row))

/** A tenant with more is asked by SQL, which takes longer and holds nothing. */
const MAX_CELLS = 150_000
const MAX_HELD = 24
/** Of one question, and of all that are held together: what is asked for longest ago goes first. */
const MAX_BYTES = 64 * 1024 * 1024
const MAX_HELD_BYTES = 4 * MAX_BYTES

type Held = { readonly cells: Promise<Cells | null>; readonly asOf: number; bytes: number }

/** About what objects of texts and numbers take: their fields, and the characters of their texts. */
const bytesOf = (lists: readonly (readonly Readonly<Record<string, unknown>>[])[]): number => {
  let bytes = 0
  for (const list of lists)
    for (const row of list) {
      bytes += 64
      for (const value of Object.values(row))
        bytes += 24 + (typeof value === 'string' ? value.length : Array.isArray(value) ? value.length * 40 : 0)
    }
  return bytes
}

const sizeOf = ({ credit, spend, excluded, stages, finance, won }: Cells): number =>
  bytesOf([credit, spend.loaded, excluded, stages, finance, won])

/**
 * Holds the cells of the latest questions while nothing of their tenant changes. Planning the statements of return takes a hundred times as long as adding
 * up what they read, and people look at one board after the other without anything having happened. What was read as of one watermark holds as long as
 * nothing of the tenant has changed since. Nothing is held that others would need: a process without it asks the store.
 */
export const createCellReader = ({ store }: { readonly store: Store }): CellReader => {
  const held = new Map<string, Held>()
  const texts = new WeakMap<Definitions, string>()

  /** Definitions are named by what they say: another version is another question. */
  const textOf = (definitions: Definitions): string => {
    const text = texts.get(definitions) ?? createHash('sha256').update(JSON.stringify(definitions)).digest('hex')
    texts.set(definitions, text)
    return text
  }

  const read = async (context: AnswerContext, credit: AttributionQuestion, spend: SpendQuestion): Promise<Cells | null> => {
    const { sources } = context
    const atMost = (cells: Sql): Promise<readonly Row[]> =>
      store.read(joinSql([sql`SELECT * FROM (${cells})`, sql`LIMIT ${bind.uint(MAX_CELLS + 1)}`], ' '))
    const [creditRows, spendRows, excludedRows, stages, finance, won] = await Promise.all([
      atMost(creditCells(sources, credit)),
      atMost(spendCells(sources, spend, context.definitions)),
      atMost(excludedCells(sources, credit)),
      credit.basis === 'conversions' ? readStages(store, context) : [],
      store.read(financeInputs(sources)),
      credit.basis === 'conversions' ? readWon(store, context, credit.dealTypes) : [],
    ])
    if (Math.max(creditRows.length, spendRows.length, excludedRows.length) > MAX_CELLS) return null
    const loaded = spendRows.map(row => SpendCell.parse(row))
    const cells: Cells = {
      credit: creditRows.map(row => CreditCell.parse(row)),
      spend: { loaded, program: loaded.filter(({ overhead }) => overhead === 0) },
      excluded: excludedRows.map(row => ExcludedCell.parse(row)),
      stages,
      finance,
      won,
    }
    return sizeOf(cells) > MAX_BYTES ? null : cells
  }

  const makeRoom = (): void => {
    let bytes = [...held.values()].reduce((sum, one) => sum + one.bytes, 0)
    for (const [key, one] of held) {
      if (held.size <= MAX_HELD && bytes <= MAX_HELD_BYTES) return
      held.delete(key)
      bytes -= one.bytes
    }
  }

  return {
    of: async (context, credit, spend) => {
      const { tenant, definitions, settings, watermark, keptSince } = context
      if (keptSince === null) return null
      const { basis, conversion, model, dealTypes, currency, zone } = credit
      // what is open is converted at the rate of the day
      const key = JSON.stringify([
        tenant,
        dateAt(watermark, zone),
        basis,
        conversion,
        model,
        dealTypes,
        currency,
        zone,
        settings,
        textOf(definitions),
      ])
      const known = held.get(key)
      held.delete(key)
      if (known !== undefined && known.asOf >= keptSince && known.asOf <= watermark) {
        held.set(key, known)
        return known.cells
      }
      const cells = read(context, credit, spend)
      const mine: Held = { cells, asOf: watermark, bytes: 0 }
      held.set(key, mine)
      try {
        const found = await cells
        mine.bytes = found === null ? 0 : sizeOf(found)
      } catch (error) {
        if (held.get(key) === mine) held.delete(key)
        throw error
      }
      makeRoom()
      return await cells
    },
  }
}
