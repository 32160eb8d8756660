// Generated from schemas/events by `node schemas/generate.ts`. Do not edit.

import type { EventSchema } from '../../avro.ts'
import type { EventType } from './types.ts'

export type Released = { readonly type: EventType; readonly version: number; readonly schema: EventSchema }

/** In order of type and version: everything that a record in the log may have been written with. */
export const released: readonly Released[] = [
]
