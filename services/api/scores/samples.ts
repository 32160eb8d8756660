import { z } from 'zod'
import type { Definitions } from '../../domain/definitions/definitions.ts'
import { rankOf } from '../../domain/figures/stage-paths.ts'
import { leadFeatures, leadSamples, type LeadSamples, type ScoreFeature } from '../../domain/figures/score-features.ts'
import type { Column, FeatureTable } from '../../domain/scoring/encoding.ts'
import type { Samples } from '../../domain/scoring/train.ts'
import type { Row, Store } from '../../store/port.ts'
import type { AnswerContext } from '../as-of.ts'

const Sample = z.looseObject({
  person: z.string(),
  n: z.coerce.number(),
  moment_ms: z.coerce.number(),
  reached: z.coerce.number(),
  bucket: z.string(),
})

const number = (value: unknown): number => (value === null || value === undefined ? Number.NaN : Number(value))

const tableOf = (rows: readonly Row[], features: readonly ScoreFeature[]): FeatureTable => ({
  rows: rows.length,
  columns: features.map(
    ({ name, kind, seconds = 1 }): Column =>
      kind === 'category'
        ? {
            name,
            kind,
            values: rows.map(
              row =>
                z
                  .string()
                  .nullable()
                  .parse(row[name] ?? '') ?? '',
            ),
          }
        : { name, kind, values: Float64Array.from(rows, row => number(row[name]) / seconds) },
  ),
})

export type LeadsRead = Samples & { readonly persons: readonly string[]; readonly journeys: readonly number[] }

/** What a question about leads takes from the definitions: what follows the outcome, what marketing’s own stage is called, and what a response is. */
export const termsOfLeads = (
  { stageMap, responses }: Definitions,
  outcome: string,
): Pick<LeadSamples, 'outcome' | 'later' | 'mqlStages' | 'responses'> => ({
  outcome,
  later: stageMap.stages.slice(rankOf(stageMap, outcome)).map(stage => stage.name),
  mqlStages: stageMap.stages.find(stage => stage.name === 'mql')?.lead_stages ?? [],
  responses: responses.touch_types,
})

/** Leads as they were known at their own moments. */
export const readLeads = async (store: Store, { sources }: Pick<AnswerContext, 'sources'>, asked: LeadSamples): Promise<LeadsRead> => {
  const rows = await store.read(leadSamples(sources, asked))
  const samples = rows.map(row => Sample.parse(row))
  return {
    table: tableOf(rows, leadFeatures(asked.includeSales)),
    labels: Uint8Array.from(samples, sample => sample.reached),
    at: Float64Array.from(samples, sample => sample.moment_ms),
    buckets: samples.map(sample => sample.bucket),
    persons: samples.map(sample => sample.person),
    journeys: samples.map(sample => sample.n),
  }
}
