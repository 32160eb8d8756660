import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeFetch, encodeFetch } from '../../services/log/kafka-fetch-request.ts'
import { decodeBatches } from '../../services/log/kafka-record-batch.ts'
import { varint, writeBatch, type BatchToWrite } from '../support/record-batch.ts'

const PLACE = { topic: 'touches', partition: 3 }
const AT = 1_790_000_000_123

const batch = (baseOffset: number, values: readonly string[], more: Partial<BatchToWrite> = {}): Buffer =>
  writeBatch({
    baseOffset,
    records: values.map((value, delta) => ({ delta, key: `k${value}`, value: Buffer.from(value) })),
    span: values.length,
    appendTime: AT,
    ...more,
  })
const read = (set: Buffer, from = 0, aborted: Parameters<typeof decodeBatches>[3] = []) => {
  const { records, next } = decodeBatches(set, PLACE, from, aborted)
  return { read: records.map(record => `${record.offset}:${record.value?.toString() ?? 'tombstone'}`), next }
}

describe('record batches', () => {
  it('give back whatever was written, in any compression that Accord takes', () => {
    const record = fc.record({
      gap: fc.nat(300),
      key: fc.option(fc.string({ unit: 'binary' })),
      value: fc.option(fc.uint8Array({ maxLength: 400 })),
      headers: fc.nat(3),
    })
    const written = fc.record({
      records: fc.array(record, { minLength: 1, maxLength: 40 }),
      compression: fc.constantFrom('none', 'gzip', 'zstd'),
      baseOffset: fc.nat(2 ** 40),
      appendTime: fc.integer({ min: 1, max: 4_000_000_000_000 }),
    })
    fc.assert(
      fc.property(written, ({ records, compression, baseOffset, appendTime }) => {
        let delta = -1
        const placed = records.map(({ gap, key, value, headers }) => {
          delta += gap + 1
          return { delta, key, value: value === null ? null : Buffer.from(value), headers }
        })
        const set = writeBatch({ baseOffset, records: placed, span: delta + 1, appendTime, compression })
        const decoded = decodeBatches(set, PLACE, baseOffset, [])
        expect(decoded.next).toBe(baseOffset + delta + 1)
        expect(decoded.records).toEqual(
          placed.map(one => ({ ...PLACE, offset: baseOffset + one.delta, appendedAt: appendTime, key: one.key, value: one.value })),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('take the producer’s time only where the broker has not set its own', () => {
    const created = writeBatch({
      baseOffset: 0,
      records: [
        { delta: 0, key: null, value: null },
        { delta: 2, key: null, value: null },
      ],
      span: 3,
      createTime: AT,
    })
    expect(decodeBatches(created, PLACE, 0, []).records.map(record => record.appendedAt)).toEqual([AT, AT + 6])
  })

  it('are read from the middle, and to the last whole one', () => {
    const set = Buffer.concat([batch(10, ['a', 'b', 'c']), batch(13, ['d', 'e'])])
    expect(read(set, 12)).toEqual({ read: ['12:c', '13:d', '14:e'], next: 15 })
    for (let cut = set.length - 1; cut > batch(10, ['a', 'b', 'c']).length; cut -= 7) {
      expect(read(set.subarray(0, cut), 10)).toEqual({ read: ['10:a', '11:b', '12:c'], next: 13 })
    }
    expect(read(set.subarray(0, 30), 10)).toEqual({ read: [], next: 10 })
  })

  it('lead on over those that compaction has emptied, and over the offsets that it took from their ends', () => {
    const emptied = writeBatch({ baseOffset: 20, records: [], span: 500, appendTime: AT })
    expect(read(emptied, 20)).toEqual({ read: [], next: 520 })
    expect(read(emptied, 300)).toEqual({ read: [], next: 520 })
    const thinned = writeBatch({ baseOffset: 520, records: [{ delta: 1, key: 'k', value: Buffer.from('v') }], span: 10, appendTime: AT })
    expect(read(Buffer.concat([emptied, thinned]), 300)).toEqual({ read: ['521:v'], next: 530 })
    expect(read(thinned, 525)).toEqual({ read: [], next: 530 })
  })

  it('leave out what a transaction took back, and the markers', () => {
    const marker = (baseOffset: number, producerId: number, type: number): Buffer =>
      writeBatch({
        baseOffset,
        records: [{ delta: 0, key: `\u0000\u0000\u0000${String.fromCharCode(type)}`, value: Buffer.alloc(6) }],
        span: 1,
        appendTime: AT,
        producerId,
        transactional: true,
        control: true,
      })
    const set = Buffer.concat([
      batch(0, ['kept'], { producerId: 7, transactional: true }),
      marker(1, 7, 1),
      batch(2, ['taken', 'back'], { producerId: 7, transactional: true }),
      batch(4, ['of another'], { producerId: 8, transactional: true }),
      batch(5, ['plain'], { producerId: 7 }),
      marker(6, 7, 0),
      batch(7, ['again'], { producerId: 7, transactional: true }),
    ])
    expect(read(set, 0, [{ producerId: 7, firstOffset: 2 }])).toEqual({ read: ['0:kept', '4:of another', '5:plain', '7:again'], next: 8 })
  })

  it('are refused in a compression or a format that can’t be read, never passed over', () => {
    const refusal = expect.objectContaining({ name: 'LogError', code: 'LOG_MISCONFIGURED' })
    expect(() => read(batch(0, ['a'], { compression: 'snappy' }))).toThrow(refusal)
    expect(() => read(batch(0, ['a'], { magic: 1 }))).toThrow(refusal)
  })
})

describe('fetch requests', () => {
  it('name every partition with its offset, topic by topic', () => {
    const asked = [
      { topic: 'ä', partition: 1, offset: 2 ** 40, maxBytes: 9 },
      { topic: 'b', partition: 0, offset: 5, maxBytes: 9 },
      { topic: 'ä', partition: 2, offset: 0, maxBytes: 9 },
    ]
    expect(encodeFetch(asked, 50, 1000).toString('hex')).toBe(
      [
        'ffffffff 00000032 00010000 000003e8 01 00000002',
        '0002 c3a4 00000002 00000001 0000010000000000 00000009 00000002 0000000000000000 00000009',
        '0001 62 00000001 00000000 0000000000000005 00000009',
      ]
        .join('')
        .replaceAll(' ', ''),
    )
  })

  it('are answered with batches, errors and aborted transactions per partition', () => {
    const int32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value].map(byte => byte & 255))
    const int64 = (value: number) => Buffer.concat([int32(0), int32(value)])
    const batches = batch(5, ['a'])
    const topics = [int32(0), int32(1), Buffer.of(0, 1), Buffer.from('b'), int32(2)]
    const good = [int32(4), Buffer.of(0, 0), int64(6), int64(6), int32(1), int64(7), int64(2), int32(batches.length), batches]
    const bad = [int32(5), Buffer.of(0, 1), int64(-1), int64(-1), int32(-1), int32(0)]
    const answer = Buffer.concat([...topics, ...good, ...bad])
    expect(decodeFetch(answer)).toEqual([
      { topic: 'b', partition: 4, errorCode: 0, aborted: [{ producerId: 7, firstOffset: 2 }], batches },
      { topic: 'b', partition: 5, errorCode: 1, aborted: [], batches: Buffer.alloc(0) },
    ])
  })

  it.each([0, -1, 1, 63, -64, 64, 300, 2 ** 31, -(2 ** 31), 2 ** 45])('write %d as the zigzag varint that records are read with', value => {
    const record = writeBatch({ baseOffset: 0, records: [{ delta: Math.max(0, value), key: null, value: null }], span: 1, appendTime: AT })
    expect(varint(value).length).toBeGreaterThan(0)
    expect(decodeBatches(record, PLACE, 0, []).records[0]?.offset).toBe(Math.max(0, value))
  })
})
