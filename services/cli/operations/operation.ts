import type { z } from 'zod'
import type { Projector } from '../../projector/projector.ts'
import { Refused } from '../control.ts'
import type { Installation } from '../installation.ts'

/** What an operation works with, in whichever process it runs. */
export type Workplace = {
  readonly installation: Installation
  /** The projecting side of this process; null when it has none. */
  readonly projector: Projector | null
  readonly progress: (text: string) => void
  readonly signal: AbortSignal
}

/** What has to be there: the log alone, somebody who projects, or the projecting side itself. */
export type Needs = 'log' | 'figures' | 'projector'

/** Something that a command asks for: carried out by the process that has the data directory, or here when none has. */
export type Operation<Input = unknown, Result = unknown> = {
  readonly name: string
  readonly needs: Needs
  /** Checks the input and carries it out; rejects with `Refused` when the input is wrong or the answer is no. */
  readonly run: (input: Input, workplace: Workplace) => Promise<Result>
}

export const operation = <Schema extends z.ZodType, Result>(of: {
  readonly name: string
  readonly needs: Needs
  readonly input: Schema
  readonly run: (input: z.output<Schema>, workplace: Workplace) => Promise<Result>
}): Operation<unknown, Result> => ({
  name: of.name,
  needs: of.needs,
  run: async (input, workplace) => {
    const checked = of.input.safeParse(input)
    if (!checked.success) throw new Refused(checked.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; '))
    return of.run(checked.data, workplace)
  },
})

/** The tenant of an embedded installation where none is named. */
export const DEFAULT_TENANT = 'demo'
