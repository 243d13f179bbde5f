import { parentPort, workerData } from 'node:worker_threads'
import { storeError } from '../../../domain/errors.ts'
import type { FromThread, Pronounce, ReadOrder, ThreadData } from './messages.ts'
import { read } from './read.ts'
import { loadRecogniser } from './recogniser.ts'

/** A worker thread that holds the recogniser of one language, and listens to one recording after the other. */

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')
const { modelFolder, pronouncer } = workerData as ThreadData
const say = (message: FromThread): void => port.postMessage(message)

const ready = Promise.all([
  loadRecogniser(modelFolder),
  pronouncer === null ? null : import(pronouncer).then((module: { pronounce: Pronounce }) => module.pronounce),
])
ready.catch(() => {})

port.on('message', async (order: ReadOrder) => {
  try {
    const [recogniser, pronounce] = await ready
    say({ type: 'read', reading: await read(recogniser, order, pronounce) })
  } catch (error) {
    say({ type: 'failed', error: storeError(error) })
  }
})
