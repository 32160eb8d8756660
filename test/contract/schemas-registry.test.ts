import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AvroRecord } from '../../schemas/avro.ts'
import { canonicalText } from '../../schemas/canonical.ts'
import { catalogue, eventTypes } from '../../schemas/events/generated/catalogue.ts'
import { released } from '../../schemas/events/generated/released.ts'
import type { NewEvent } from '../../schemas/events/generated/types.ts'
import { AvroWriter } from '../../services/log/avro-writer.ts'
import { createCodec } from '../../services/log/codec.ts'
import { createConfluentRegistry } from '../../services/log/confluent-registry.ts'
import { writeHeader } from '../../services/log/framing.ts'
import { encoderFor } from '../../services/log/record-encoder.ts'
import { parseRecordKey, recordKey, subjectOf } from '../../services/log/record-key.ts'
import { createOwnRegistry } from '../../services/log/registry.ts'
import { schemaId } from '../../services/log/schema-id.ts'
import { freePorts } from '../support/free-port.ts'
import { type SchemaRegistryServer, startSchemaRegistry } from '../support/schema-registry-server.ts'

const touch: NewEvent<'touch-recorded'> = {
  type: 'touch-recorded',
  event_id: 'web:1',
  tenant: 'acme',
  occurred_at: 1_750_000_000_000_000,
  source: 'web',
  actor: 'key:web',
  subject: 'anonymous:4f',
  touch_type: 'form',
}

describe('ids of our own', () => {
  const registry = createOwnRegistry()

  it('are what they were: records written long ago name them', () => {
    // written down, because a change of the canonical text or of the hash would strand every record
    const schema: AvroRecord = {
      type: 'record',
      name: 'ThingHappened',
      namespace: 'accord.events',
      fields: [
        { name: 'event_id', type: 'string' },
        { name: 'occurred_at', type: { type: 'long', logicalType: 'timestamp-micros' } },
      ],
    }
    expect(schemaId(schema)).toBe(1_564_707_107)
  })

  it('are positive 32-bit integers, one for each schema', () => {
    const schemas = [...released.map(({ schema }) => schema), ...eventTypes.map(type => catalogue[type].schema)]
    const distinct = new Set(schemas.map(canonicalText))
    const ids = new Set(schemas.map(schemaId))
    expect(ids.size).toBe(distinct.size)
    for (const id of ids) expect(id > 0 && id <= 0x7fffffff && Number.isInteger(id)).toBe(true)
  })

  it('do not change with prose or defaults, but with names, order, types and their meaning', () => {
    const { schema } = catalogue['deal-closed']
    const id = schemaId(schema)
    const change = (name: string, difference: object): number =>
      schemaId({ ...schema, fields: schema.fields.map(field => (field.name === name ? { ...field, ...difference } : field)) })
    expect(change('reason', { doc: 'Else.', default: 'none' })).toBe(id)
    expect(change('reason', { name: 'cause' })).not.toBe(id)
    expect(change('occurred_at', { type: 'long' })).not.toBe(id)
    expect(schemaId({ ...schema, fields: schema.fields.toReversed() })).not.toBe(id)
  })

  it('are found by subject and version, and by themselves', () => {
    const subject = 'accord.touches.v1-accord.events.TouchRecorded'
    expect(registry.listSubjects()).toHaveLength(eventTypes.length)
    expect(registry.listSubjects()).toContain(subject)
    expect(registry.versions(subject)?.[0]).toBe(1)
    const latest = registry.bySubjectVersion(subject, 'latest')
    expect(latest).toEqual(registry.byId(registry.writerId('touch-recorded')))
    expect(JSON.parse(latest?.text ?? '')).toMatchObject({ type: 'record', name: 'TouchRecorded', namespace: 'accord.events' })
    expect([registry.versions('nothing'), registry.byId(1), registry.bySubjectVersion(subject, 999)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('an outside registry', () => {
  let server: SchemaRegistryServer
  beforeEach(async () => {
    server = await startSchemaRegistry()
  })
  afterEach(() => server.close())

  it('gives the ids that events are written under, by topic and record name', async () => {
    server.idsFrom(100)
    const registry = await createConfluentRegistry({ url: `${server.url}/` })
    const value = createCodec({ registry }).encode(touch)
    expect(value.readUInt32BE(1)).toBe(registry.writerId('touch-recorded'))
    expect(value.readUInt32BE(1)).toBeLessThan(100 + eventTypes.length)
    expect(server.requests).toContain('POST /subjects/accord.touches.v1-accord.events.TouchRecorded/versions')
    expect(server.requests).toHaveLength(eventTypes.length)
    expect(createCodec({ registry }).decode(value).event).toMatchObject({ subject: 'anonymous:4f' })
  })

  it('gives the same ids to the next instance', async () => {
    const first = await createConfluentRegistry({ url: server.url })
    const second = await createConfluentRegistry({ url: server.url })
    expect(eventTypes.map(second.writerId)).toEqual(eventTypes.map(first.writerId))
  })

  it('records under ids of our own stay readable', async () => {
    const before = createCodec({ registry: createOwnRegistry() }).encode(touch)
    const codec = createCodec({ registry: await createConfluentRegistry({ url: server.url }) })
    expect(codec.decode(before).event).toMatchObject({ event_id: 'web:1' })
  })

  it('is asked once for the schema of another producer, and the hot path never waits', async () => {
    const registry = await createConfluentRegistry({ url: server.url })
    const codec = createCodec({ registry })
    const { fields, name, namespace } = catalogue['touch-recorded'].schema
    // as a Java client writes it, without one of our fields and with one of its own
    const theirs = {
      type: 'record' as const,
      name: `${namespace}.${name}`,
      fields: [...fields.filter(field => field.name !== 'channel'), { name: 'shard', type: 'int' as const }],
    }
    const text = JSON.stringify(theirs).replaceAll('"type":"string"', '"type":{"type":"string","avro.java.string":"String"}')
    const id = server.put('accord.touches.v1-accord.events.TouchRecorded', text)
    const writer = new AvroWriter()
    writer.open(5)
    encoderFor(theirs)(writer, { ...touch, shard: 3 })
    const value = writer.close()
    writeHeader(value, id)

    expect(() => codec.decode(value)).toThrow(expect.objectContaining({ code: 'CODEC_UNKNOWN_SCHEMA_ID', schemaId: id }))
    await Promise.all([codec.prepare([value, null, value]), codec.prepare([value])])
    await codec.prepare([value])
    expect(codec.decode(value).event).toEqual(codec.decode(codec.encode(touch)).event)
    expect(server.requests.filter(request => request === `GET /schemas/ids/${id}`)).toHaveLength(1)
  })

  it('an id that nobody knows is asked again, because it may be registered later', async () => {
    const registry = await createConfluentRegistry({ url: server.url })
    await registry.prepare([77_777])
    expect(registry.schemaOf(77_777)).toBeUndefined()
    server.idsFrom(77_777)
    server.put('later', JSON.stringify({ type: 'record', name: 'Later', fields: [] }))
    await registry.prepare([77_777])
    expect(registry.schemaOf(77_777)).toMatchObject({ ok: true })
  })

  it('a schema that we cannot read is refused with its reason', async () => {
    const registry = await createConfluentRegistry({ url: server.url })
    const id = server.put('x', JSON.stringify({ type: 'record', name: 'X', fields: [{ name: 'ratio', type: 'double' }] }))
    const value = Buffer.alloc(5)
    writeHeader(value, id)
    const codec = createCodec({ registry })
    await codec.prepare([value])
    expect(() => codec.decode(value)).toThrow(expect.objectContaining({ code: 'CODEC_INCOMPATIBLE_SCHEMA' }))
  })

  it('is asked again when it stumbles', async () => {
    server.failNext(500, 503, 429)
    const registry = await createConfluentRegistry({ url: server.url, waitMs: 1 })
    expect(registry.writerId('touch-recorded')).toBeGreaterThan(0)
  })

  it('that does not answer is an outage, to be tried again', async () => {
    const [port] = await freePorts(1)
    const url = `http://127.0.0.1:${port}`
    await expect(createConfluentRegistry({ url, attempts: 2, waitMs: 1 })).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      retriable: true,
    })
  })

  it('that refuses a schema says why, and is not asked again', async () => {
    server.failNext(409)
    await expect(createConfluentRegistry({ url: server.url, waitMs: 1 })).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      retriable: false,
      message: expect.stringContaining('told to fail'),
    })
  })

  it('that gives an id of our own to another schema is refused', async () => {
    server.idsFrom(schemaId(catalogue['touch-recorded'].schema))
    await expect(createConfluentRegistry({ url: server.url })).rejects.toMatchObject({ code: 'REGISTRY_CONFLICT' })
  })

  it('takes credentials from its address and keeps them out of errors', async () => {
    const guarded = await startSchemaRegistry('accord:s3cret')
    try {
      const registry = await createConfluentRegistry({ url: guarded.url })
      expect(registry.writerId('touch-recorded')).toBeGreaterThan(0)
      const wrong = createConfluentRegistry({ url: guarded.url.replace('s3cret', 'guess') })
      await expect(wrong).rejects.toMatchObject({ code: 'REGISTRY_FORBIDDEN', message: expect.not.stringContaining('guess') })
    } finally {
      await guarded.close()
    }
  })
})

describe('keys of records', () => {
  it('are tenant and subject, and come apart again', () => {
    const key = recordKey('acme', subjectOf(touch))
    expect(key).toBe('acme\u001fanonymous:4f')
    expect(parseRecordKey(key)).toEqual({ tenant: 'acme', subject: 'anonymous:4f' })
    expect(parseRecordKey('none')).toBeNull()
  })

  it.each([
    [{ type: 'person-created' as const, person_id: 'p_1' }, 'person:p_1'],
    [{ type: 'account-merged' as const, account_id: 'a_1', into_account_id: 'a_2' }, 'account:a_1'],
    [{ type: 'deal-reopened' as const, deal_id: 'd_1' }, 'd_1'],
    [{ type: 'identity-unlinked' as const, identity: 'email:ab', target: 'person:p_1' }, 'email:ab'],
    [{ type: 'fx-rate-recorded' as const, base_currency: 'EUR', quote_currency: 'JPY', rate_on: '2026-01-01', rate: '160' }, 'EUR/JPY'],
    [{ type: 'tenant-went-live' as const }, 'acme'],
  ])('%o is about %s', (own, subject) => {
    const { event_id, tenant, occurred_at, source, actor } = touch
    expect(subjectOf({ event_id, tenant, occurred_at, source, actor, ...own })).toBe(subject)
  })

  it('an event about nothing has none', () => {
    expect(() => subjectOf({ ...touch, subject: '' })).toThrow(RangeError)
  })
})
