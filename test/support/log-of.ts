import type { AccordEvent } from '../../schemas/events/generated/types.ts'
import type { Recorded } from '../oracles/recorded.ts'
import { topicOf } from './event.ts'

/** Events as a log of one partition a topic has them, one millisecond after the other from `from` (ms) on. */
export const logOf = (events: readonly AccordEvent[], from: number): readonly Recorded[] =>
  events.map((event, index) => ({ event, appended_at: from + index, topic: topicOf(event.type), partition: 0, offset: from + index }))
