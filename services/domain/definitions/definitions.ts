import { type AttributionModel, shippedModels } from './attribution-model.ts'
import { type ChannelMap, shippedChannelMap } from './channel-map.ts'
import { type DefinitionHistory, NO_HISTORY } from './history.ts'
import { type ResponseList, shippedResponses } from './responses.ts'
import { type StageMap, shippedStageMap } from './stage-map.ts'

/** What a tenant's figures are computed under. */
export type Definitions = {
  readonly models: readonly AttributionModel[]
  readonly responses: ResponseList
  readonly stageMap: StageMap
  readonly channelMap: ChannelMap
  /** Everything proposed and agreed, as known: `inForceAt(history, kind, instant)` (history.ts) is the document that was in force at an instant. */
  readonly history: DefinitionHistory
  /** IANA zone in which dates are meant. */
  readonly zone: string
  /** On what touches count of whom no consent is recorded; `none`: they do not count. */
  readonly lawfulBasis: string
  /** What was ever said of the tenant that takes touches or records out, or gives them other names: nothing is planned for what nobody said. */
  readonly exceptions: Readonly<Record<Exception, boolean>>
}

export type Exception = 'exclusions' | 'aliases' | 'consents'

/** In force where a tenant has published nothing of its own. */
export const shippedDefinitions: Definitions = {
  models: shippedModels,
  responses: shippedResponses,
  stageMap: shippedStageMap,
  channelMap: shippedChannelMap,
  history: NO_HISTORY,
  zone: 'UTC',
  lawfulBasis: 'legitimate-interest',
  exceptions: { exclusions: false, aliases: false, consents: false },
}
