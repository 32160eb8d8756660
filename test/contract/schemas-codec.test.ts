import avro from 'avsc'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AvroRecord } from '../../schemas/avro.ts'
import { catalogue, eventTypes } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent, NewEvent } from '../../schemas/events/generated/types.ts'
import { AvroWriter } from '../../services/log/avro-writer.ts'
import { createCodec } from '../../services/log/codec.ts'
import { CodecError, type CodecErrorCode } from '../../services/log/codec-error.ts'
import { writeHeader } from '../../services/log/framing.ts'
import { encoderFor } from '../../services/log/record-encoder.ts'
import { createOwnRegistry, type SchemaRegistry } from '../../services/log/registry.ts'
import { anyEvent, anyEventOf } from '../support/arbitrary-event.ts'

const own = createOwnRegistry()
const codec = createCodec({ registry: own })

const deal: NewEvent<'deal-created'> = {
  type: 'deal-created',
  event_id: 'crm:deal:1',
  tenant: 'acme',
  occurred_at: 1_750_000_000_123_456,
  source: 'crm',
  actor: 'key:crm',
  deal_id: 'd_1',
  stage: 'qualified',
}

const codeOf = (act: () => unknown): CodecErrorCode | 'nothing thrown' => {
  try {
    act()
  } catch (error) {
    if (error instanceof CodecError) return error.code
    throw error
  }
  return 'nothing thrown'
}

/** A field with records that the current schema knows nothing of. */
const nested = (name: string, fields: AvroRecord['fields']): AvroRecord['fields'][number] => ({
  name: name.toLowerCase(),
  type: { type: 'array', items: { type: 'record', name, fields } },
  default: [],
})

const attributesOf = (event: AccordEvent): unknown => (event.type === 'deal-created' ? event.attributes : null)

/** Framed bytes under `id`, as somebody with another schema would write them. */
const framed = (id: number, schema: AvroRecord, event: object): Buffer => {
  const writer = new AvroWriter()
  writer.open(5)
  encoderFor(schema)(writer, event)
  const value = writer.close()
  writeHeader(value, id)
  return value
}

const registryWith = (id: number, schema: AvroRecord): SchemaRegistry => ({
  ...own,
  schemaOf: asked => (asked === id ? { ok: true, schema } : own.schemaOf(asked)),
})

// instants too: avsc's own longs lose the sign of odd numbers beyond 2^52
const isLong = (type: unknown): boolean =>
  type === 'long' || (typeof type === 'object' && type !== null && 'type' in type && type.type === 'long')

const avscType = (schema: AvroRecord): avro.Type => {
  const bigints = avro.types.LongType.__with(
    {
      fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
      toBuffer: (value: bigint) => {
        const buffer = Buffer.alloc(8)
        buffer.writeBigInt64LE(value)
        return buffer
      },
      fromJSON: BigInt,
      toJSON: String,
      isValid: (value: unknown) => typeof value === 'bigint',
      compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
    },
    false,
  )
  const parsed: avro.Schema = JSON.parse(JSON.stringify(schema))
  return avro.Type.forSchema(parsed, { typeHook: type => (isLong(type) ? bigints : undefined) })
}

describe('an event in the log', () => {
  it.each(eventTypes)('comes back as it was: %s', type => {
    fc.assert(
      fc.property(anyEventOf(type), event => {
        expect(codec.decode(codec.encode(event))).toEqual({ event, schemaId: own.writerId(type) })
      }),
      { numRuns: 40 },
    )
  })

  it('is plain: its own fields in order of the schema, the type first', () => {
    const { event } = codec.decode(codec.encode(deal))
    expect(Object.keys(event)).toEqual(['type', ...catalogue['deal-created'].schema.fields.map(field => field.name)])
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype)
  })

  it('is the same bytes whatever the order of its attributes', () => {
    const forwards = codec.encode({ ...deal, attributes: { a: '1', b: '2' } })
    expect(codec.encode({ ...deal, attributes: { b: '2', a: '1' } })).toEqual(forwards)
  })

  it('keeps 64-bit amounts, microseconds, dates and decimals exact', () => {
    const amounts: readonly bigint[] = [2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n]
    for (const amount_minor of amounts) {
      const { event } = codec.decode(codec.encode({ ...deal, amount_minor, close_date: '2024-02-29' }))
      expect(event).toMatchObject({ amount_minor, close_date: '2024-02-29', occurred_at: 1_750_000_000_123_456 })
    }
    const rate: NewEvent<'fx-rate-recorded'> = {
      event_id: 'f',
      tenant: 't',
      occurred_at: Number.MAX_SAFE_INTEGER,
      source: 's',
      actor: 'a',
      type: 'fx-rate-recorded',
      base_currency: 'EUR',
      quote_currency: 'VND',
      rate_on: '1999-12-31',
      rate: '-28123.123456789012345678',
    }
    expect(codec.decode(codec.encode(rate)).event).toMatchObject({
      rate: '-28123.123456789012345678',
      occurred_at: Number.MAX_SAFE_INTEGER,
    })
    expect(codec.decode(codec.encode({ ...rate, rate: '1.50' })).event).toMatchObject({ rate: '1.5' })
  })

  it('is written with defaults where fields are left out', () => {
    expect(codec.decode(codec.encode(deal)).event).toMatchObject({ known_at: null, amount_minor: null, pipeline: '', attributes: {} })
  })

  it('does not change when later ones are written', () => {
    const first = codec.encode(deal)
    const copy = Buffer.from(first)
    for (let index = 0; index < 5000; index += 1) codec.encode({ ...deal, stage: 'x'.repeat(index % 300) })
    expect(first).toEqual(copy)
  })

  it('gives no default object to two events', () => {
    const schema = {
      ...catalogue['deal-created'].schema,
      fields: catalogue['deal-created'].schema.fields.filter(({ name }) => name !== 'attributes'),
    }
    const older = createCodec({ registry: registryWith(7, schema) })
    const value = framed(7, schema, deal)
    expect(attributesOf(older.decode(value).event)).toEqual({})
    expect(attributesOf(older.decode(value).event)).not.toBe(attributesOf(older.decode(value).event))
  })
})

describe('Avro as others know it', () => {
  it('avsc reads what is written and writes what is read', () => {
    const types = new Map(eventTypes.map(type => [type, avscType(catalogue[type].schema)]))
    fc.assert(
      fc.property(anyEvent, event => {
        fc.pre(!JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? 0 : value)).includes('__proto__')) // avsc drops such keys
        const type = types.get(event.type)
        const value = codec.encode(event)
        const there = type?.fromBuffer(value.subarray(5))
        const plain = catalogue[event.type].schema.fields.filter(field => typeof field.type === 'string' && field.type !== 'bytes')
        for (const { name } of plain) expect(there[name]).toBe(Reflect.get(event, name))
        const back = Buffer.concat([value.subarray(0, 5), type?.toBuffer(there) ?? Buffer.alloc(0)])
        expect(codec.decode(back).event).toEqual(event)
      }),
      { numRuns: 300 },
    )
  })

  it('arrays and maps in several blocks, with sizes, are read', () => {
    const { schema } = catalogue['campaign-audience-removed']
    const at = schema.fields.findIndex(({ name }) => name === 'subjects')
    const head = framed(
      1,
      { ...schema, fields: schema.fields.slice(0, at) },
      { event_id: 'e', tenant: 't', occurred_at: 1, source: 's', actor: 'a', campaign: 'c' },
    )
    // block of one with its size (-1, 2 bytes), block of two, end; then the two empty strings
    const value = Buffer.concat([head, Buffer.from([1, 4, 2, 97, 4, 2, 98, 2, 99, 0, 0, 0])])
    writeHeader(value, own.writerId('campaign-audience-removed'))
    expect(codec.decode(value).event).toMatchObject({ subjects: ['a', 'b', 'c'] })
  })
})

describe('schemas that changed', () => {
  const current = catalogue['deal-created'].schema

  it('an event that was written before a field existed has its default now', () => {
    const before = { ...current, fields: current.fields.filter(({ name }) => !['amount_minor', 'measure', 'attributes'].includes(name)) }
    const { event } = createCodec({ registry: registryWith(7, before) }).decode(framed(7, before, { ...deal, region: 'north' }))
    expect(event).toEqual(codec.decode(codec.encode({ ...deal, region: 'north' })).event)
  })

  it('an event that is written with a field of the future is read without it', () => {
    const after: AvroRecord = {
      ...current,
      fields: [
        ...current.fields.slice(0, 8),
        { name: 'probability', type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 3 }], default: null },
        { name: 'weights', type: { type: 'map', values: 'long' }, default: {} },
        ...current.fields.slice(8),
      ],
    }
    const value = framed(7, after, { ...deal, region: 'north', probability: '0.25', weights: { a: 3n } })
    const { event, schemaId } = createCodec({ registry: registryWith(7, after) }).decode(value)
    expect(event).toEqual(codec.decode(codec.encode({ ...deal, region: 'north' })).event)
    expect(schemaId).toBe(7)
  })

  it('a record inside that is not known yet is passed over, and cannot claim more items than there are bytes', () => {
    const parts = nested('Part', [{ name: 'share', type: 'int' }])
    const after: AvroRecord = { ...current, fields: [...current.fields, parts] }
    const reading = createCodec({ registry: registryWith(7, after) })
    expect(reading.decode(framed(7, after, { ...deal, part: [{ share: 3 }, { share: 4 }] })).event).toEqual(
      codec.decode(codec.encode(deal)).event,
    )

    const empty: AvroRecord = { ...current, fields: [...current.fields, nested('Empty', [])] }
    const value = Buffer.concat([framed(7, current, deal), Buffer.from([0x80, 0xa8, 0xd6, 0xb9, 0x07, 0])])
    expect(codeOf(() => createCodec({ registry: registryWith(7, empty) }).decode(value))).toBe('CODEC_TRUNCATED')
  })

  it('int became long and value became optional without a loss', () => {
    const before: AvroRecord = {
      ...current,
      fields: current.fields.map(field => (field.name === 'amount_minor' ? { ...field, type: 'int', default: 0 } : field)),
    }
    const { event } = createCodec({ registry: registryWith(7, before) }).decode(framed(7, before, { ...deal, amount_minor: -42 }))
    expect(event).toMatchObject({ amount_minor: -42n })
  })

  it('an incompatible schema of another producer is refused with the field', () => {
    const theirs: AvroRecord = {
      ...current,
      fields: current.fields.map(field => (field.name === 'stage' ? { ...field, type: 'long' } : field)),
    }
    const reading = createCodec({ registry: registryWith(7, theirs) })
    const value = framed(7, theirs, { ...deal, stage: 3n })
    expect(codeOf(() => reading.decode(value))).toBe('CODEC_INCOMPATIBLE_SCHEMA')
    expect(() => reading.decode(value)).toThrow(/stage: changed from long to string/)
  })
})

describe('bytes that are no event', () => {
  const good = codec.encode({ ...deal, attributes: { note: 'größer' } })

  it.each([
    ['empty', 'CODEC_NOT_FRAMED', Buffer.alloc(0)],
    ['JSON', 'CODEC_NOT_FRAMED', Buffer.from('{"type":"deal-created"}')],
    ['a header cut short', 'CODEC_NOT_FRAMED', good.subarray(0, 4)],
    ['an id that nobody gave', 'CODEC_UNKNOWN_SCHEMA_ID', Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), good.subarray(5)])],
    ['a header alone', 'CODEC_TRUNCATED', good.subarray(0, 5)],
    ['one byte short', 'CODEC_TRUNCATED', good.subarray(0, -1)],
    ['one byte more', 'CODEC_TRAILING_BYTES', Buffer.concat([good, Buffer.from([0])])],
    ['a negative length', 'CODEC_GARBAGE', Buffer.concat([good.subarray(0, 5), Buffer.from([1])])],
  ] as const)('%s: %s', (_name, code, value) => {
    expect(codeOf(() => codec.decode(value))).toBe(code)
  })

  it('every cut of a good record is refused', () => {
    for (let length = 0; length < good.length; length += 1)
      expect(codeOf(() => codec.decode(good.subarray(0, length)))).not.toBe('nothing thrown')
  })

  it('random bytes are refused or read, quickly, and never with another error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...eventTypes), fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        const value = Buffer.concat([Buffer.alloc(5), bytes])
        writeHeader(value, own.writerId(type))
        expect(codeOf(() => codec.decode(value))).toMatch(/^CODEC_(TRUNCATED|GARBAGE|TRAILING_BYTES)$|^nothing thrown$/)
      }),
      { numRuns: 3000 },
    )
  })

  it('a record that claims a billion items costs nothing', () => {
    const { schema } = catalogue['campaign-audience-added']
    const at = schema.fields.findIndex(({ name }) => name === 'subjects')
    const head = framed(
      1,
      { ...schema, fields: schema.fields.slice(0, at) },
      { event_id: 'e', tenant: 't', occurred_at: 1, source: 's', actor: 'a', campaign: 'c' },
    )
    const value = Buffer.concat([head, Buffer.from([0x80, 0xa8, 0xd6, 0xb9, 0x07, 0])])
    writeHeader(value, own.writerId('campaign-audience-added'))
    const before = process.cpuUsage().user
    expect(codeOf(() => codec.decode(value))).toBe('CODEC_TRUNCATED')
    expect(process.cpuUsage().user - before).toBeLessThan(100_000)
  })

  it('text that is not UTF-8 is refused, not repaired', () => {
    const value = Buffer.from(codec.encode({ ...deal, stage: 'ä' }))
    value[value.indexOf(0xc3)] = 0xff
    expect(codeOf(() => codec.decode(value))).toBe('CODEC_GARBAGE')
  })

  it('the error says which field and which schema, and no value', () => {
    const value = Buffer.from(codec.encode({ ...deal, stage: 'säcret' }))
    value[value.indexOf(0xc3)] = 0xff
    expect(() => codec.decode(value)).toThrow(expect.objectContaining({ path: 'stage', schemaId: own.writerId('deal-created') }))
    expect(() => codec.decode(value)).not.toThrow(/cret/)
  })

  it('a schema that is no event of ours is told apart from an unknown one', () => {
    const theirs: AvroRecord = { type: 'record', name: 'Heartbeat', namespace: 'elsewhere', fields: [] }
    expect(codeOf(() => createCodec({ registry: registryWith(7, theirs) }).decode(framed(7, theirs, {})))).toBe('CODEC_UNKNOWN_TYPE')
  })
})

describe('events that cannot be written', () => {
  it.each([
    ['a fraction of a microsecond', { occurred_at: 1.5 }, 'occurred_at'],
    ['an amount beyond 64 bits', { amount_minor: 2n ** 63n }, 'amount_minor'],
    ['an amount as a number', { amount_minor: 5 }, 'amount_minor'],
    ['a day that does not exist', { close_date: '2025-02-29' }, 'close_date'],
    ['an instant for a date', { close_date: '2025-02-28T00:00:00Z' }, 'close_date'],
    ['half a character', { stage: '\ud83d' }, 'stage'],
    ['a missing field', { stage: undefined }, 'stage'],
    ['null for text', { region: null }, 'region'],
    ['an attribute that is no text', { attributes: { a: 1 } }, 'attributes'],
  ])('%s', (_name, change, path) => {
    expect(() => codec.encode(Object.assign({}, deal, change))).toThrow(expect.objectContaining({ code: 'CODEC_INVALID_EVENT', path }))
  })

  it('leave nothing behind', () => {
    const expected = codec.encode(deal)
    expect(() => codec.encode({ ...deal, attributes: { a: '\ud83d' } })).toThrow(CodecError)
    expect(codec.encode(deal)).toEqual(expected)
  })
})
