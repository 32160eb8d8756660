import type { Broker, GroupMember, GroupMemberAssignment, GroupState } from 'kafkajs'

/** Requests that kafkajs sends but does not type. */
export type GroupBroker = Broker & {
  readonly joinGroup: (request: {
    readonly groupId: string
    readonly memberId: string
    readonly sessionTimeout: number
    readonly rebalanceTimeout: number
    readonly groupProtocols: readonly GroupState[]
  }) => Promise<{
    readonly generationId: number
    readonly leaderId: string
    readonly memberId: string
    readonly members: readonly GroupMember[]
  }>
  readonly syncGroup: (request: {
    readonly groupId: string
    readonly generationId: number
    readonly memberId: string
    readonly groupAssignment: readonly GroupMemberAssignment[]
  }) => Promise<{ readonly memberAssignment: Buffer }>
  readonly heartbeat: (request: {
    readonly groupId: string
    readonly groupGenerationId: number
    readonly memberId: string
  }) => Promise<unknown>
  readonly leaveGroup: (request: { readonly groupId: string; readonly memberId: string }) => Promise<unknown>
}

const isGroupBroker = (broker: Broker): broker is GroupBroker =>
  ['joinGroup', 'syncGroup', 'heartbeat', 'leaveGroup'].every(name => typeof Reflect.get(broker, name) === 'function')

/** Throws `TypeError` when this kafkajs has no such requests. */
export const asGroupBroker = (broker: Broker): GroupBroker => {
  if (!isGroupBroker(broker)) throw new TypeError('this kafkajs has no group requests; Accord needs 2.2.4')
  return broker
}

/** A record as kafkajs decodes it from a batch of the current format. */
export type FetchedMessage = {
  readonly offset: string
  readonly timestamp: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly isControlRecord: boolean
  readonly batchContext: {
    readonly firstOffset: string
    readonly lastOffsetDelta: number
    readonly producerId: string
    readonly inTransaction: boolean
  }
}

export type FetchedPartition = {
  readonly partition: number
  /** Read-committed end, the bound of what this answer may hold. */
  readonly lastStableOffset: string
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[]
  readonly messages: readonly FetchedMessage[]
}

export type FetchResponse = {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly FetchedPartition[] }[]
}
