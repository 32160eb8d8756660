import type { Broker, GroupMember, GroupMemberAssignment, GroupState } from 'kafkajs'
import { fetchRequest, type AnsweredPartition, type AskedPartition } from './kafka-fetch-request.ts'

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

type Connections = { readonly send: (request: ReturnType<typeof fetchRequest>) => Promise<readonly AnsweredPartition[]> }

const isConnections = (found: unknown): found is Connections => typeof found === 'object' && found !== null && 'send' in found

/**
 * A fetch over the broker's own connection, with our reading of the answer: kafkajs' own says nothing of batches that compaction has
 * emptied, and a consumer that knows only of records waits at such a batch for ever.
 */
export const sendFetch = async (
  broker: Broker,
  asked: readonly AskedPartition[],
  maxWaitMs: number,
  maxBytes: number,
): Promise<readonly AnsweredPartition[]> => {
  const connections: unknown = Reflect.get(broker, 'connectionPool')
  if (!isConnections(connections)) throw new TypeError('this kafkajs has no connection pool; Accord needs 2.2.4')
  return connections.send(fetchRequest(asked, maxWaitMs, maxBytes))
}
