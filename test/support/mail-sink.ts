import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export type Mail = { readonly to: readonly string[]; readonly text: string }
export type MailSink = { readonly url: string; readonly mails: readonly Mail[]; readonly close: () => Promise<void> }

/** A mailbox for everybody on loopback: speaks as much SMTP (RFC 5321) as a client needs to hand over a message. */
export const openMailSink = async (): Promise<MailSink> => {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    let [buffer, isData, to]: [string, boolean, string[]] = ['', false, []]
    const say = (line: string): void => void socket.write(`${line}\r\n`)
    say('220 sink ready')
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', chunk => {
      buffer += chunk.toString('utf8')
      for (;;) {
        const end = buffer.indexOf(isData ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const line = buffer.slice(0, end)
        buffer = buffer.slice(end + (isData ? 5 : 2))
        if (isData) {
          mails.push({ to, text: line })
          ;[isData, to] = [false, []]
          say('250 taken')
        } else if (/^DATA/i.test(line)) {
          isData = true
          say('354 go on')
        } else if (/^QUIT/i.test(line)) {
          say('221 bye')
          socket.end()
        } else {
          const recipient = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1]
          if (recipient !== undefined) to.push(recipient)
          say('250 ok')
        }
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
