import type { Operator } from '../api/operations/operator.ts'
import { readDeadLetters, redrive } from '../projector/redrive.ts'
import type { Installation } from './installation.ts'

/** What an administrator may do through the API, as the commands of the same names do it. */
export const operatorOf = async ({ log, codec, topics, access, secrets }: Installation): Promise<Operator> => ({
  access: await access(),
  letters: {
    read: () => readDeadLetters(log, codec, topics.deadLetters),
    redrive: letters => redrive({ log, codec, topics, now: Date.now }, letters),
  },
  pseudonym: (tenant, email) => secrets().pseudonym(tenant, email),
})
