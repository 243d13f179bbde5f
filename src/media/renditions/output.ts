import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SluiceError } from '../../domain/errors.ts'

/** Where a run writes one file: the last arguments, and the folder it needs. */
export function outputTo(path: string, format: string): { args: string[]; writableFolders: string[] } {
  return { args: ['-f', format, `file:${path}`], writableFolders: [dirname(path)] }
}

/** The title as a tag. One line of at most 200 characters: tags are no place for a text, and a NUL would end the argument. */
export function titleArgs(title: string): string[] {
  const line = title
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
  return line === '' ? [] : ['-metadata', `title=${line}`]
}

/** FFmpeg ends well also when it had nothing to write. */
export async function checkWritten(path: string, what: string): Promise<void> {
  const { size } = await stat(path)
  if (size === 0) throw new SluiceError('media_unreadable', `${what} came out empty: the input has nothing there.`)
}
