import { send } from '../api/ask.ts'

/** Fetches an answer as whoever is signed in, and gives it to the reader as a file. Throws what `send` throws. */
export const save = async (address: string, name: string): Promise<void> => {
  const answer = await send(address)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
