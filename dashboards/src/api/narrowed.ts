import type { Read } from './ask.ts'

type Narrowing = 'team' | 'segment'

const BOTH: readonly Narrowing[] = ['team', 'segment']

/**
 * Questions that are asked of the team and the segment in the bar: those about leads and deals, which have an owner and an account. Credit and spend have
 * neither: a team there is whose touch it was.
 */
const NARROWED: ReadonlyMap<Read, readonly Narrowing[]> = new Map<Read, readonly Narrowing[]>([
  ['GET /v1/funnel/stages', BOTH],
  ['GET /v1/funnel/conversion', BOTH],
  ['GET /v1/funnel/velocity', BOTH],
  ['GET /v1/funnel/outcomes', BOTH],
  ['GET /v1/funnel/win-rate', BOTH],
  ['GET /v1/funnel/losses', BOTH],
  ['GET /v1/funnel/leaks', BOTH],
  ['GET /v1/leads/matrix', BOTH],
  ['GET /v1/leads/quality', BOTH],
  ['GET /v1/forecast/{period}', BOTH],
  ['GET /v1/forecast/{period}/backtest', BOTH],
  ['GET /v1/pipeline/bridge', BOTH],
  ['GET /v1/deals', BOTH],
  ['GET /v1/sla/attainment', ['team']],
  ['GET /v1/sla/clocks', ['team']],
  ['GET /v1/sourced', ['team']],
  ['GET /v1/attribution/journeys', ['team']],
])

/** What the bar adds to a question that does not say it itself. */
export const narrowed = (
  route: Read,
  query: Readonly<Record<string, unknown>>,
  chosen: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (NARROWED.get(route) ?? []).flatMap(name =>
      (chosen[name] ?? '') === '' || query[name] !== undefined ? [] : [[name, chosen[name] ?? '']],
    ),
  )
