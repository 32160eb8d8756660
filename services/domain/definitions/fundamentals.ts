import { z } from 'zod'
import { documentVersion, ownDocument } from './document-kind.ts'

const name = z.string().trim().min(1).max(100)
const sentence = z.string().trim().min(1).max(1_000)
const names = z.array(name).max(100).default([])

/**
 * What both functions say to the market: where the company sells, why it wins, what it promises, and the message for each persona at each stage. Personas are ids
 * of persona documents, stages are those of the stage map; a message without a stage is for all of them.
 */
const Fundamentals = z
  .strictObject({
    id: z.literal('fundamentals'),
    version: documentVersion,
    markets: z
      .array(z.strictObject({ name, description: sentence, segments: names, regions: names, industries: names }))
      .min(1)
      .max(50),
    why_we_win: z
      .array(z.strictObject({ claim: sentence, proof: sentence }))
      .min(1)
      .max(50),
    value_proposition: sentence,
    messages: z
      .array(
        z.strictObject({
          persona: name,
          stage: z.string().trim().max(64).default(''),
          message: sentence,
          proof: z.string().trim().max(1_000).default(''),
        }),
      )
      .max(500),
    competitors: z
      .array(z.strictObject({ name, they_say: sentence, we_say: sentence }))
      .max(100)
      .default([]),
  })
  .superRefine(({ messages }, context) => {
    const seen = new Set<string>()
    for (const [index, { persona, stage }] of messages.entries()) {
      const key = `${persona} ${stage}`
      if (seen.has(key))
        context.addIssue({
          code: 'custom',
          path: ['messages', index],
          message: `there is a message for ${persona} at ${stage || 'all stages'} already`,
        })
      seen.add(key)
    }
  })
export type Fundamentals = z.infer<typeof Fundamentals>

export const fundamentalsKind = ownDocument({ kind: 'fundamentals', title: 'Markets, value and messages', schema: Fundamentals })
