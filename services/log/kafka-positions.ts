import { LOST_REQUEST_MS, partitionsOf, within, type KafkaConnection } from './kafka-client.ts'
import type { Position } from './port.ts'

export type KafkaPositions = {
  readonly ends: (topics: readonly string[]) => Promise<readonly Position[]>
  readonly starts: (topics: readonly string[]) => Promise<readonly Position[]>
  readonly committed: (group: string, topics: readonly string[]) => Promise<readonly Position[]>
}

type TopicOffsets = { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }

const flat = (topics: readonly TopicOffsets[]): readonly Position[] =>
  topics
    .flatMap(({ topic, partitions }) => partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })))
    .toSorted((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))

/** One request per broker for all partitions together, on one connection: cheap enough to be asked several times a second. */
export const kafkaPositions = (connection: KafkaConnection): KafkaPositions => {
  const edges = (topics: readonly string[], fromBeginning: boolean): Promise<readonly Position[]> =>
    connection.use('asking for offsets', topics, async cluster => {
      const asked = topics.map(topic => ({
        topic,
        fromBeginning,
        partitions: partitionsOf(cluster, topic).map(partition => ({ partition })),
      }))
      return flat(await within(LOST_REQUEST_MS, 'asking for offsets', cluster.fetchTopicsOffset(asked)))
    })

  return {
    ends: topics => edges(topics, false),
    starts: topics => edges(topics, true),
    committed: (group, topics) =>
      connection.use('asking for committed positions', topics, async cluster => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group })
        // the offset is not part of this request; its type wants one
        const asked = topics.map(topic => ({
          topic,
          partitions: partitionsOf(cluster, topic).map(partition => ({ partition, offset: '-1' })),
        }))
        const request = coordinator.offsetFetch({ groupId: group, topics: asked })
        const { responses } = await within(LOST_REQUEST_MS, 'asking for committed positions', request)
        return flat(responses).filter(position => position.offset >= 0)
      }),
  }
}
