import { z } from 'zod'
import { documentsById, documentVersion, documentId } from './document-kind.ts'

/**
 * What is agreed of a model that scores leads or deals, around the parameters that only the model reads: what it predicts and within how many days, what it may look at,
 * what it was learned from and how well it did on what it had not seen. A score names its model as id@version (`score-recorded`).
 */
export const ScoreModel = z.strictObject({
  id: documentId,
  version: documentVersion,
  of: z.enum(['lead', 'deal']),
  outcome: z.enum(['mql', 'sal', 'sql', 'sqo', 'won']),
  horizon_days: z.int().min(1).max(1_000),
  algorithm: z.string().trim().min(1).max(64),
  features: z
    .array(z.strictObject({ name: z.string().trim().min(1).max(100), kind: z.enum(['number', 'count', 'category', 'flag']) }))
    .min(1)
    .max(1_000),
  /** Entries of the cohort from, to (exclusive), and as of when they were read. */
  learned_from: z.strictObject({
    from: z.iso.date(),
    to: z.iso.date(),
    as_of: z.iso.datetime(),
    entries: z.int().min(1),
    reached: z.int().min(0),
  }),
  /** On entries after those, in millionths. */
  quality: z.strictObject({
    entries: z.int().min(0),
    auc_ppm: z.int().min(0).max(1_000_000).nullable(),
    brier_ppm: z.int().min(0).max(1_000_000).nullable(),
  }),
  parameters: z.record(z.string(), z.json()),
})
export type ScoreModel = z.infer<typeof ScoreModel>

export const scoreModelKind = documentsById({ kind: 'score-model', title: 'Score model', schema: ScoreModel, shipped: [] })
