import { z } from 'zod'
import { standingDocument } from './document-kind.ts'

/**
 * The stages of the company's funnel in order, and which stages of its pipelines lead into them. `enters` names what makes a journey enter
 * the stage: a lead stage as the CRM calls it, an event of the lead, or a flag of the deal that the journey feeds.
 */
export const StageMap = z.strictObject({
  id: z.literal('stage-map'),
  version: z.int().min(1),
  stages: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
        lead_stages: z.array(z.string()),
        deal_stages: z.array(z.string()),
        on: z.enum(['created', 'accepted', 'won']).nullable(),
      }),
    )
    .min(2),
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

/** Deal stages that qualify a deal: the first entry to one of them makes it an SQO. */
export const qualifyingDealStages = (map: StageMap): readonly string[] => map.stages.find(stage => stage.name === 'sqo')?.deal_stages ?? []

export const stageMapKind = standingDocument({
  kind: 'stage-map',
  title: 'Stages of the funnel',
  schema: StageMap,
  shipped: shippedStageMap,
  kept: true,
})
