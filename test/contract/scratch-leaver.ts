import { createScratch } from '../../src/drivers/objects/fs/scratch.ts'

// A process that is killed with a folder open.
const scratch = await createScratch({ folder: process.argv[2] ?? '' })
await scratch.folder('left')
process.kill(process.pid, 'SIGKILL')
