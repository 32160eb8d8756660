import { addressOf, Refusal, send } from './ask.ts'

const TRIES = 6

/** Waits until figures show what was written, as long as half a minute. What takes longer is written all the same: pages show it when it has come. */
export const untilShown = async (position: string): Promise<void> => {
  for (let i = 0; i < TRIES; i++) {
    try {
      await send(addressOf('GET /v1/session', { after: position }))
      return
    } catch (error) {
      if (!(error instanceof Refusal) || (error.status !== 504 && error.status !== 503)) throw error
    }
  }
}
