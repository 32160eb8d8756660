import { z } from 'zod'
import type { Store } from '../../store/port.ts'
import type { AnswerContext, AnswerReader } from '../as-of.ts'
import type { Figures, Under } from '../figure-route.ts'
import { stageMapName } from '../funnel/stages.ts'
import { currencyOf, filtersOf, periodOf, type PeriodQuery } from '../parameters.ts'
import { CrmRow, reconcileAnswer } from './figure.ts'

const MOST_ROWS = 20_000
const EVERY_TYPE = '*'
/** What bookings and pipeline are of, unless types are asked for: everything but renewals (metrics, Deal types). */
const COUNTED_TYPES = ['new-business', 'expansion', '(none)']

export const ReconcileBody = z.strictObject({
  taken_at: z.iso.datetime({ offset: true }).optional().describe('When the CRM said so: what became known here later is named late'),
  rows: z.array(CrmRow).min(1).max(MOST_ROWS),
})

export type ReconcileAsked = PeriodQuery & {
  readonly currency?: string | undefined
  readonly deal_type?: string | readonly string[] | undefined
}

/** Compares a CRM's deals with what is known; where the CRM was asked earlier, also with what was known then. */
export const reconcile = async (
  { store, reader }: { readonly store: Store; readonly reader: AnswerReader },
  tenant: string,
  context: AnswerContext,
  query: ReconcileAsked,
  { rows, taken_at }: { readonly rows: readonly CrmRow[]; readonly taken_at?: string | undefined },
): Promise<{ readonly figures: Figures; readonly under: Under }> => {
  const period = periodOf(query, context.settings)
  const { stageMap } = context.definitions
  const types = filtersOf(query, ['deal_type']).deal_type ?? COUNTED_TYPES
  const question = {
    stageMap,
    zone: context.settings.zone,
    currency: currencyOf(query.currency, context),
    dealTypes: types.includes(EVERY_TYPE) ? [] : types,
  }
  const asked = (month: string): boolean =>
    (period.from === null || month >= period.from.slice(0, 7)) && (period.to === null || `${month}-01` < period.to)
  const takenAt = taken_at === undefined ? null : Date.parse(taken_at)
  const figures =
    takenAt === null || takenAt >= context.observedTo
      ? await reconcileAnswer(store, context, question, rows, null, asked)
      : await reader.read(tenant, { as_of: new Date(takenAt).toISOString() }, then =>
          reconcileAnswer(store, context, question, rows, then, asked),
        )
  return { figures, under: { definition: stageMapName(stageMap), definitions: [stageMapName(stageMap)] } }
}
