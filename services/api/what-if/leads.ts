import { z } from 'zod'
import { byBytes } from '../../domain/bytes.ts'
import { type Icp, icpKind } from '../../domain/definitions/icp.ts'
import { type Qualification, qualificationKind } from '../../domain/definitions/qualification.ts'
import { type Ruling, rulingNames, rulingsOf } from '../../domain/figures/judging/rulings.ts'
import { LEAD_DIMENSIONS } from '../../domain/figures/lead-question.ts'
import { leadWhatIf } from '../../domain/figures/what-if-leads.ts'
import type { Store } from '../../store/port.ts'
import { assertNotTooMany, type FigureRow, rateOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import type { Figures, Under } from '../figure-route.ts'
import { stageMapName } from '../funnel/stages.ts'
import { periodOf } from '../parameters.ts'

const LIMIT = 50
const MOST = 500

const common = {
  by: z.array(z.enum(LEAD_DIMENSIONS)).max(4).default(['bucket']),
  from: z.string().optional(),
  to: z.string().optional(),
  period: z.string().optional(),
  horizon_days: z.int().min(1).max(3650).default(90).describe('Days in which what came of an MQL is looked at'),
  as_of: z.string().optional(),
  limit: z.int().min(1).max(MOST).default(LIMIT).describe('Persons in each list, the earliest first'),
}

export const IcpBody = z.strictObject({
  kind: z.literal('icp'),
  document: icpKind.schema.describe('The profile as it would be published'),
  ...common,
})
export const QualificationBody = z.strictObject({
  kind: z.literal('qualification'),
  document: qualificationKind.schema.describe('The rules as they would be published'),
  ...common,
})
type Asked = { readonly kind: 'icp'; readonly document: Icp } | { readonly kind: 'qualification'; readonly document: Qualification }
type LeadBody = Asked & Omit<z.output<typeof IcpBody>, 'kind' | 'document'>

const Person = z.object({
  person: z.string(),
  journey: z.string(),
  at: z.string().describe('When the rule would be, or was, first satisfied'),
  why: z.enum(['fit gained', 'fit lost', 'readiness', 'entry rule']),
  bucket_before: z.string(),
  bucket_after: z.string(),
  reached: z.array(z.string()).describe('Stages that the journey entered as observed; nothing is imputed'),
})

export const MovedLeads = z
  .object({
    entering: z.array(Person),
    entering_count: z.number(),
    leaving: z.array(Person),
    leaving_count: z.number(),
    moved_count: z.number().describe('MQLs under both, at another instant'),
  })
  .meta({ id: 'MovedLeads', description: 'Who would be an MQL and is not, and the other way round' })
export type MovedLeads = z.output<typeof MovedLeads>

const Pair = z.tuple([z.coerce.number(), z.coerce.number()])
const People = z.array(z.tuple([z.coerce.number(), z.string(), z.string(), Person.shape.why, z.string(), z.string(), z.array(z.string())]))
const Counts = z.looseObject({
  mqls: Pair,
  sqos: Pair,
  accepted: Pair,
  wons: Pair,
  entering: People,
  entering_count: z.coerce.number(),
  leaving: People,
  leaving_count: z.coerce.number(),
  moved: z.coerce.number(),
})
type Counts = z.output<typeof Counts>

/** The proposal in the place of every version that was ever in force: a changed definition over the whole past. */
const proposedOver = (rulings: readonly Ruling[], asked: Asked): readonly Ruling[] =>
  rulings.map(ruling => (asked.kind === 'icp' ? { ...ruling, icp: asked.document } : { ...ruling, qualification: asked.document }))

/** Rows have what is in force (before), what would be (value) and the change. */
export const leadsWhatIf = async (
  store: Store,
  context: AnswerContext,
  body: LeadBody,
): Promise<{ readonly figures: Figures & { readonly under: Under }; readonly leads: MovedLeads }> => {
  const { fromMs, toMs } = periodOf(body, context.settings)
  const before = rulingsOf(context.definitions, context.observedTo)
  const question = {
    before,
    after: proposedOver(before, body),
    by: body.by,
    filters: {},
    from: fromMs,
    to: toMs,
    zone: context.settings.zone,
    observedTo: context.observedTo,
    horizonDays: body.horizon_days,
    limit: body.limit,
  }
  const found = await store.read(leadWhatIf({ sources: context.sources, definitions: context.definitions, question }))
  assertNotTooMany(found.length)
  const counts = found.map(row => Counts.parse(row))
  const whole = inAll(counts, body.limit)
  const total = rowsOf(whole, {})
  const rows =
    body.by.length === 0 ? total : counts.flatMap(row => rowsOf(row, Object.fromEntries(body.by.map(name => [name, String(row[name])]))))
  const names = [...new Set(before.toReversed().flatMap(rulingNames))]
  return {
    figures: {
      rows,
      total,
      excluded: {},
      under: { definition: `${body.kind}@${body.document.version}`, definitions: [...names, stageMapName(context.definitions.stageMap)] },
    },
    leads: {
      entering: peopleOf(whole.entering),
      entering_count: whole.entering_count,
      leaving: peopleOf(whole.leaving),
      leaving_count: whole.leaving_count,
      moved_count: whole.moved,
    },
  }
}

/** Rows of all dimensions in one: everybody is in one row of each side. */
const inAll = (rows: readonly Counts[], limit: number): Counts => {
  const sum = (of: (row: Counts) => number): number => rows.reduce((all, row) => all + of(row), 0)
  const pair = (of: (row: Counts) => readonly [number, number]): [number, number] => [sum(row => of(row)[0]), sum(row => of(row)[1])]
  const first = (of: (row: Counts) => Counts['entering']): Counts['entering'] =>
    rows
      .flatMap(of)
      .toSorted((a, b) => a[0] - b[0] || byBytes(a[1], b[1]))
      .slice(0, limit)
  return {
    mqls: pair(row => row.mqls),
    sqos: pair(row => row.sqos),
    accepted: pair(row => row.accepted),
    wons: pair(row => row.wons),
    entering: first(row => row.entering),
    entering_count: sum(row => row.entering_count),
    leaving: first(row => row.leaving),
    leaving_count: sum(row => row.leaving_count),
    moved: sum(row => row.moved),
  }
}

const peopleOf = (people: z.output<typeof People>): MovedLeads['entering'] =>
  people.map(([ms, journey, person, why, bucket_before, bucket_after, reached]) => ({
    person: person.replace(/^person:/, ''),
    journey,
    at: new Date(ms).toISOString(),
    why,
    bucket_before,
    bucket_after,
    reached,
  }))

const rowsOf = ({ mqls, sqos, accepted, wons }: Counts, dims: Readonly<Record<string, string>>): FigureRow[] => {
  const rate = (stage: string, reached: readonly [number, number]): FigureRow => {
    const was = rateOf(reached[0], mqls[0], [])
    const becomes = rateOf(reached[1], mqls[1], [])
    const change = was.value === null || becomes.value === null ? null : becomes.value - was.value
    return { ...dims, stage_from: 'mql', stage_to: stage, metric: 'M6', ...becomes, before: was.value, change }
  }
  return [
    { ...dims, metric: 'M23b', value: mqls[1], unit: 'count', before: mqls[0], change: mqls[1] - mqls[0], flags: [] },
    rate('sal', accepted),
    rate('sqo', sqos),
    rate('won', wons),
  ]
}
