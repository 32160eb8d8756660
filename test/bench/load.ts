import { Agent, request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'

/**
 * The producer's side of the collect benchmark, as a thread of its own so that it has an event loop of its own: posts each body once, over
 * keep-alive connections, the next one of a connection when the last was answered.
 */
const Work = z.object({ url: z.url(), key: z.string(), connections: z.int().positive(), bodies: z.array(z.instanceof(Uint8Array)) })
const Answer = z.object({ accepted: z.int(), rejected: z.array(z.unknown()) })
const { url, key, connections, bodies } = Work.parse(workerData)
const agent = new Agent({ keepAlive: true, maxSockets: connections })

const post = (body: Uint8Array): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        agent,
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': body.length },
      },
      answer => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          if (answer.statusCode === 202) {
            const { accepted: taken, rejected } = Answer.parse(JSON.parse(text))
            if (rejected.length === 0) resolve(taken)
            else reject(new Error(`${rejected.length} refused, the first: ${JSON.stringify(rejected[0])}`))
          } else reject(new Error(`${answer.statusCode}: ${text.slice(0, 500)}`))
        })
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })

const left = bodies.values()
let accepted = 0
const started = performance.now()
await Promise.all(
  Array.from({ length: connections }, async () => {
    for (const body of left) {
      const taken = await post(body)
      accepted += taken
    }
  }),
)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of a thread has no origin
parentPort?.postMessage({ accepted, seconds: (performance.now() - started) / 1000 })
agent.destroy()
