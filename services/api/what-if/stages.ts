import { z } from 'zod'
import { stageAfter, type StageMap, stageMapKind, timeoutsOf } from '../../domain/definitions/stage-map.ts'
import { FUNNEL_DIMENSIONS } from '../../domain/figures/funnel-dimensions.ts'
import { figureSources } from '../../domain/figures/sources.ts'
import { COUNTED } from '../../domain/figures/stage-paths.ts'
import { travelledProjections } from '../../domain/figures/time-travel.ts'
import { stagesMoved } from '../../domain/figures/what-if-stages.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, type FigureRow } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Figures, Under } from '../figure-route.ts'
import { conversionAnswer, countedFrom } from '../funnel/conversion.ts'
import { stageMapName, stagesAnswer } from '../funnel/stages.ts'
import { together, transitionsOf } from '../funnel/together.ts'
import { periodOf } from '../parameters.ts'
import { besideEachOther } from './beside.ts'

const LIMIT = 50
const MOST = 500

export const StageMapBody = z.strictObject({
  kind: z.literal('stage-map'),
  document: stageMapKind.schema.describe('The stages as they would be published'),
  by: z.array(z.enum(FUNNEL_DIMENSIONS)).max(4).default([]),
  from: z.string().optional(),
  to: z.string().optional(),
  period: z.string().optional(),
  as_of: z.string().optional(),
  limit: z.int().min(1).max(MOST).default(LIMIT).describe('Journeys in each list, the earliest first'),
})
type StageMapBody = z.output<typeof StageMapBody>

export const MovedJourneys = z
  .array(
    z.object({
      stage_before: z.string().nullable().describe('Null: no such journey under the map in force'),
      stage_after: z.string().nullable().describe('Null: no such journey under the proposal'),
      outcome_before: z.string().nullable(),
      outcome_after: z.string().nullable(),
      count: z.number(),
      journeys: z.array(z.object({ journey: z.string(), person: z.string(), opened_at: z.string() })),
    }),
  )
  .meta({ id: 'MovedJourneys', description: 'Journeys that would stand in another stage, or end otherwise, by from where to where' })

const Moved = z.object({
  stage_before: z.string(),
  stage_after: z.string(),
  outcome_before: z.string(),
  outcome_after: z.string(),
  journeys: z.coerce.number(),
  list: z.array(z.tuple([z.coerce.number(), z.string(), z.coerce.number()])),
})

/** The same instant with everything computed under the proposal: of it nothing is kept. */
const under = (context: AnswerContext, stageMap: StageMap): AnswerContext => {
  const definitions = { ...context.definitions, stageMap }
  // a changed map of the same version is still another one
  const projections = travelledProjections(definitions, `what-if ${JSON.stringify(stageMap)}`)
  return {
    ...context,
    definitions,
    keptSince: null,
    sources: figureSources({ tenant: context.tenant, asOf: context.observedTo, projections, timeouts: timeoutsOf(stageMap).length > 0 }),
  }
}

/** What the funnel shows: first entries to each stage (M1), and cohort conversion from each to the next (M6). */
const funnelOf = async (store: Store, context: AnswerContext, { by, ...period }: StageMapBody): Promise<Figures> => {
  const { stageMap } = context.definitions
  const { fromMs: from, toMs: to } = periodOf(period, context.settings)
  const question = { stageMap, by, filters: {}, from, to, zone: context.settings.zone }
  const steps = Map.groupBy(transitionsOf(stageMap, undefined, undefined, undefined), step => countedFrom(stageMap, step.from))
  const [entries, ...conversions] = await Promise.all([
    stagesAnswer(store, context, { ...question, counted: COUNTED[0], currency: context.settings.currency, volumesAt: [] }, () => ''),
    ...[...steps].map(([counted, transitions]) =>
      conversionAnswer(
        store,
        context,
        { ...question, counted, transitions, policy: stageMap.skipping ?? 'implied', observedTo: context.observedTo, measure: 'cohort' },
        () => '',
      ),
    ),
  ])
  const first = (rows: readonly FigureRow[]): FigureRow[] => rows.filter(({ metric }) => metric === 'M1')
  return together([{ ...entries, rows: first(entries.rows), total: first(entries.total) }, ...conversions])
}

/** Rows of both maps by metric, stage and dimensions; what only one of them has stands beside nothing: a count of 0, a rate of null. */
const beside = (by: readonly string[], proposed: StageMap, before: readonly FigureRow[], after: readonly FigureRow[]): FigureRow[] => {
  const keyOf = (row: FigureRow, named: (stage: string) => string): string =>
    JSON.stringify([
      row.metric,
      row['counted'],
      ...['stage', 'stage_from', 'stage_to'].map(name => (typeof row[name] === 'string' ? named(row[name]) : null)),
      ...by.map(name => row[name]),
    ])
  const now = new Map(after.map(row => [keyOf(row, stage => stage), row]))
  // a stage that was retired keeps its name, and has nothing on the other side
  const was = new Map(before.map(row => [keyOf(row, stage => stageAfter(proposed, stage) ?? `${stage} (retired)`), row]))
  return [...new Set([...now.keys(), ...was.keys()])].flatMap(key => {
    const [old, next] = [was.get(key), now.get(key)]
    const moved = old === undefined ? ['new_step'] : next === undefined ? ['retired_step'] : []
    return besideEachOther({ old, next }, ({ unit }) => (unit === 'count' ? 0 : null)).map(row => ({
      ...row,
      flags: [...row.flags, ...moved].toSorted(),
    }))
  })
}

/** What another map of stages would have shown of the same events, and which journeys would stand elsewhere. */
export const stagesWhatIf = async (
  store: Store,
  context: AnswerContext,
  body: StageMapBody,
): Promise<{ readonly figures: Figures & { readonly under: Under }; readonly journeys: z.output<typeof MovedJourneys> }> => {
  const { stageMap } = context.definitions
  const proposal = under(context, body.document)
  const { fromMs: from, toMs: to } = periodOf(body, context.settings)
  const [before, after, rows] = await Promise.all([
    funnelOf(store, context, body),
    funnelOf(store, proposal, body),
    store.read(
      stagesMoved(context.sources, proposal.sources, {
        map: stageMap,
        proposed: body.document,
        from,
        to,
        observedTo: context.observedTo,
        limit: body.limit,
      }),
    ),
  ])
  assertNotTooMany(rows.length)
  const named = (text: string): string | null => (text === '' ? null : text)
  const journeys = rows
    .map(row => Moved.parse(row))
    .map(moved => ({
      stage_before: named(moved.stage_before),
      stage_after: named(moved.stage_after),
      outcome_before: named(moved.outcome_before),
      outcome_after: named(moved.outcome_after),
      count: moved.journeys,
      journeys: moved.list.map(([opened, person, n]) => ({
        journey: `${person}#${n}`,
        person: person.replace(/^person:/, ''),
        opened_at: new Date(opened).toISOString(),
      })),
    }))
  return {
    figures: {
      rows: beside(body.by, body.document, before.rows, after.rows),
      total: beside([], body.document, before.total, after.total),
      excluded: before.excluded,
      under: { definition: stageMapName(body.document), definitions: [stageMapName(stageMap)] },
    },
    journeys,
  }
}
