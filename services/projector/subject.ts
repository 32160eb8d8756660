import { catalogue } from '../../schemas/events/generated/catalogue.ts'
import type { AccordEvent, EventType } from '../../schemas/events/generated/types.ts'

type Template = { readonly prefix: string; readonly field: string }

const templates = new Map<EventType, Template>(
  Object.entries(catalogue).map(([type, { key }]) => {
    const match = /^([a-z]*:?)\{([a-z_]+)\}$/.exec(key)
    if (match?.[2] === undefined) throw new RangeError(`key of ${type} is no template of one field: ${key}`)
    return [type as EventType, { prefix: match[1] ?? '', field: match[2] }]
  }),
)

/** What an event is about, as its record is keyed in the log: the catalogue's key template filled in. */
export const subjectOf = (event: AccordEvent): string => {
  const template = templates.get(event.type)
  if (template === undefined) throw new RangeError(`no such event type: ${event.type}`)
  const value = (event as unknown as Readonly<Record<string, unknown>>)[template.field]
  return template.prefix + String(value)
}
