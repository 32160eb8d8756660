import { StoreError, type StoreErrorCode } from './port.ts'

/** What was being done: the same ClickHouse error means another thing to a question than to an insert. */
export type Operation = 'read' | 'write' | 'append'

/** Limits that the statement itself carries. */
const LIMIT = new Set([
  158, // TOO_MANY_ROWS
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  191, // SET_SIZE_LIMIT_EXCEEDED
  307, // TOO_MANY_BYTES
  396, // TOO_MANY_ROWS_OR_BYTES
])

const MEMORY_LIMIT_EXCEEDED = 241

/** The server asks for less: fewer inserts, fewer questions, some room on the disk. */
const OVERLOADED = new Set([
  159, // TIMEOUT_EXCEEDED by a limit of the server's profile; our own limits are found in LIMIT first
  173, // CANNOT_ALLOCATE_MEMORY
  201, // QUOTA_EXCEEDED
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  MEMORY_LIMIT_EXCEEDED,
  243, // NOT_ENOUGH_SPACE
  252, // TOO_MANY_PARTS
  364, // RECEIVED_ERROR_TOO_MANY_REQUESTS
  439, // CANNOT_SCHEDULE_TASK
  473, // DEADLOCK_AVOIDED
  574, // DISTRIBUTED_TOO_MANY_PENDING_BYTES
  700, // USER_SESSION_LIMIT_EXCEEDED
  745, // SERVER_OVERLOADED
  749, // TCP_CONNECTION_LIMIT_REACHED
  762, // HTTP_CONNECTION_LIMIT_REACHED
  776, // RESOURCE_LIMIT_EXCEEDED
])

/** A server, a replica, Keeper or the network is in trouble; the statement is fine. Facts are idempotent by key, so again is safe. */
const UNAVAILABLE = new Set([
  3, // UNEXPECTED_END_OF_FILE: a body that was cut off on the way
  32, // ATTEMPT_TO_READ_AFTER_EOF: likewise
  95, // CANNOT_READ_FROM_SOCKET
  96, // CANNOT_WRITE_TO_SOCKET
  198, // DNS_ERROR
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED: the server is shutting down
  242, // TABLE_IS_READ_ONLY: the replica has lost Keeper
  244, // UNEXPECTED_ZOOKEEPER_ERROR
  254, // NO_ACTIVE_REPLICAS
  265, // NO_AVAILABLE_REPLICA
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  289, // REPLICA_IS_NOT_IN_QUORUM
  319, // UNKNOWN_STATUS_OF_INSERT
  369, // ALL_REPLICAS_ARE_STALE
  394, // QUERY_WAS_CANCELLED
  416, // REPLICA_STATUS_CHANGED
  425, // SYSTEM_ERROR
  499, // S3_ERROR
  519, // NO_REMOTE_SHARD_AVAILABLE
  517, // CANNOT_ASSIGN_ALTER: another one is adding columns
  529, // NOT_A_LEADER
  733, // TABLE_IS_BEING_RESTARTED
  904, // TOO_MANY_UNAVAILABLE_SHARDS
  999, // KEEPER_EXCEPTION
  1000, // POCO_EXCEPTION
])

const MESSAGE_LENGTH = 1000
const CODE_IN_TEXT = /\bCode: (\d+)\b/

/** ClickHouse's error number: from the client's error, from chDB's, else from the text `Code: N. DB::Exception …`. */
const clickhouseCodeOf = (error: unknown): number | null => {
  if (!(error instanceof Error)) return null
  if ('clickhouseCode' in error && typeof error.clickhouseCode === 'number') return error.clickhouseCode
  if ('code' in error && typeof error.code === 'string' && /^\d+$/.test(error.code)) return Number(error.code)
  const inText = CODE_IN_TEXT.exec(error.message)?.[1]
  if (inText !== undefined) return Number(inText)
  return error.cause === undefined ? null : clickhouseCodeOf(error.cause)
}

const classify = (clickhouseCode: number | null, operation: Operation): StoreErrorCode => {
  // Nothing that ClickHouse said: a socket, a proxy, a deadline, a closed connection. Nobody knows whether it was done.
  if (clickhouseCode === null) return 'STORE_UNAVAILABLE'
  // An insert of rows carries no limit of ours, so there it is the server that is short of something.
  if (operation !== 'append' && LIMIT.has(clickhouseCode)) return 'STORE_LIMIT'
  if (operation === 'read' && clickhouseCode === MEMORY_LIMIT_EXCEEDED) return 'STORE_LIMIT'
  if (OVERLOADED.has(clickhouseCode)) return 'STORE_OVERLOADED'
  if (UNAVAILABLE.has(clickhouseCode)) return 'STORE_UNAVAILABLE'
  return 'STORE_REJECTED'
}

/**
 * Any failure of the client or the engine as a `StoreError`.
 * ClickHouse quotes the rows that it could not read; those may hold personal data, so of a failed append only the kind of
 * error and the row's number are kept.
 */
export const toStoreError = (error: unknown, operation: Operation): StoreError => {
  if (error instanceof StoreError) return error
  const clickhouseCode = clickhouseCodeOf(error)
  const code = classify(clickhouseCode, operation)
  const text = error instanceof Error ? error.message || error.name : String(error)
  if (operation === 'append' && clickhouseCode !== null) {
    const kind =
      error instanceof Error && 'type' in error && typeof error.type === 'string'
        ? error.type
        : (/\(([A-Z0-9_]{3,})\)/.exec(text)?.[1] ?? 'error')
    const row = /\(at row (\d+)\)/.exec(text)?.[1]
    return new StoreError(code, `insert failed: ${kind} (ClickHouse ${clickhouseCode})${row === undefined ? '' : `, at row ${row}`}`, {
      clickhouseCode,
    })
  }
  const message = text.length > MESSAGE_LENGTH ? `${text.slice(0, MESSAGE_LENGTH)}…` : text
  return new StoreError(code, `${operation} failed: ${message}`, { cause: error, clickhouseCode })
}
