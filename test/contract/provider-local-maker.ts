import { createLocalProvider } from '../../src/drivers/provider/local/provider.ts'
import type { Logger } from '../../src/ports/logger.ts'
import { orderContext } from '../../src/testing/order-context.ts'

// A process to be killed in the middle of a clip; says so once frames are being drawn.
const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
const [folder = '', ffmpegPath = ''] = process.argv.slice(2)
const provider = createLocalProvider({ folder, ffmpegPath, log, workers: 1 })
const signal = new AbortController().signal
const hint = async (): Promise<void> => {
  const status = await provider.status(ref, { signal })
  if (status.state === 'running' && (status.progress ?? 0) > 0) process.stdout.write('.')
}
const ref = await provider.start(
  { kind: 'video', prompt: 'A long clip', durationSeconds: 60, width: 640, height: 360, fps: 30, seed: 1 },
  orderContext('tak_killed', { hint: () => void hint() }),
)
