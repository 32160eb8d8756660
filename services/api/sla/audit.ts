import { z } from 'zod'
import { canonicalJson } from '../../domain/canonical.ts'
import { inForceAt, inForceOf } from '../../domain/definitions/history.ts'
import { quarterPlanId, quarterPlanKind } from '../../domain/definitions/quarter-plan.ts'
import { slaKind } from '../../domain/definitions/sla-policy.ts'
import { horizonOf } from '../../domain/definitions/stage-map.ts'
import { isDealStage } from '../../domain/figures/stage-paths.ts'
import { parsePeriod, quarterAround, quarterOf, startOfDay } from '../../domain/periods.ts'
import { stateAt } from '../../domain/sla/clock.ts'
import { SLA_METRICS, type SlaDimension } from '../../domain/sla/entries.ts'
import type { Store } from '../../store/port.ts'
import { FigureRow, instantOf } from '../answer.ts'
import type { AnswerContext } from '../as-of.ts'
import { conversionAnswer } from '../funnel/conversion.ts'
import { stageMapName, stagesAnswer } from '../funnel/stages.ts'
import { leadAnswer, leadsUnder } from '../leads/quality.ts'
import { readTargets, wholeOf } from '../plan/target-list.ts'
import { badParameter } from '../problems.ts'
import { agreedDocument, readSigned, sha256Of } from '../signed/signed.ts'
import { entriesAsked, type SlaQuestion, slaRows } from './attainment.ts'
import { clocksIn, type SlaBook } from './book.ts'
import { ClockRow, clockRow, STATES } from './clocks.ts'

/** What one record of the log may carry; clocks beyond it are named by their digest, and `/v1/sla/clocks` lists them as of the audit's instant. */
const MOST_CHARACTERS = 800_000

/** id, state, start, due, met, owner. */
const CompactClock = z.tuple([z.string(), z.enum(STATES), z.string(), z.string(), z.string().nullable(), z.string()])

export const Audit = z
  .object({
    audit_id: z.string(),
    month: z.string(),
    zone: z.string(),
    as_of: z.string(),
    previous_sha256: z.string().describe('Digest of the agreed audit before it; empty: the first'),
    definitions: z.array(z.string()),
    summary: z.object({
      stages: z.array(FigureRow).describe('First entries of the month by stage (M1): leads, MQLs and on'),
      mqls: z.array(FigureRow).describe('M23a declared, M23b computed, M24 conformance'),
      commitment: z.object({
        mqls: z.number().nullable().describe('What marketing owes this month; null: nothing was agreed'),
        from: z.string().describe('sla, quarter-plan or targets'),
        declared: z.number(),
        conformant: z.number().nullable(),
        attainment: z.number().nullable().describe('M51: conformant MQLs, or declared ones where no rule judges them, over what is owed'),
      }),
      conversion: z
        .array(FigureRow)
        .describe(
          'M6 of the latest month whose cohort has had its whole horizon by the end of this one, beside what the quarter’s plan expects',
        ),
    }),
    attainment: z.array(FigureRow).describe('Every metric of service levels by hand-off and step'),
    by_owner: z.array(FigureRow),
    by_team: z.array(FigureRow),
    by_region: z.array(FigureRow),
    by_bucket: z.array(FigureRow),
    excluded: z.record(z.string(), z.number()),
    breaches: z
      .array(ClockRow)
      .describe('Of the month, by due instant; the first 500 where there are more clocks than one record can carry'),
    clocks: z
      .object({ count: z.number(), sha256: z.string(), rows: z.array(CompactClock).nullable() })
      .describe('Every clock that was due in the month'),
  })
  .meta({ id: 'SlaAudit', description: 'The two-sided audit of a month: no figure in it changes once it is signed' })
export type Audit = z.output<typeof Audit>

export const auditIdOf = (month: string): string => `sla-${month}`

/** Instants (ms) of a calendar month in the tenant's zone. */
export const monthOf = (
  month: string,
  { settings }: AnswerContext,
): { readonly from: string; readonly to: string; readonly fromMs: number; readonly toMs: number } => {
  const range = /^\d{4}-\d{2}$/.test(month) ? parsePeriod(month, { startMonth: 1 }) : null
  if (range === null || !range.ok || range.value.from === null || range.value.to === null)
    throw badParameter('month', 'expected a month such as 2026-10')
  const { from, to } = range.value
  return { from, to, fromMs: startOfDay(from, settings.zone), toMs: startOfDay(to, settings.zone) }
}

const days = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000

/** MQLs that marketing owes in a month: as the service levels say, else the quarter's plan, else the targets that it lies in, by days. */
const owed = async (
  store: Store,
  context: AnswerContext,
  { from, to, toMs }: ReturnType<typeof monthOf>,
): Promise<{ readonly mqls: number | null; readonly from: string }> => {
  const { definitions, settings, observedTo } = context
  const judged = Math.min(toMs - 1, observedTo)
  const fixed = inForceAt(definitions.history, slaKind, judged).document.marketing.mqls_per_month
  if (fixed !== null) return { mqls: fixed, from: 'sla' }
  const quarter = quarterAround(from, settings.fiscal)
  const plan = inForceOf(definitions.history, quarterPlanKind, quarterPlanId(quarter.name), judged)
  if (plan !== null)
    return { mqls: Math.round((plan.document.marketing.mqls * days(from, to)) / days(quarter.from, quarter.to)), from: 'quarter-plan' }
  const said = (await readTargets(store, context)).targets.filter(
    target => target.metric === 'mql' && target.unit === 'count' && target.from < to && target.to > from,
  )
  const targets = wholeOf(said)
  if (targets.length === 0) return { mqls: null, from: '' }
  const share = targets.reduce((sum, target) => {
    const [start, end] = [target.from > from ? target.from : from, target.to < to ? target.to : to]
    return sum + (target.value * days(start, end)) / days(target.from, target.to)
  }, 0)
  return { mqls: Math.round(share), from: 'targets' }
}

const none = (): string => ''
/** Without its token, which is made with a secret that may be replaced. */
const plain = ({ explain: _token, ...row }: FigureRow): FigureRow => row

/** M6 of each step of the lead stages, of the latest cohort of a month that has had its horizon by the end of the audited one. */
const maturedConversion = async (store: Store, context: AnswerContext, month: ReturnType<typeof monthOf>): Promise<FigureRow[]> => {
  const { stageMap, history } = context.definitions
  const { zone, fiscal } = context.settings
  const steps = stageMap.stages.flatMap((stage, i) => {
    const next = stageMap.stages[i + 1]
    return next === undefined || isDealStage(stageMap, stage.name)
      ? []
      : [{ from: stage.name, to: next.name, horizonDays: horizonOf(stageMap, stage.name) }]
  })
  const until = Math.min(month.toMs, context.observedTo)
  // steps that are waited for alike are read together
  const rows = await Promise.all(
    [...Map.groupBy(steps, ({ horizonDays }) => horizonDays)].map(async ([horizonDays, transitions]) => {
      let cohort = month
      while (cohort.toMs + horizonDays * 86_400_000 > until) cohort = monthOf(previousMonth(cohort.from), context)
      const { total } = await conversionAnswer(
        store,
        context,
        {
          stageMap,
          counted: 'journeys',
          transitions,
          policy: stageMap.skipping ?? 'implied',
          by: [],
          filters: {},
          from: cohort.fromMs,
          to: cohort.toMs,
          zone,
          observedTo: context.observedTo,
          measure: 'cohort',
        },
        none,
      )
      const plan = inForceOf(history, quarterPlanKind, quarterPlanId(quarterOf(cohort.from, fiscal)), until)
      const planned = (stage: unknown): number | null => plan?.document.funnel.find(each => each.stage === stage)?.entries ?? null
      return total.map(row => {
        const [entering, reaching] = [planned(row['stage_from']), planned(row['stage_to'])]
        return {
          ...plain(row),
          cohort: cohort.from.slice(0, 7),
          planned: entering === null || reaching === null || entering === 0 ? null : reaching / entering,
        }
      })
    }),
  )
  return rows.flat()
}

const previousMonth = (first: string): string => {
  const [year, month] = [Number(first.slice(0, 4)), Number(first.slice(5, 7))]
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, '0')}`
}

/** Digest of the latest agreed audit of an earlier month; '' where there is none. */
const previousAudit = async (store: Store, context: AnswerContext, { records }: SlaBook, month: string): Promise<string> => {
  const earlier = [...new Set(records.signatures.map(({ audit_id }) => audit_id))]
    .filter(id => id.startsWith('sla-') && id < auditIdOf(month))
    .toSorted()
  for (const id of earlier.toReversed()) {
    const agreed = agreedDocument(await readSigned(store, context.sources, { type: 'audit-signed', id }))
    if (agreed !== null) return agreed.sha256
  }
  return ''
}

/** An audit is asked for a few times a month, and as of the past from the facts: its statements may take longer than a page's. */
const patient = (store: Store): Store => ({
  ...store,
  read: (statement, options) => store.read(statement, { maxSeconds: 300, maxMemoryBytes: 4 * 1024 ** 3, ...options }),
})

/** The audit of a month as of the context's instant: the same content is the same bytes. */
export const computeAudit = async (anyStore: Store, context: AnswerContext, book: SlaBook, name: string): Promise<Audit> => {
  const store = patient(anyStore)
  const month = monthOf(name, context)
  const { settings, definitions, observedTo } = context
  const { stageMap } = definitions
  const at = observedTo * 1000
  const question: SlaQuestion = { by: [], filters: {}, metrics: [...SLA_METRICS], from: month.fromMs, to: month.toMs }
  const cut = (by: readonly SlaDimension[], metrics: SlaQuestion['metrics']): FigureRow[] => {
    const asked = { ...question, by: [...by], metrics }
    return slaRows(entriesAsked(book, context, asked).entries, asked, by, none, []).map(plain)
  }
  const lead = {
    note: null,
    horizonDays: 90,
    by: [],
    filters: {},
    from: month.fromMs,
    to: month.toMs,
    definition: null,
    metrics: ['M23a', 'M23b', 'M24'],
  } as const
  const stages = {
    stageMap,
    counted: 'journeys',
    by: [],
    filters: {},
    from: month.fromMs,
    to: month.toMs,
    zone: settings.zone,
    currency: settings.currency,
    volumesAt: [],
  } as const
  const [entries, leads, commitment, conversion, previous] = await Promise.all([
    stagesAnswer(store, context, stages, none),
    leadAnswer(store, context, lead, none),
    owed(store, context, month),
    maturedConversion(store, context, month),
    previousAudit(store, context, book, name),
  ])
  const mqls = leads.total.map(plain)
  const declared = mqls.find(({ metric }) => metric === 'M23a')?.value ?? 0
  const conformant = mqls.find(({ metric }) => metric === 'M24')?.numerator ?? null
  const due = clocksIn(book)
    .filter(({ dueAt, startAt }) => startAt <= at && dueAt >= month.fromMs * 1000 && dueAt < month.toMs * 1000)
    .map(clock => ({ clock, state: stateAt(clock, at, book.excused) }))
  const rows = due.map(({ clock, state }) => clockRow(clock, state, at, null))
  const compact = rows.map(
    ({ id, state, start_at, due_at, met_at, owner }): z.output<typeof CompactClock> => [id, state, start_at, due_at, met_at, owner],
  )
  const text = canonicalJson(compact)
  const left = new Map<string, number>()
  for (const { reason } of entriesAsked(book, context, question).left) left.set(reason, (left.get(reason) ?? 0) + 1)
  const audit: Audit = {
    audit_id: auditIdOf(name),
    month: name,
    zone: settings.zone,
    as_of: instantOf(observedTo),
    previous_sha256: previous,
    definitions: [
      ...new Set([...due.map(({ clock }) => clock.policy), ...leadsUnder(context, null).definitions, stageMapName(stageMap)]),
    ].toSorted(),
    summary: {
      stages: entries.total.filter(({ metric }) => metric === 'M1').map(plain),
      mqls,
      commitment: {
        ...commitment,
        declared,
        conformant,
        attainment: commitment.mqls === null || commitment.mqls === 0 ? null : (conformant ?? declared) / commitment.mqls,
      },
      conversion,
    },
    attainment: cut(['handoff', 'step', 'side'], [...SLA_METRICS]),
    by_owner: cut(['side', 'owner'], ['M42', 'M43', 'M44', 'M52']),
    by_team: cut(['side', 'team'], ['M42', 'M43', 'M44', 'M52']),
    by_region: cut(['side', 'region'], ['M42', 'M43']),
    by_bucket: cut(['side', 'bucket'], ['M42', 'M43']),
    excluded: Object.fromEntries(left),
    breaches: rows.filter(({ state }) => state === 'breached' || state === 'excused'),
    clocks: { count: compact.length, sha256: sha256Of(text), rows: compact },
  }
  return canonicalJson(audit).length <= MOST_CHARACTERS
    ? audit
    : { ...audit, breaches: audit.breaches.slice(0, 500), clocks: { ...audit.clocks, rows: null } }
}
