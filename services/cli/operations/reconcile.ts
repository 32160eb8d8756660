import { z } from 'zod'
import { dateCell, moneyCell, yesOrNo } from '../../collector/import/cells.ts'
import { csvRecords, delimiterOf } from '../../collector/import/csv.ts'
import { columnsOf, Mapping } from '../../collector/import/mapping.ts'
import { openCounted } from '../../collector/import/report.ts'
import { createAnswerReader } from '../../api/as-of.ts'
import { askedOf, compareRows, monthsOf } from '../../api/reconcile/ask.ts'
import { CrmRow } from '../../api/reconcile/figure.ts'
import { reconciledRows } from '../../api/reconcile/rows.ts'
import { currencyExponent } from '../../domain/money.ts'
import { Refused } from '../control.ts'
import { DEFAULT_TENANT, operation } from './operation.ts'

const FIELDS = ['deal_id', 'state', 'amount', 'currency', 'close_date', 'deleted'] as const

const ReconcileInput = z.object({
  file: z.string(),
  tenant: z.string().default(DEFAULT_TENANT),
  mapping: z.unknown().optional(),
  takenAt: z.iso.datetime({ offset: true }).nullable().default(null),
  period: z.string().nullable().default(null),
  currency: z.string().nullable().default(null),
  every: z.boolean().default(false),
})

/** The deals of a CRM as plain CSV: deal_id, state (open, won, lost), amount in major units, currency, close_date, deleted. Rejects with `Refused` naming line and column. */
const rowsOf = async (file: string, mapping: unknown, currency: string): Promise<readonly CrmRow[]> => {
  const read = Mapping.safeParse(mapping ?? {})
  if (!read.success) throw new Refused(read.error.issues.map(issue => `mapping ${issue.path.join('.')}: ${issue.message}`).join('; '))
  const rows: CrmRow[] = []
  let columns: Extract<ReturnType<typeof columnsOf>, { ok: true }>['value'] | null = null
  for await (const { line, cells } of csvRecords((await openCounted(file)).chunks, await delimiterOf(file))) {
    if (columns === null) {
      const header = columnsOf(cells, read.data, FIELDS, () => undefined)
      if (!header.ok) throw new Refused(header.reason)
      columns = header.value
      const lacking = (['deal_id', 'state', 'close_date'] as const).find(field => !header.value.has(field))
      if (lacking !== undefined) throw new Refused(`no column for ${lacking}: name one with --map <column>=${lacking}`)
      continue
    }
    const said = columns
    const of = (field: (typeof FIELDS)[number]): string => said.of(cells, field)
    const wrong = (field: (typeof FIELDS)[number], expected: string): Refused =>
      new Refused(`${file}:${line} ${said.nameOf(field)}: expected ${expected}`)
    const code = of('currency').toUpperCase() || currency
    const amount = of('amount') === '' ? null : moneyCell(of('amount'), currencyExponent(code) ?? 2, said.style)
    if (amount === null && of('amount') !== '') throw wrong('amount', 'an amount')
    const day = of('close_date') === '' ? null : dateCell(of('close_date').slice(0, 10), said.style)
    if (day === null && of('close_date') !== '') throw wrong('close_date', `a date (${said.style.dates})`)
    const row = CrmRow.safeParse({
      deal_id: of('deal_id'),
      state: of('state').toLowerCase(),
      amount_minor: amount,
      currency: code,
      close_date: day,
      deleted: yesOrNo(of('deleted')) === true,
    })
    if (!row.success)
      throw wrong(
        row.error.issues[0]?.path[0] === 'state' ? 'state' : 'deal_id',
        row.error.issues[0]?.path[0] === 'state' ? 'open, won or lost' : 'an id',
      )
    rows.push(row.data)
  }
  if (rows.length === 0) throw new Refused(`${file}: there is no deal in it`)
  return rows
}

/** Why the figures are not what a CRM shows: every difference named, month by month. Writes nothing. */
export const reconcileFile = operation({
  name: 'reconcile',
  needs: 'figures',
  input: ReconcileInput,
  run: async ({ file, tenant, mapping, takenAt, period, currency, every }, { installation }) => {
    const store = await installation.store()
    const reader = createAnswerReader({ store })
    return reader.read(tenant, {}, async context => {
      const rows = await rowsOf(file, mapping, currency ?? context.settings.currency)
      const query = {
        ...(period === null ? {} : { period }),
        ...(currency === null ? {} : { currency }),
        ...(every ? { deal_type: '*' } : {}),
      }
      const asked = askedOf(query, context)
      const found = await compareRows({ store, reader }, context, asked, { rows, taken_at: takenAt ?? undefined })
      const { rows: told, total } = reconciledRows(found, { currency: asked.currency, isAsked: monthsOf(asked), flags: context.flags })
      return { tenant, as_of: new Date(context.asOf).toISOString(), rows: told.map(({ row }) => row), total: total.map(({ row }) => row) }
    })
  },
})
