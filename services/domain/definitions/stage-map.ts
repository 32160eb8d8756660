import { z } from 'zod'
import { standingDocument } from './document-kind.ts'

const STAGE_FLAGS = ['sql', 'qualified'] as const
/** How a journey that leaves the funnel ends, as the company's lead stages name it. */
const EXITS = ['recycled', 'disqualified'] as const
const SKIPPING = ['implied', 'strict'] as const

const Name = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/)
const Days = z.int().min(1).max(3650)

const Stage = z.strictObject({
  name: Name,
  lead_stages: z.array(z.string()),
  deal_stages: z.array(z.string()),
  on: z.enum(['created', 'accepted', 'won']).nullable(),
  /** `sql`: entering it makes a person an SQL; `qualified`: its deal stages make a deal an SQO. Without any flag the stages named sql and sqo are these. */
  flags: z.array(z.enum(STAGE_FLAGS)).optional(),
  /** How long the step to the next stage is waited for in M6, M22 and their kin. */
  horizon_days: Days.optional(),
  /** A journey that stands in it for so long without a sign (a stage, an assignment, an acceptance, a response) has timed out, unless it feeds a deal. Stages of leads only. */
  timeout_days: Days.optional(),
})

/**
 * The stages of the company's funnel in order, and which stages of its pipelines lead into them: a lead stage as the CRM calls it, an event of the lead, or a stage of the deal
 * that the journey feeds. What is not said is as it always was: stages are skipped by implication, a step is waited for 90 days, nothing times out.
 */
export const StageMap = z
  .strictObject({
    id: z.literal('stage-map'),
    version: z.int().min(1),
    stages: z.array(Stage).min(2),
    /** Whether a later stage has passed those before it. */
    skipping: z.enum(SKIPPING).optional(),
    /** Lead stages of the company by which a journey ends. */
    exits: z.array(z.strictObject({ outcome: z.enum(EXITS), lead_stages: z.array(z.string()).min(1) })).optional(),
    /** Deal stages of a pipeline whose names mean something else there: pipeline → deal stage → stage of this map. */
    pipelines: z.record(z.string().min(1), z.record(z.string().min(1), Name)).optional(),
    /** What each stage of the version before became: a stage of this one, or null where it was retired (metrics C14). */
    from_before: z.record(Name, Name.nullable()).optional(),
  })
  .superRefine(({ stages, pipelines, from_before, exits }, context) => {
    const names = stages.map(stage => stage.name)
    const refuse = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message })
    names.forEach((name, index) => {
      if (names.indexOf(name) < index) refuse(['stages', index, 'name'], `there is a stage ${name} already`)
    })
    for (const [index, { timeout_days, deal_stages, on }] of stages.entries()) {
      if (timeout_days !== undefined && (deal_stages.length > 0 || on === 'won'))
        refuse(['stages', index, 'timeout_days'], 'only stages of leads time out: a deal is open until it is closed')
    }
    const seen = new Map<string, string>()
    for (const [index, { name, lead_stages }] of stages.entries()) {
      for (const lead of lead_stages) {
        const taken = seen.get(lead)
        if (taken !== undefined) refuse(['stages', index, 'lead_stages'], `${lead} leads into ${taken} already`)
        seen.set(lead, name)
      }
    }
    for (const [index, { lead_stages }] of (exits ?? []).entries()) {
      for (const lead of lead_stages)
        if (seen.has(lead)) refuse(['exits', index, 'lead_stages'], `${lead} leads into ${seen.get(lead)} already`)
    }
    for (const [pipeline, own] of Object.entries(pipelines ?? {})) {
      for (const [stage, into] of Object.entries(own))
        if (!names.includes(into)) refuse(['pipelines', pipeline, stage], `there is no stage ${into}`)
    }
    for (const [before, now] of Object.entries(from_before ?? {})) {
      if (now !== null && !names.includes(now)) refuse(['from_before', before], `there is no stage ${now}`)
    }
  })
export type StageMap = z.infer<typeof StageMap>

export const shippedStageMap: StageMap = {
  id: 'stage-map',
  version: 1,
  stages: [
    { name: 'lead', lead_stages: ['lead'], deal_stages: [], on: 'created' },
    { name: 'mql', lead_stages: ['mql'], deal_stages: [], on: null },
    { name: 'sal', lead_stages: ['sal'], deal_stages: [], on: 'accepted' },
    { name: 'sql', lead_stages: ['sql'], deal_stages: [], on: null },
    { name: 'sqo', lead_stages: [], deal_stages: ['qualified', 'proposal', 'negotiation'], on: null },
    { name: 'won', lead_stages: [], deal_stages: [], on: 'won' },
  ],
}

/** The names that carried the flags before stages could say so themselves. */
const NAMED: Readonly<Record<(typeof STAGE_FLAGS)[number], string>> = { sql: 'sql', qualified: 'sqo' }

/** Stages with a flag, in order. */
export const flagged = ({ stages }: StageMap, flag: (typeof STAGE_FLAGS)[number]): StageMap['stages'] =>
  stages.some(stage => stage.flags !== undefined)
    ? stages.filter(stage => stage.flags?.includes(flag) === true)
    : stages.filter(stage => stage.name === NAMED[flag])

/** Deal stages that qualify a deal: the first entry to one of them makes it an SQO. */
export const qualifyingDealStages = (map: StageMap): readonly string[] => flagged(map, 'qualified').flatMap(stage => stage.deal_stages)

const DEFAULT_HORIZON_DAYS = 90

/** Days that the step from a stage to the next is waited for. */
export const horizonOf = ({ stages }: StageMap, name: string): number =>
  stages.find(stage => stage.name === name)?.horizon_days ?? DEFAULT_HORIZON_DAYS

/** Lead stages that are no stage of the funnel but its end, with how a journey ends by them. */
export const exitStages = ({ exits = [] }: StageMap): readonly (readonly [leadStage: string, outcome: string])[] =>
  exits.flatMap(({ outcome, lead_stages }) => lead_stages.map(stage => [stage, outcome] as const))

/** Stages in which a journey times out, and after how many days without a sign. */
export const timeoutsOf = ({ stages }: StageMap): readonly (readonly [stage: string, days: number])[] =>
  stages.flatMap(({ name, timeout_days }) => (timeout_days === undefined ? [] : [[name, timeout_days] as const]))

/** A stage of the version before as this map has it; null where it was retired. What is not spoken of kept its name, if it is still there. */
export const stageAfter = ({ stages, from_before = {} }: StageMap, before: string): string | null => {
  const said = from_before[before]
  if (said !== undefined) return said
  return stages.some(stage => stage.name === before) ? before : null
}

export const stageMapKind = standingDocument({
  kind: 'stage-map',
  title: 'Stages of the funnel',
  schema: StageMap,
  shipped: shippedStageMap,
  kept: true,
})
