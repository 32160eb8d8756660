import avro from 'avsc'
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { AvroField, EventSchema, NamedSchema, ReleasedSchema } from '../../schemas/avro.ts'
import { backwardProblems } from '../../schemas/compatibility.ts'
import { readCurrentSchemas, readReleasedSchemas } from '../../schemas/event-schema-files.ts'
import { generatedFiles } from '../../schemas/generated-files.ts'
import { houseProblems } from '../../schemas/house-rules.ts'
import { schemaProblems } from '../../schemas/problems.ts'

const schemas = readCurrentSchemas()
const released = readReleasedSchemas()

const schemaOf = (type: string): EventSchema => {
  const found = schemas.find(candidate => candidate.type === type)
  if (found === undefined) throw new Error(`no ${type}`)
  return found.schema
}

const lost = schemaOf('deal-closed')
const withField = (schema: EventSchema, name: string, change: (field: AvroField) => AvroField): EventSchema => ({
  ...schema,
  fields: schema.fields.map(field => (field.name === name ? change(field) : field)),
})
const without = (schema: EventSchema, ...names: readonly string[]): EventSchema => ({
  ...schema,
  fields: schema.fields.filter(field => !names.includes(field.name)),
})
const plus = (schema: EventSchema, field: AvroField): EventSchema => ({ ...schema, fields: [...schema.fields, field] })
const v = (version: number, schema: EventSchema): ReleasedSchema => ({ type: 'deal-closed', version, schema })
const now = (schema: EventSchema): readonly NamedSchema[] => [{ type: 'deal-closed', schema }]

/** Problems of `schema` after the versions, with everything generated that should be. */
const problemsAfter = (schema: EventSchema, ...versions: readonly EventSchema[]): readonly string[] => {
  const history = versions.map((version, index) => v(index + 1, version))
  const files = new Map(generatedFiles(now(schema), history).map(({ name, text }) => [name, text]))
  return schemaProblems(now(schema), history, name => files.get(name) ?? '')
}

describe('the schemas of this repository', () => {
  it('keep the house rules', () => {
    expect(schemas.flatMap(houseProblems)).toEqual([])
  })

  it('pass the check, with what is generated from them', () => {
    const said = execFileSync(process.execPath, ['schemas/check.ts'], { cwd: new URL('../../', import.meta.url), encoding: 'utf8' })
    expect(said).toContain(`${schemas.length} event types, ${released.length} released versions`)
  })

  it('hold every type of the catalogue', () => {
    const names = new Set(schemas.map(({ type }) => type))
    const wanted = `person-created person-updated person-erased person-merged person-unmerged account-updated account-parent-changed account-merged
      account-unmerged identity-linked identity-unlinked consent-changed member-changed training-completed lead-created lead-stage-changed lead-assigned
      lead-accepted lead-rejected lead-disqualified lead-recycled lead-converted score-recorded feedback-recorded touch-recorded touch-corrected
      touch-retracted deal-created deal-stage-changed deal-amount-changed deal-close-date-changed deal-forecast-category-changed deal-attributes-changed
      deal-account-changed deal-owner-changed deal-split-changed deal-contact-linked deal-contact-unlinked deal-closed deal-reopened deal-merged
      deal-deleted forecast-call-submitted subscription-started subscription-changed subscription-ended campaign-planned campaign-changed
      campaign-cancelled campaign-audience-added campaign-audience-removed campaign-alias-added activity-planned content-published content-retired
      spend-recorded spend-restated fx-rate-recorded target-set finance-input-recorded tenant-configured tenant-went-live backfill-opened tenant-created
      key-created key-revoked record-excluded definition-published definition-approved definition-refused commitment-made commitment-changed meeting-held
      review-noted review-signed audit-signed sla-clock-excused sla-escalated notice-sent account-plan-set person-profile dead-letter`
    expect(wanted.split(/\s+/).filter(type => !names.has(type))).toEqual([])
  })

  it('have personal data in the profile only', () => {
    const personal = /^(given_name|family_name|email|other_emails|phone|mobile|street|postal_code|address|social_url|photo_url)$/
    const found = schemas.filter(({ schema }) => schema.fields.some(field => personal.test(field.name))).map(({ type }) => type)
    expect(found).toEqual(['person-profile'])
  })

  it('state the currency of every amount', () => {
    const amounts = schemas.filter(({ schema }) => schema.fields.some(field => field.name.endsWith('_minor')))
    expect(amounts.length).toBeGreaterThan(10)
    for (const { schema } of amounts) expect(schema.fields.find(field => field.format === 'currency')?.name).toBe('currency')
  })
})

describe('the check', () => {
  it('says nothing when nothing changed', () => {
    expect(problemsAfter(lost, lost)).toEqual([])
  })

  it('asks for a release of a schema that nobody could read later', () => {
    expect(problemsAfter(lost)).toEqual(['deal-closed: differs from its released versions; `node schemas/generate.ts --release` makes v1'])
    const wider = plus(lost, { name: 'churn_risk', type: 'string', doc: 'Risk.', default: '' })
    expect(problemsAfter(wider, lost)).toEqual([expect.stringContaining('makes v2')])
    expect(problemsAfter(wider, lost, wider)).toEqual([])
  })

  it.each<readonly [string, EventSchema, RegExp]>([
    ['a new field without a default', plus(lost, { name: 'risk', type: 'string', doc: 'Risk.' }), /v1: risk: is new and has no default/],
    ['another type', withField(lost, 'reason', field => ({ ...field, type: 'int', default: 0 })), /v1: reason: changed from string to int/],
    [
      'no null any more',
      withField(lost, 'amount_minor', field => ({ ...field, type: 'long', default: 0 })),
      /v1: amount_minor: changed from null or long to long; records that have null/,
    ],
    [
      'an instant that becomes a number',
      withField(lost, 'occurred_at', field => ({ ...field, type: 'long' })),
      /v1: occurred_at: changed from timestamp-micros to long/,
    ],
    ['another name of the record', { ...lost, name: 'DealEnded' }, /v1: name: changed from DealClosed to DealEnded/],
    ['another topic', { ...lost, topic: 'accord.leads.v1' }, /v1: topic: changed from accord\.deals\.v1 to accord\.leads\.v1/],
    ['another key', { ...lost, key: '{tenant}' }, /v1: key: changed from \{deal_id\} to \{tenant\}/],
  ])('refuses %s and says why', (_name, changed, why) => {
    expect(problemsAfter(changed, lost).join('\n')).toMatch(why)
  })

  it('looks at every released version, not only the last', () => {
    const first = without(lost, 'reason')
    const third = withField(lost, 'reason', ({ default: _default, ...field }) => field)
    expect(problemsAfter(third, first, lost)).toEqual([
      expect.stringContaining('deal-closed: not compatible with v1: reason: is new and has no default'),
    ])
  })

  it('refuses a type that is gone', () => {
    expect(schemaProblems([], [v(1, lost)], () => '').join('\n')).toContain('deal-closed: was released as v1 and is gone')
  })

  it('refuses generated files that were not generated again', () => {
    expect(schemaProblems(now(lost), [v(1, lost)], () => 'old').filter(problem => problem.startsWith('generated/'))).toHaveLength(4)
  })

  it.each<readonly [string, EventSchema, RegExp]>([
    ['a common field that is missing', without(lost, 'known_at'), /field 4 has to be the common field known_at/],
    ['a field that the decoder adds', plus(lost, { name: 'type', type: 'string', doc: 'T', default: '' }), /`type` is added on decoding/],
    ['a default that does not fit', plus(lost, { name: 'x', type: 'int', doc: 'X', default: '' }), /x: the default does not fit/],
    ['a key that producers may leave out', { ...lost, key: '{reason}' }, /key: reason has to be a string that producers must give/],
    ['a topic that does not exist', { ...lost, topic: 'accord.other.v1' }, /unknown topic/],
  ])('refuses %s', (_name, schema, why) => {
    expect(houseProblems({ type: 'deal-closed', schema }).join('\n')).toMatch(why)
  })
})

const asAvsc = (schema: EventSchema): avro.Type => {
  const parsed: avro.Schema = JSON.parse(JSON.stringify(schema))
  return avro.Type.forSchema(parsed)
}

describe('what counts as compatible', () => {
  const changes: readonly EventSchema[] = [
    lost,
    without(lost, 'reason', 'competitor'),
    plus(lost, { name: 'risk', type: { type: 'map', values: 'string' }, doc: 'R', default: {} }),
    withField(lost, 'amount_minor', field => ({ ...field, type: 'int', default: 0 })),
    withField(lost, 'reason', field => ({ ...field, type: ['null', 'string'], default: null })),
    withField(lost, 'reason', field => ({ ...field, type: { type: 'array', items: 'string' }, default: [] })),
    plus(lost, { name: 'risk', type: 'string', doc: 'R' }),
    { ...lost, name: 'DealEnded' },
  ]

  it('is never more than Avro allows', () => {
    let compatible = 0
    for (const reader of changes) {
      for (const writer of changes) {
        if (backwardProblems(reader, writer).length > 0) continue
        compatible += 1
        expect(() => asAvsc(reader).createResolver(asAvsc(writer))).not.toThrow()
      }
    }
    expect(compatible).toBeGreaterThan(changes.length)
    expect(compatible).toBeLessThan(changes.length ** 2)
  })
})
