import { badParameter } from './problems.ts'

/** Pages of an answer with a fixed as_of never shift, so a cursor is the number of the next row. */
export const cursorOf = (offset: number): string => `c${offset.toString(36)}`

export const offsetOf = (cursor: string | undefined): number => {
  if (cursor === undefined) return 0
  if (!/^c[0-9a-z]{1,8}$/.test(cursor)) throw badParameter('cursor', 'expected a cursor as the answer before gave it')
  return Number.parseInt(cursor.slice(1), 36)
}
