import { z } from 'zod'
import { type AttributionModel, modelName, shippedModels } from '../../domain/definitions/attribution-model.ts'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import { type InForce, inForceOf } from '../../domain/definitions/history.ts'
import { type Sourced, sourcedKind } from '../../domain/definitions/sourced.ts'
import { BASES, CONVERSIONS } from '../../domain/figures/attribution.ts'
import { DEAL_DIMENSIONS, type DealsQuestion } from '../../domain/figures/deal-dimensions.ts'
import { type SourcedLock, SOURCING_DAYS } from '../../domain/figures/sourced.ts'
import { parsePeriod } from '../../domain/periods.ts'
import { underTerms } from '../../domain/figures/terms.ts'
import type { AnswerContext } from '../as-of.ts'
import { responsesName } from '../attribution/figure.ts'
import { withoutUndefined } from '../funnel/stages.ts'

/** As it stands in explain tokens. */
const Question = z.strictObject({
  basis: z.enum(BASES),
  conversion: z.enum(CONVERSIONS),
  model: z.string(),
  by: z.array(z.enum(DEAL_DIMENSIONS)),
  filters: z.strictObject(Object.fromEntries(DEAL_DIMENSIONS.map(name => [name, z.array(z.string()).optional()]))),
  dealTypes: z.array(z.string()),
  from: z.string().nullable(),
  to: z.string().nullable(),
  currency: z.string(),
  zone: z.string(),
})

export const dealsQuestionFrom = (asked: unknown): DealsQuestion => {
  const { filters, ...rest } = Question.parse(asked)
  return { ...rest, filters: withoutUndefined(filters) }
}

const hasTheWindow = ({ lookback_days, lookback_anchor, sales_touches }: AttributionModel): boolean =>
  lookback_days === SOURCING_DAYS && lookback_anchor === 'creation' && sales_touches

/** Where no published model looks back as metric M57 does. */
const ownModel = (): AttributionModel => {
  const model = shippedModels.find(hasTheWindow)
  if (model === undefined) throw new RangeError(`no shipped model looks back ${SOURCING_DAYS} days from creation`)
  return { ...model, id: 'sourcing' }
}

/** A model by whose eligible touches, of 365 days before creation and later, deals are judged; how it weighs them is all the same. */
export const windowModel = ({ models }: Definitions): AttributionModel =>
  models.find(model => model.id === 'linear' && hasTheWindow(model)) ?? models.find(hasTheWindow) ?? ownModel()

/** What a question reads of credit: pipeline counts from the entry to a qualified stage. */
export const conversionsOf = ({ basis, conversion }: DealsQuestion): readonly string[] =>
  basis === 'pipeline' ? [conversion, 'sqo'] : [conversion]

/** The context with the touches of that window for creation and for `conversions`. */
export const inTheWindow = (context: AnswerContext, conversions: readonly string[]): AnswerContext => {
  const { definitions, sources, tenant, keptSince } = context
  const model = windowModel(definitions)
  const published = definitions.models.includes(model)
  const under = published ? definitions : { ...definitions, models: [...definitions.models, model] }
  return {
    ...context,
    ...underTerms(
      { sources, definitions: under },
      {
        tenant,
        terms: {},
        models: [modelName(model)],
        conversions: [...new Set(['deal', ...conversions])],
        kept: keptSince !== null && published,
      },
    ),
  }
}

/** id@version of what says who brought a deal. */
export const channelMapName = ({ channelMap }: Definitions): string => `${channelMap.id}@${channelMap.version}`

/** What was locked as known then; null before anything was. */
const lockedInForce = ({ definitions, observedTo }: AnswerContext): InForce<Sourced> | null =>
  inForceOf(definitions.history, sourcedKind, sourcedKind.kind, observedTo)

/** Fiscal years with the rule that is locked for each, in order. */
export const locksOf = (context: AnswerContext): readonly SourcedLock[] =>
  (lockedInForce(context)?.document.locked ?? []).flatMap(({ fiscal_year, rule }) => {
    const year = parsePeriod(String(fiscal_year), context.settings.fiscal)
    return year.ok && year.value.from !== null && year.value.to !== null ? [{ from: year.value.from, to: year.value.to, rule }] : []
  })

/** id@version of the lock; none where nothing is locked. */
const lockName = (context: AnswerContext): readonly string[] => {
  const lock = lockedInForce(context)
  return lock === null ? [] : [lock.name]
}

/** id@version of what says who brought a deal, the lock among it where there is one. */
export const sourcedName = (context: AnswerContext): string => [channelMapName(context.definitions), ...lockName(context)].join(', ')

export const sourcedRestsOn = (context: AnswerContext): readonly string[] => [...influenceRestsOn(context), ...lockName(context)]

/** Of what nobody has to lock: who had a part in a deal. */
export const influenceRestsOn = ({ definitions }: AnswerContext): readonly string[] => [
  channelMapName(definitions),
  responsesName(definitions),
  `${definitions.stageMap.id}@${definitions.stageMap.version}`,
]
