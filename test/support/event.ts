import { catalogue } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent, EventOf, EventType, NewEvent } from '../../schemas/events/generated/types.ts'

type Given = 'type' | 'tenant' | 'source' | 'actor'

/** What a test has to say about an event; the rest has the defaults of the schema. */
export type Telling<T extends EventType> = Omit<NewEvent<T>, Given> & Partial<Pick<NewEvent<T>, Exclude<Given, 'type'>>>

export const TENANT = 'acme'

/** A whole event as it comes out of the log. */
export const event = <T extends EventType>(type: T, telling: Telling<T>): EventOf<T> => {
  const defaults = catalogue[type].schema.fields.flatMap(field =>
    field.default === undefined ? [] : [[field.name, field.default] as const],
  )
  const whole: unknown = { type, tenant: TENANT, source: 'crm', actor: 'key:crm', ...Object.fromEntries(defaults), ...telling }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `Telling` requires every field without a default
  return whole as EventOf<T>
}

/** The key that an event's fact has in its tenant, by the template of its schema. */
export const subjectOf = (said: AccordEvent): string => {
  const fields: Readonly<Record<string, unknown>> = { ...said }
  return catalogue[said.type].schema.key.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(fields[name]))
}

export const topicOf = (type: EventType): string => catalogue[type].schema.topic
