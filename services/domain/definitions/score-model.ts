import { z } from 'zod'
import { documentsById, documentVersion, documentId } from './document-kind.ts'

const millionths = z.int().min(0).max(1_000_000).nullable()

/**
 * What is agreed of a model that scores leads or deals, around the parameters that only the model reads: what it predicts and within how many days, what it may look at,
 * what it was learned from and how well it did on what it had not seen, beside what people go by without it: one that is no better cannot be
 * proposed. A score names its model as id@version (`score-recorded`).
 */
export const ScoreModel = z
  .strictObject({
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
      auc_ppm: millionths,
      brier_ppm: millionths,
      log_loss_ppm: z.int().min(0).nullable().default(null),
    }),
    /** How what people go by without the model did on the same entries, in millionths: of leads the six buckets, of deals their stage. */
    compared_with: z
      .strictObject({ what: z.enum(['buckets', 'stages']), auc_ppm: millionths, log_loss_ppm: z.int().min(0).nullable() })
      .nullable()
      .default(null),
    parameters: z.record(z.string(), z.json()),
  })
  .superRefine(({ of, quality, compared_with: other }, context) => {
    if (other === null) {
      if (of === 'lead')
        context.addIssue({
          code: 'custom',
          path: ['compared_with'],
          message: 'a lead score is set beside the six buckets before it is agreed',
        })
      return
    }
    const better = (quality.auc_ppm ?? 0) > (other.auc_ppm ?? 0) && (quality.log_loss_ppm ?? Infinity) < (other.log_loss_ppm ?? Infinity)
    if (!better)
      context.addIssue({
        code: 'custom',
        path: ['compared_with'],
        message: `the model has to order better, and be nearer to what came, than the ${other.what}`,
      })
  })
export type ScoreModel = z.infer<typeof ScoreModel>

export const scoreModelKind = documentsById({ kind: 'score-model', title: 'Score model', schema: ScoreModel, shipped: [] })
