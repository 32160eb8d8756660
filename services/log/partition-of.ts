const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** murmur2 over the key's UTF-8 bytes, as Kafka's Java client computes it; a signed 32-bit integer. */
const murmur2 = (bytes: Buffer): number => {
  let hash = SEED ^ bytes.length
  const whole = bytes.length - (bytes.length % 4)
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), M)
    word ^= word >>> R
    hash = Math.imul(hash, M) ^ Math.imul(word, M)
  }
  const rest = bytes.length - whole
  if (rest >= 3) hash ^= bytes.readUInt8(whole + 2) << 16
  if (rest >= 2) hash ^= bytes.readUInt8(whole + 1) << 8
  if (rest >= 1) hash = Math.imul(hash ^ bytes.readUInt8(whole), M)
  hash ^= hash >>> 13
  hash = Math.imul(hash, M)
  return hash ^ (hash >>> 15)
}

/** Where a key's records go. The same in both adapters, and the same as every other Kafka client's default. */
export const partitionOf = (key: string, partitions: number): number => (murmur2(Buffer.from(key, 'utf8')) & 0x7fffffff) % partitions
