import { parentPort, workerData } from 'node:worker_threads'
import type { FromThread, Plugin } from './messages.ts'

/** A worker thread with one plug-in in it. What comes before it is open waits; when it cannot be opened the thread dies of it. */

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')

const { url } = workerData as { url: string }
const { open } = (await import(url)) as Plugin
const plugin = await open()

port.on('message', async (request: unknown) => {
  const message: FromThread = await plugin.ask(request).then(
    (answer) => ({ answer }),
    (error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) }),
  )
  port.postMessage(message)
})
