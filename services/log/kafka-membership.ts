import { setTimeout as wait } from 'node:timers/promises'
import { AssignerProtocol, type Cluster, type GroupMember } from 'kafkajs'
import { asGroupBroker, type GroupBroker } from './kafka-broker.ts'
import { LOST_REQUEST_MS, partitionsOf, within, type KafkaConnection } from './kafka-client.ts'
import type { LogLogger } from './kafka-config.ts'
import { hasType, toLogError } from './kafka-errors.ts'
import type { Position, TopicPartition } from './port.ts'

export type MembershipOptions = {
  readonly connection: KafkaConnection
  readonly group: string
  readonly topics: readonly string[]
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** The group has given these partitions; `lost` is aborted as soon as they are no longer ours alone. Not awaited. */
  readonly onAssigned: (assigned: readonly TopicPartition[], lost: AbortSignal) => void
  /** Awaited, with heartbeats going on, before the group may give the partitions to somebody else. */
  readonly onRevoked: () => Promise<void>
  /** Waiting doesn't mend it. */
  readonly onFailure: (error: unknown) => void
  readonly logger?: LogLogger | undefined
}

export type Membership = {
  /** Rejects with a retriable `LogError` while the group rebalances. Positions of partitions that are no longer ours are left out. */
  readonly commit: (positions: readonly Position[]) => Promise<void>
  readonly leave: () => Promise<void>
}

type Generation = {
  readonly id: number
  readonly memberId: string
  readonly assigned: readonly TopicPartition[]
}

const PROTOCOL = 'accord-round-robin'
const RETRY_MS = 200
const RETRY_MOST_MS = 5000
const LEAVE_MS = 5000

/** The leader's job: partitions in order, dealt out to the members in order. */
export const dealOut = (
  memberIds: readonly string[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<string, Record<string, number[]>> => {
  const members = memberIds.toSorted()
  const dealt = new Map<string, Record<string, number[]>>(members.map(member => [member, {}]))
  partitions.forEach(({ topic, partition }, index) => {
    const share = dealt.get(members[index % members.length] ?? '')
    if (share === undefined) return
    share[topic] = [...(share[topic] ?? []), partition]
  })
  return dealt
}

const assignments = (cluster: Cluster, members: readonly GroupMember[], topics: readonly string[]) => {
  const partitions = topics.toSorted().flatMap(topic => partitionsOf(cluster, topic).map(partition => ({ topic, partition })))
  const dealt = dealOut(
    members.map(member => member.memberId),
    partitions,
  )
  return [...dealt].map(([memberId, assignment]) => ({
    memberId,
    memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 0, assignment, userData: Buffer.alloc(0) }),
  }))
}

/**
 * Membership in a consumer group by the classic protocol: join, sync, heartbeats, and again whenever the group changes.
 *
 *     joining ──▶ member ──(group rebalances | session lost)──▶ giving up (onRevoked, heartbeats go on) ──▶ joining
 */
export const joinGroup = (options: MembershipOptions): Membership => {
  const { connection, group, topics, sessionTimeoutMs, rebalanceTimeoutMs, logger } = options
  const leaving = new AbortController()
  /** Heartbeats are also how a member learns of a rebalance, so they are frequent. */
  const beatMs = Math.min(1000, sessionTimeoutMs / 4)
  let memberId = ''
  let current: Generation | null = null
  let coordinator: GroupBroker | null = null

  const attempt = <T>(doing: string, work: (cluster: Cluster, coordinator: GroupBroker) => Promise<T>): Promise<T> =>
    connection.use(
      doing,
      topics,
      async cluster => {
        try {
          if (coordinator?.isConnected() !== true) coordinator = asGroupBroker(await cluster.findGroupCoordinator({ groupId: group }))
          return await within(LOST_REQUEST_MS + rebalanceTimeoutMs, doing, work(cluster, coordinator))
        } catch (error) {
          coordinator = null
          throw error
        }
      },
      0,
    )

  const join = (): Promise<Generation> =>
    attempt('joining the group', async (cluster, broker) => {
      const joined = await broker.joinGroup({
        groupId: group,
        memberId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        groupProtocols: [
          {
            name: PROTOCOL,
            metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics: [...topics], userData: Buffer.alloc(0) }),
          },
        ],
      })
      memberId = joined.memberId
      const leads = joined.leaderId === memberId
      if (leads) await cluster.refreshMetadata()
      const synced = await broker.syncGroup({
        groupId: group,
        generationId: joined.generationId,
        memberId,
        groupAssignment: leads ? assignments(cluster, joined.members, topics) : [],
      })
      const assignment = AssignerProtocol.MemberAssignment.decode(synced.memberAssignment)?.assignment ?? {}
      const assigned = Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map(partition => ({ topic, partition })))
      return { id: joined.generationId, memberId, assigned }
    })

  const beat = async ({ id, memberId: member }: Generation): Promise<void> => {
    await attempt('heartbeat', (_, broker) => broker.heartbeat({ groupId: group, groupGenerationId: id, memberId: member }))
  }

  const pause = (ms: number): Promise<unknown> => wait(ms, undefined, { signal: leaving.signal }).catch(() => undefined)

  /** Resolves when the group wants its members to join again, or has forgotten this one, or we are leaving. */
  const stayMember = async (generation: Generation): Promise<void> => {
    let heardAt = Date.now()
    while (!leaving.signal.aborted) {
      await pause(beatMs)
      if (leaving.signal.aborted) return
      try {
        await beat(generation)
        heardAt = Date.now()
      } catch (error) {
        if (hasType(error, ['REBALANCE_IN_PROGRESS'])) return
        if (hasType(error, ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID'])) {
          memberId = ''
          return
        }
        const failed = toLogError(error, 'heartbeat')
        if (!failed.retriable) throw failed
        if (Date.now() - heardAt > sessionTimeoutMs) {
          logger?.warn({ group, err: failed.message }, 'no word from the group for longer than the session lasts: giving up the partitions')
          return
        }
      }
    }
  }

  const giveUp = async (generation: Generation, lost: AbortController): Promise<void> => {
    lost.abort()
    // answers REBALANCE_IN_PROGRESS, but shows that we are alive while the insert in flight comes to its end
    const beating = setInterval(() => void beat(generation).catch(() => undefined), beatMs)
    try {
      await options.onRevoked()
    } finally {
      clearInterval(beating)
    }
  }

  const live = async (): Promise<void> => {
    let retryMs = RETRY_MS
    while (!leaving.signal.aborted) {
      try {
        const generation = await join()
        retryMs = RETRY_MS
        current = generation
        logger?.info({ group, generation: generation.id, partitions: generation.assigned.length }, 'joined the consumer group')
        const lost = new AbortController()
        options.onAssigned(generation.assigned, lost.signal)
        try {
          await stayMember(generation)
        } finally {
          await giveUp(generation, lost)
          current = null
        }
      } catch (error) {
        if (hasType(error, ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'])) continue // between join and sync the group changed again
        if (hasType(error, ['UNKNOWN_MEMBER_ID'])) {
          memberId = ''
          continue
        }
        const failed = toLogError(error, 'joining the group')
        if (!failed.retriable) throw failed
        logger?.warn(
          { group, code: failed.code, err: failed.message, againInMs: retryMs },
          'the consumer group is out of reach, trying again',
        )
        await pause(retryMs)
        retryMs = Math.min(retryMs * 2, RETRY_MOST_MS)
      }
    }
  }

  const living = live().catch((error: unknown) => options.onFailure(error))

  return {
    commit: async positions => {
      const generation = current
      if (generation === null) return
      const ours = new Set(generation.assigned.map(({ topic, partition }) => `${topic}/${partition}`))
      const byTopic = Object.groupBy(
        positions.filter(({ topic, partition }) => ours.has(`${topic}/${partition}`)),
        position => position.topic,
      )
      const committed = Object.entries(byTopic).map(([topic, found = []]) => ({
        topic,
        partitions: found.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      }))
      if (committed.length === 0) return
      await attempt('committing positions', (_, broker) =>
        broker.offsetCommit({
          groupId: group,
          groupGenerationId: generation.id,
          memberId: generation.memberId,
          topics: committed,
        }),
      )
    },
    leave: async () => {
      if (leaving.signal.aborted) return
      leaving.abort()
      // a join can take as long as the slowest member; then the session's end is our leaving
      await Promise.race([living, wait(LEAVE_MS, undefined, { ref: false })])
      if (memberId === '') return
      await attempt('leaving the group', (_, broker) => broker.leaveGroup({ groupId: group, memberId })).catch(() => undefined)
    },
  }
}
