import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const TRIES = 100

/** A free port for a process's inspector, to be given to it as `NODE_OPTIONS=--inspect-port=<port>`. */
export async function inspectorPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as import('node:net').AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

/**
 * Resident memory of a Node process, in bytes, once its garbage has been collected. Without that it is the garbage of
 * past requests that is measured, which V8 keeps for as long as nobody else needs the room.
 */
export async function residentBytes(pid: number, port: number): Promise<number> {
  process.kill(pid, 'SIGUSR1') // opens its inspector, https://nodejs.org/api/process.html#signal-events
  const inspector = new WebSocket(await inspectorAddress(port))
  await new Promise((open, failed) => {
    inspector.onopen = open
    inspector.onerror = failed
  })
  // Twice: what finalizers let go of is found by the second.
  for (const id of [1, 2]) {
    const answered = new Promise((answer) => {
      inspector.onmessage = answer
    })
    inspector.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }))
    await answered
    await sleep(500)
  }
  inspector.close()
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
  if (kilobytes === undefined) throw new Error(`the memory of process ${pid} cannot be read`)
  return Number(kilobytes) * 1024
}

async function inspectorAddress(port: number): Promise<string> {
  for (let tries = 0; ; tries++) {
    try {
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { webSocketDebuggerUrl: string }[]
      if (targets[0]) return targets[0].webSocketDebuggerUrl
    } catch (error) {
      if (tries === TRIES) throw error
    }
    await sleep(50)
  }
}
