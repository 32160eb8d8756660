import { type AttributionModel, shippedModels } from './attribution-model.ts'
import { type ResponseList, shippedResponses } from './responses.ts'
import { type StageMap, shippedStageMap } from './stage-map.ts'

/** What a tenant's figures are computed under. */
export type Definitions = {
  readonly models: readonly AttributionModel[]
  readonly responses: ResponseList
  readonly stageMap: StageMap
  /** IANA zone in which dates are meant. */
  readonly zone: string
}

/** In force where a tenant has published nothing of its own. */
export const shippedDefinitions: Definitions = {
  models: shippedModels,
  responses: shippedResponses,
  stageMap: shippedStageMap,
  zone: 'UTC',
}
