import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { basename } from 'node:path'

/** Between normal (0) and lowest (19): gives way under load, goes at full speed without. */
const NICENESS = 10

/**
 * Lets this thread, and the programs it starts, give way to the rest of the process: a shot that can be finished and shown
 * now comes before the drawing of a later one. Linux keeps a niceness per thread (setpriority(2), under "C library/kernel
 * differences"); elsewhere it belongs to the whole process and is left alone.
 */
export function giveWay(): void {
  if (process.platform !== 'linux') return
  setPriority(Number(basename(readlinkSync('/proc/thread-self'))), NICENESS)
}
