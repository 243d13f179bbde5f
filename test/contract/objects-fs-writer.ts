import { createFsObjects } from '../../src/drivers/objects/fs/driver.ts'
import type { Logger } from '../../src/ports/logger.ts'

// A process to be killed while it replaces one object again and again; says so once the first body is under way.
const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
const objects = await createFsObjects({ folder: process.argv[2] ?? '', log })

async function* body(letter: string) {
  for (let piece = 0; piece < 30; piece++) {
    yield Buffer.alloc(100_000, letter)
    if (piece === 0) process.stdout.write('.')
  }
}

for (let version = 0; ; version++) await objects.put('target', body('bcdefgh'[version % 7] ?? 'b'), { mimeType: 'text/plain' })
