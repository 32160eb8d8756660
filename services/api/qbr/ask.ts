import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { HttpProblem, problem } from '../../http/problem.ts'
import { FigureRow } from '../answer.ts'
import { TOO_LARGE } from '../problems.ts'

/** What of an answer is kept in a pack: the figures, and what they rest on. */
export const AskedFigures = z.object({
  rows: z.array(FigureRow),
  total: z.array(FigureRow).default([]),
  excluded: z.record(z.string(), z.number()).default({}),
  definition: z.string().optional(),
  model: z.string().optional(),
  flags: z.array(z.string()).default([]),
})
export type AskedFigures = z.output<typeof AskedFigures>

/** Why there is no answer: too little history, nothing planned … */
export const AskedRefusal = z.object({ status: z.int(), title: z.string(), detail: z.string().default('') })
export type AskedRefusal = z.output<typeof AskedRefusal>

export type Asked = { readonly figures: AskedFigures | null; readonly refusal: AskedRefusal | null }

/** Asks the API a question in the name of whoever asks for the pack. `path` without `as_of`. */
export type Ask = (path: string) => Promise<Asked>

const FORWARDED = ['authorization', 'accord-act-as'] as const

/**
 * A pack asks the API's own routes: what it shows is what everybody else is shown, to the byte. Throws what the routes throw when the store is away: such a pack would be
 * full of holes.
 */
export const askAsOf =
  (app: FastifyInstance, request: FastifyRequest, asOf: string): Ask =>
  async path => {
    const headers = Object.fromEntries(
      FORWARDED.map(name => [name, request.headers[name]]).filter((header): header is [string, string] => typeof header[1] === 'string'),
    )
    const answered = await app.inject({ url: `${path}${path.includes('?') ? '&' : '?'}as_of=${encodeURIComponent(asOf)}`, headers })
    if (answered.statusCode === 200) return { figures: AskedFigures.parse(answered.json()), refusal: null }
    const refusal = AskedRefusal.parse(answered.json())
    // a pack is whole or not at all: what could be answered at another moment is no hole in it
    if (answered.statusCode >= 500 || answered.statusCode === 429 || refusal.title === TOO_LARGE)
      throw new HttpProblem(problem(answered.statusCode >= 500 ? 503 : answered.statusCode, refusal.title, `${path}: ${refusal.detail}`), {
        'retry-after': '5',
      })
    return { figures: null, refusal }
  }
