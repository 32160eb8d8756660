import { HttpProblem, problem } from '../http/problem.ts'

export const badParameter = (path: string, message: string): HttpProblem =>
  new HttpProblem(problem(400, 'Invalid request', `${path}: ${message}`, { errors: [{ path, message }] }))

export const notFound = (what: string): HttpProblem => new HttpProblem(problem(404, 'Not found', what))

export const conflict = (detail: string): HttpProblem => new HttpProblem(problem(409, 'Conflict', detail))

/** Title of what asks for more than one question may have. */
export const TOO_LARGE = 'Question too large'

export const tooLarge = (detail: string): HttpProblem => new HttpProblem(problem(422, TOO_LARGE, detail))

export const notYetProjected = (): HttpProblem =>
  new HttpProblem(problem(503, 'Not ready', 'nothing is projected yet: try again in a moment'), { 'retry-after': '2' })

export const positionNotReached = (position: string): HttpProblem =>
  new HttpProblem(
    problem(
      504,
      'Not shown yet',
      `what was written up to ${position} does not show yet; it is safe in the log: ask again with the same position`,
    ),
    {
      'retry-after': '1',
    },
  )
