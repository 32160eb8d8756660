import { eventTypes } from '../../schemas/events/generated/catalogue.ts'
import { isPlainObject } from './formats.ts'
import { isEmail, mayHoldEmail, replaceEmails } from './email.ts'
import type { EventProblem } from './problem.ts'
import { dataFields } from './fields.ts'
import type { EventType } from '../../schemas/events/generated/types.ts'

/**
 * Personal data live in `accord.persons.v1` alone (design D8). What a producer says about a person is split here, before anything else
 * looks at it: names, addresses and numbers go to the profile, everything else loses its raw e-mail addresses.
 */
type Data = Readonly<Record<string, unknown>>

export const SPLIT_TYPES: ReadonlySet<EventType> = new Set(['person-created', 'person-updated'])

/** Fields that may come with a person event and never stay in it; `country` is on both sides and stays. */
const PROFILE_FIELDS: ReadonlySet<string> = new Set(
  dataFields('person-profile')
    .map(data => data.field.name)
    .filter(name => name !== 'person_id' && name !== 'country' && name !== 'attributes'),
)
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['first_name', 'given_name'],
  ['last_name', 'family_name'],
  ['full_name', 'name'],
  ['address', 'street'],
  ['zip', 'postal_code'],
])
/** Attribute names, folded, that say by themselves that a person's data are in them. */
const PERSONAL_ATTRIBUTES: ReadonlySet<string> = new Set(
  `email emailaddress workemail personalemail secondaryemail phone phonenumber workphone homephone mobile mobilephone mobilenumber cellphone fax
   firstname lastname middlename givenname familyname fullname surname maidenname contactname birthdate birthday dateofbirth
   street streetaddress homeaddress mailingaddress postaladdress ip ipaddress ssn passport iban`
    .trim()
    .split(/\s+/),
)

const isPersonalAttribute = (name: string): boolean => PERSONAL_ATTRIBUTES.has(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))

type Split = {
  readonly data: Data /** null: nothing personal came. */
  readonly profile: Data | null
  readonly problems: readonly EventProblem[]
}

/** Takes the personal fields and attributes out of a person event. A field under two names is refused rather than guessed. */
export const splitProfile = (data: Data): Split => {
  const kept: Record<string, unknown> = {}
  const profile: Record<string, unknown> = {}
  const problems: EventProblem[] = []
  for (const [name, value] of Object.entries(data)) {
    const target = ALIASES.get(name) ?? name
    if (name === '__proto__' || !PROFILE_FIELDS.has(target)) {
      if (name === 'attributes' && isPlainObject(value)) {
        const [plain, personal] = partition(Object.entries(value), ([key]) => !isPersonalAttribute(key))
        kept[name] = Object.fromEntries(plain)
        if (personal.length > 0) profile['attributes'] = Object.fromEntries(personal)
      } else Object.defineProperty(kept, name, { value, enumerable: true, configurable: true, writable: true })
    } else if (Object.hasOwn(profile, target)) {
      problems.push({ code: 'unknown_field', path: `data.${name}`, message: `expected ${target} once, not as ${name} too` })
    } else if (value !== null && value !== undefined) profile[target] = value
  }
  return { data: kept, profile: Object.keys(profile).length === 0 ? null : profile, problems }
}

const partition = <T>(items: readonly T[], test: (item: T) => boolean): readonly [T[], T[]] => [
  items.filter(test),
  items.filter(item => !test(item)),
]

/** Text with its addresses replaced; an `email:` node is a pseudonym as a whole. */
export const scrubText = (text: string, pseudonym: (email: string) => string): string => {
  if (!mayHoldEmail(text)) return text
  if (text.startsWith('email:')) {
    const address = text.slice('email:'.length)
    if (isEmail(address)) return pseudonym(address)
  }
  return replaceEmails(text, pseudonym)
}

/** The same value when there is no address in it, which is nearly always; otherwise a copy without any, names of fields included. */
export const scrub = (value: unknown, pseudonym: (email: string) => string): unknown => {
  if (typeof value === 'string') return scrubText(value, pseudonym)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    let copy: unknown[] | null = null
    for (let index = 0; index < value.length; index += 1) {
      const item: unknown = value[index]
      const scrubbed = scrub(item, pseudonym)
      if (scrubbed !== item) {
        copy ??= [...value]
        copy[index] = scrubbed
      }
    }
    return copy ?? value
  }
  return scrubObject(value, pseudonym)
}

const scrubObject = (value: object, pseudonym: (email: string) => string): object => {
  let changed = false
  for (const name of Object.keys(value)) {
    const item: unknown = Reflect.get(value, name)
    if (mayHoldEmail(name) || scrub(item, pseudonym) !== item) {
      changed = true
      break
    }
  }
  if (!changed) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]): [string, unknown] => [scrubText(name, pseudonym), scrub(item, pseudonym)]),
  )
}

/** Where a person's data came in by the wrong door: what to do is in the message. */
export const personalProblems = (type: EventType, data: Data): readonly EventProblem[] => {
  const attributes = data['attributes']
  if (!isPlainObject(attributes) || SPLIT_TYPES.has(type)) return []
  return Object.keys(attributes)
    .filter(isPersonalAttribute)
    .map(name => ({
      code: 'personal_data' as const,
      path: `data.attributes.${name}`,
      message: 'personal data are only taken with person-created and person-updated, as fields of their own',
    }))
}

/** Documents are signed and approved as they are: an address in one is refused, not replaced behind the author's back. */
export const documentProblems = (type: EventType, data: Data): readonly EventProblem[] => {
  const fields = documentFields.get(type)
  if (fields === undefined) return []
  return fields.flatMap(name => {
    const text = data[name]
    if (typeof text !== 'string' || replaceEmails(text, () => '') === text) return []
    return [
      {
        code: 'personal_data' as const,
        path: `data.${name}`,
        message: 'a document names people by member or person id: expected no e-mail addresses',
      },
    ]
  })
}

const documentFields = new Map(
  eventTypes
    .map((type): [EventType, readonly string[]] => [
      type,
      dataFields(type)
        .filter(({ field }) => field.format === 'json')
        .map(({ field }) => field.name),
    ])
    .filter(([, fields]) => fields.length > 0),
)
