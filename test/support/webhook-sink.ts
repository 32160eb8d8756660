import { once } from 'node:events'
import { createServer } from 'node:http'

export type Hit = {
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}
export type WebhookSink = {
  readonly url: string
  readonly hits: readonly Hit[]
  /** What the next requests are answered with; after them 200. */
  readonly answers: number[]
  readonly close: () => Promise<void>
}

/** Takes what is posted to it, on loopback. */
export const openWebhookSink = async (): Promise<WebhookSink> => {
  const hits: Hit[] = []
  const answers: number[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      hits.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      response.writeHead(answers.shift() ?? 200).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    hits,
    answers,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
