import { createFsObjects } from '../../src/drivers/objects/fs/driver.ts'
import type { Logger } from '../../src/ports/logger.ts'

// Another process that opens the folder and leaves.
const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
await createFsObjects({ folder: process.argv[2] ?? '', log })
