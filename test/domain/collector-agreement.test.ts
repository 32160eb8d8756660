import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AvroType, isOptional } from '../../schemas/avro.ts'
import { catalogue, eventTypes } from '../../schemas/events/generated/catalogue.ts'
import type { EventType } from '../../schemas/events/generated/types.ts'
import { compile } from '../../services/collector/compiled.ts'
import { dataSchema } from '../../services/collector/event-schema.ts'
import { dataFields } from '../../services/collector/fields.ts'

const TYPES = eventTypes.filter(type => type !== 'dead-letter')

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    'email:x',
    'eur',
    'javascript:alert(1)',
    'host:8080/x',
    '{',
    'Nowhere/Land',
    'de',
    'x',
    'ada',
    'ä',
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
    '9223372036854775808',
    '-0',
  ),
  fc.constantFrom(
    '1e3',
    '1.0000000000000000001',
    '2026-02-30',
    '1850-01-01',
    '2026-03-01T09:30:00',
    '1800-01-01T00:00:00Z',
    ' blank ',
    'two\nlines',
    '__proto__',
  ),
  fc.constantFrom(
    { ['__proto__x']: 'x' },
    JSON.parse('{"__proto__":"x"}'),
    null,
    undefined,
    '',
    ' ',
    0,
    -0,
    1.5,
    true,
    'x',
    '1',
    '12n',
    '\ud800',
    'a\u0000b',
    'a\u001fb',
    [],
    [''],
    {},
    { a: 1 },
    { a: 'b' },
    ['a', 1],
  ),
  fc.string(),
  fc.integer(),
  fc.double(),
)

const good = (type: AvroType, format: string | undefined, values: readonly string[] | undefined): fc.Arbitrary<unknown> => {
  if (isOptional(type)) return fc.option(good(type[1], format, values))
  if (type === 'string') {
    if (values !== undefined) return fc.constantFrom(...values)
    return fc.constantFrom(
      ...({
        node: ['person:p_1', 'anonymous:4f', 'email:0123456789abcdef0123456789abcdef'],
        currency: ['EUR', 'JPY', 'BHD', 'XXX'],
        url: ['https://example.com/a?b=c', '/path'],
        json: ['{"a":1}'],
        zone: ['Europe/Berlin'],
        country: ['DE'],
        domain: ['example.com', 'GMAIL.com'],
        email: ['ada@example.com'],
        'event-id': ['e-1'],
      }[format ?? ''] ?? ['some text', 'müller & söhne', 'a']),
    )
  }
  if (type === 'boolean') return fc.boolean()
  if (type === 'int') return fc.integer()
  if (type === 'long') return fc.oneof(fc.integer(), fc.constantFrom('9223372036854775807', '-5', 5n))
  if (typeof type === 'string') return fc.constant(null)
  if ('logicalType' in type) {
    if (type.logicalType === 'decimal') return fc.constantFrom('1.0842', '-3', 7)
    if (type.logicalType === 'date') return fc.constantFrom('2026-03-01', '2024-02-29')
    return fc.constantFrom('2026-03-01T09:30:00Z', '2026-03-01T09:30:00.1234567+01:00')
  }
  if (type.type === 'array') return fc.array(good(type.items, format, undefined), { maxLength: 3 })
  if (type.type === 'map') return fc.dictionary(fc.constantFrom('a', 'b c', 'constructor'), fc.constantFrom('x', '', 'ü'), { maxKeys: 3 })
  return fc.record(Object.fromEntries(type.fields.map(field => [field.name, good(field.type, field.format, field.values)])), {
    requiredKeys: [],
  })
}

const dataOf = (type: EventType): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc
    .tuple(
      fc.record(
        Object.fromEntries(
          dataFields(type).map(({ field }) => [
            field.name,
            fc.oneof({ arbitrary: good(field.type, field.format, field.values), weight: 60 }, { arbitrary: junk, weight: 1 }),
          ]),
        ),
        {
          requiredKeys: dataFields(type)
            .filter(({ required }) => required)
            .map(({ field }) => field.name),
        },
      ),
      fc.oneof(
        { arbitrary: fc.constant(null), weight: 20 },
        { arbitrary: fc.constantFrom('campain', '__proto__', 'toString', 'tenant'), weight: 1 },
      ),
    )
    .map(([data, extra]) =>
      extra === null
        ? data
        : JSON.parse(
            JSON.stringify({ ...data, __extra: 1 }, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)).replace(
              '__extra',
              extra,
            ),
          ),
    )

const ENVELOPE = { type: 'touch-recorded', event_id: 'e', tenant: 't', occurred_at: 1, known_at: null, source: 's', actor: 'a' } as const

describe('the compiled checks', () => {
  it('accept what the zod schemas accept, and read the same from it', () => {
    let accepted = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...TYPES).chain(type => fc.tuple(fc.constant(type), dataOf(type))),
        ([type, data]) => {
          const { read, blank } = compile(type)
          const compiled = blank(ENVELOPE)
          const isGood = read(data, compiled)
          const result = dataSchema(type).safeParse(data)
          expect({ type, data, good: isGood }).toEqual({ type, data, good: result.success })
          if (!result.success) return
          accepted += 1
          expect(compiled).toEqual({ ...ENVELOPE, ...result.data, type })
          expect(Object.keys(compiled)).toEqual(['type', ...catalogue[type].schema.fields.map(field => field.name)])
        },
      ),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(300)
  })
})
