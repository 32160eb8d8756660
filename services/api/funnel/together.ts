import { horizonOf, type StageMap } from '../../domain/definitions/stage-map.ts'
import type { Transition } from '../../domain/figures/funnel-conversion.ts'
import { rankOf } from '../../domain/figures/stage-paths.ts'
import type { Figures } from '../figure-route.ts'
import { badParameter } from '../problems.ts'

/** Several figures as one answer: what they leave out is added up by reason. */
export const together = (parts: readonly Figures[]): Figures => ({
  rows: parts.flatMap(part => part.rows),
  total: parts.flatMap(part => part.total),
  excluded: parts.reduce<Record<string, number>>((all, { excluded }) => {
    for (const [reason, n] of Object.entries(excluded)) all[reason] = (all[reason] ?? 0) + n
    return all
  }, {}),
})

/** Refuses a stage that the map does not have, naming those that it has. */
export const assertStage = (map: StageMap, parameter: string, stage: string): void => {
  if (rankOf(map, stage) > 0) return
  throw badParameter(parameter, `there is no stage ${stage.slice(0, 64)}: there are ${map.stages.map(each => each.name).join(', ')}`)
}

/** Days that a step from a to b is waited for: what is asked for, else those of each step by the map. */
const stepsHorizon = (map: StageMap, from: string, to: string, asked: number | undefined): number =>
  asked ?? map.stages.slice(rankOf(map, from) - 1, rankOf(map, to) - 1).reduce((sum, { name }) => sum + horizonOf(map, name), 0)

/** One transition, or each stage to the next. */
export const transitionsOf = (
  map: StageMap,
  from: string | undefined,
  to: string | undefined,
  horizonDays: number | undefined,
): readonly Transition[] => {
  if (from === undefined && to === undefined) {
    return map.stages.slice(1).map((stage, i) => {
      const name = map.stages[i]?.name ?? ''
      return { from: name, to: stage.name, horizonDays: horizonDays ?? horizonOf(map, name) }
    })
  }
  if (from === undefined || to === undefined)
    throw badParameter(from === undefined ? 'stage_from' : 'stage_to', 'give both stage_from and stage_to, or neither')
  assertStage(map, 'stage_from', from)
  assertStage(map, 'stage_to', to)
  if (rankOf(map, from) >= rankOf(map, to)) {
    throw badParameter('stage_to', `must come after stage_from in the order ${map.stages.map(stage => stage.name).join(', ')}`)
  }
  return [{ from, to, horizonDays: stepsHorizon(map, from, to, horizonDays) }]
}

/** From a stage to each of those after it (metrics M8, M9, M22), every step with a horizon of its own. */
export const fromStage = (map: StageMap, start: string, horizonDays: number | undefined): readonly Transition[] =>
  map.stages.slice(rankOf(map, start)).map((stage, index) => ({
    from: start,
    to: stage.name,
    horizonDays: horizonDays === undefined ? stepsHorizon(map, start, stage.name, undefined) : horizonDays * (index + 1),
  }))
