import { setTimeout as wait } from 'node:timers/promises'
import type { Producer, RecordMetadata } from 'kafkajs'
import { kafkaClient, partitionsOf, within, type KafkaConnection } from './kafka-client.ts'
import type { KafkaLogOptions } from './kafka-config.ts'
import { hasType, toLogError } from './kafka-errors.ts'
import { appendTimes, place, takeFlight, topicMessages, type Pending, type Slice } from './kafka-flight.ts'
import { partitionOf } from './partition-of.ts'
import { LogError, type Appended, type LogAppend } from './port.ts'
import { assertRecordSizes, recordBytes } from './record-size.ts'

const APPEND_TIMEOUT_MS = 10_000
const RETRY_MS = 100
const RETRY_MOST_MS = 1000
/** What waits to be sent. Beyond it `append` says `LOG_OVERLOADED` at once, before the process runs out of memory. */
const MAX_WAITING_BYTES = 67_108_864
/** Framing of one record in a batch, at most. */
const RECORD_OVERHEAD = 64

/** The broker's memory of this producer is not what the producer thinks: only a new producer id helps. */
const OUT_OF_SEQUENCE = [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]

export type KafkaAppender = {
  readonly append: (records: readonly LogAppend[]) => Promise<Appended>
  readonly close: () => Promise<void>
}

/**
 * One request is on the way at a time, and what arrives meanwhile goes into the next one together. kafkajs gives a sequence number back when a
 * send fails, so with two on the way the second could take the first one's number, and the broker would drop it as a repetition.
 * A flight that fails is sent again as it was, by the same producer, which makes it idempotent. When it is given up, its fate is not known:
 * the producer goes with it, and the next flight has a new producer id.
 */
export const kafkaAppender = (options: KafkaLogOptions, connection: KafkaConnection): KafkaAppender => {
  const timeoutMs = options.appendTimeoutMs ?? APPEND_TIMEOUT_MS
  const counts = new Map<string, number>()
  const queue: Pending[] = []
  let waitingBytes = 0
  let producing: Promise<Producer> | null = null
  let running: Promise<void> | null = null
  let closed = false

  const connect = async (): Promise<Producer> => {
    const producer = kafkaClient(options).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => {
        return ({ message }) => message.partition ?? 0
      },
      retry: { retries: 2, initialRetryTime: RETRY_MS, maxRetryTime: RETRY_MOST_MS },
    })
    await producer.connect()
    return producer
  }
  const drop = (): void => {
    const dropped = producing
    producing = null
    void dropped?.then(producer => producer.disconnect()).catch(() => undefined)
  }

  const placeRecords = async (pending: Pending): Promise<void> => {
    for (const topic of new Set(pending.records.map(record => record.topic))) {
      if (counts.has(topic)) continue
      const patienceMs = Math.max(0, pending.deadline - Date.now())
      counts.set(
        topic,
        await connection.use('looking up a topic', [topic], async cluster => partitionsOf(cluster, topic).length, patienceMs),
      )
    }
    for (const record of pending.records) record.partition = partitionOf(record.key, counts.get(record.topic) ?? 1)
    pending.placed = true
  }

  const sendBatch = async (messages: ReturnType<typeof topicMessages>): Promise<RecordMetadata[]> => {
    const mine = (producing ??= connect())
    const producer = await mine.catch((error: unknown) => {
      if (producing === mine) producing = null // it has sent nothing yet
      throw error
    })
    return producer.sendBatch({ acks: -1, topicMessages: messages })
  }

  const send = async (slices: readonly Slice[]): Promise<ReadonlyMap<string, number>> => {
    const deadline = Math.min(...slices.map(slice => slice.pending.deadline))
    const messages = topicMessages(slices)
    for (let pause = RETRY_MS; ; pause = Math.min(pause * 2, RETRY_MOST_MS)) {
      try {
        return appendTimes(slices, await within(Math.max(1, deadline - Date.now()), 'appending', sendBatch(messages)))
      } catch (error) {
        const failed = toLogError(error, 'appending')
        const outOfSequence = hasType(error, OUT_OF_SEQUENCE)
        if (outOfSequence) drop()
        if ((!failed.retriable && !outOfSequence) || Date.now() + pause > deadline) {
          drop()
          throw failed
        }
        options.logger?.[pause === RETRY_MS ? 'warn' : 'debug'](
          { code: failed.code, err: failed.message, againInMs: pause },
          'appending to Kafka failed, trying again',
        )
      }
      await wait(pause)
    }
  }

  const settle = (pending: Pending): void => {
    queue.splice(queue.indexOf(pending), 1)
    waitingBytes -= pending.bytes
  }
  const refuse = (refused: readonly Pending[], error: LogError): void => {
    for (const pending of refused) {
      settle(pending)
      pending.reject(error)
    }
  }
  const acknowledge = (slices: readonly Slice[], times: ReadonlyMap<string, number>): void => {
    for (const { pending, from, to } of slices) {
      for (const { topic, partition } of pending.records.slice(from, to)) {
        pending.appendedAt = Math.max(pending.appendedAt, times.get(place(topic, partition)) ?? 0)
      }
      pending.sent = to
      if (to < pending.records.length) continue
      settle(pending)
      pending.resolve({ count: pending.records.length, appendedAt: pending.appendedAt })
    }
  }

  const flush = async (): Promise<void> => {
    await new Promise(resolve => setImmediate(resolve)) // those that call together go together
    let alone = 0
    while (queue.length > 0) {
      const [next] = queue
      try {
        // in order of the calls: whoever waits for a lookup holds up those behind
        for (const pending of queue) {
          if (!pending.placed && (pending === next || pending.records.every(record => counts.has(record.topic))))
            await placeRecords(pending)
        }
      } catch (error) {
        if (next !== undefined) refuse([next], toLogError(error, 'appending'))
        continue
      }
      const slices = takeFlight(alone > 0 ? queue.slice(0, 1) : queue)
      alone = Math.max(0, alone - 1)
      try {
        acknowledge(slices, await send(slices))
      } catch (error) {
        const failed = toLogError(error, 'appending')
        const inFlight = slices.map(slice => slice.pending)
        // one record too large for its topic takes its own append with it, not those that happened to travel along
        if (failed.code === 'LOG_RECORD_TOO_LARGE' && slices.length > 1) alone = slices.length
        else
          refuse(
            queue.filter(pending => inFlight.includes(pending) || pending.deadline < Date.now()),
            failed,
          )
      }
    }
    running = null
  }

  return {
    append: async records => {
      if (records.length === 0) throw new RangeError('append needs at least one record')
      assertRecordSizes(records)
      if (closed) throw new LogError('LOG_CLOSED', 'the log is closed')
      const waiting = records.map(record => ({ ...record, bytes: recordBytes(record) + RECORD_OVERHEAD, partition: 0 }))
      const bytes = waiting.reduce((sum, record) => sum + record.bytes, 0)
      if (waitingBytes > 0 && waitingBytes + bytes > MAX_WAITING_BYTES) {
        throw new LogError('LOG_OVERLOADED', `${waitingBytes} bytes are waiting to be appended already`)
      }
      waitingBytes += bytes
      return new Promise((resolve, reject) => {
        queue.push({ records: waiting, bytes, deadline: Date.now() + timeoutMs, resolve, reject, placed: false, sent: 0, appendedAt: 0 })
        running ??= flush()
      })
    },
    close: async () => {
      closed = true
      await running
      const last = producing
      producing = null
      await last?.then(producer => producer.disconnect()).catch(() => undefined)
    },
  }
}
