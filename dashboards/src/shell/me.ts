import { useAnswer } from '../api/use-answer.ts'
import type { Member } from '../api/types.ts'
import { useSession } from './session.ts'

/** The member who is signed in, or acted as; null when the credential is bound to none. */
export const useMe = (): Member | null => {
  const { member } = useSession()
  const { data } = useAnswer('GET /v1/members', { limit: 1_000 }, { enabled: member !== null })
  return data?.rows.find(({ member_id: id }) => id === member) ?? null
}
