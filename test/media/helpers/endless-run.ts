import { createToolRunner } from '../../../src/media/ffmpeg/run.ts'
import { paths, quiet, unaborted } from './masters.ts'

/** A program that starts FFmpeg on something that never ends, and says its process id. */
const runner = createToolRunner({ ...paths, sandbox: 'off', log: quiet })
const input = { path: process.argv[2] ?? '', options: ['-re', '-stream_loop', '-1'] }
const child = await runner.start({ inputs: [input], args: ['-f', 'null', '-'], signal: unaborted, timeoutMs: 60_000 })
process.stdout.write(`${child.pid}\n`)
