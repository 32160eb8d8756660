import { z } from 'zod'
import { BUCKETS } from '../../domain/definitions/qualification.ts'
import { badParameter } from '../problems.ts'
import type { AnswerContext } from '../as-of.ts'

/** How journeys end (metrics, Terms), and `open`. */
const OUTCOMES = ['open', 'won', 'lost', 'recycled', 'rejected', 'disqualified', 'timed_out', 'merged', 'erased'] as const

const among = (values: readonly string[]) => {
  const error = (): string => `expected one of ${values.join(', ')}; may be repeated`
  const one = z.string().refine(value => values.includes(value), { error })
  return z
    .union([one, z.array(one).max(100)], { error })
    .optional()
    .describe(`Only these: ${values.join(', ')}; may be repeated`)
}

export const bucketParameter = among(BUCKETS)
export const outcomeParameter = among(OUTCOMES)

/** Throws 400 naming `stage` where a stage is not one of the map in force. */
export const assertStages = (stages: readonly string[] | undefined, { definitions: { stageMap } }: AnswerContext): void => {
  const names = stageMap.stages.map(({ name }) => name)
  if (stages?.every(stage => names.includes(stage)) === false)
    throw badParameter('stage', `expected one of ${names.join(', ')}; may be repeated`)
}
