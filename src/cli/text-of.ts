import { readFile, stat } from 'node:fs/promises'
import { exampleText } from '../compose/package-files.ts'
import { SluiceError } from '../domain/errors.ts'
import type { JobKind } from '../domain/request.ts'
import { MAX_TEXT_LENGTH } from '../wire/jobs.ts'

/** Longest file that is read, in bytes: no text that is taken is longer in UTF-8. */
const MAX_FILE_BYTES = 4 * MAX_TEXT_LENGTH
/** One word with a folder or a text file's ending in it is meant as a path. */
const PATH_FORM = /^\S*\/\S*$|^\S+\.(txt|md|markdown|text|rst|html?|docx?|pdf|rtf|odt)$/i
const ADDRESS_FORM = /^https?:\/\//i

/**
 * The words of the command line themselves, or the text of the file they name; without words the example text.
 * Throws `request_invalid` and `prompt_too_long`.
 */
export async function textOf(words: string[], kind: JobKind): Promise<string> {
  if (words.length === 0 && kind !== 'presentation') {
    throw invalid(
      `There is no ${kind === 'speech' ? 'text' : 'prompt'} for the ${kind}.`,
      `Write it behind the command: sluice generate --kind ${kind} "..."`,
    )
  }
  const text =
    words.length === 0 ? await textFile(exampleText) : words.length === 1 && words[0] ? await wordsOrFile(words[0]) : words.join(' ')
  if (text.trim() === '') throw invalid('The text is empty.', 'Write what it should say behind the command, or name a text file.')
  return text
}

async function wordsOrFile(word: string): Promise<string> {
  const found = await stat(word).catch(() => undefined)
  if (found) return textFile(word)
  if (ADDRESS_FORM.test(word)) throw invalid(`${word} is an address; pages are not fetched.`, 'Save its text in a file and name that.')
  if (PATH_FORM.test(word))
    throw invalid(`There is no file ${word}.`, 'Check the path. If these are the words themselves, write at least two.')
  return word
}

async function textFile(path: string): Promise<string> {
  const found = await stat(path)
  if (!found.isFile()) throw invalid(`${path} is ${found.isDirectory() ? 'a folder' : 'not a file'}.`, 'Name a text file.')
  if (found.size > MAX_FILE_BYTES) {
    throw new SluiceError('prompt_too_long', `${path} has ${found.size} bytes; a text has at most ${MAX_TEXT_LENGTH} characters.`, {
      fix: 'Shorten it, or make several of it.',
    })
  }
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw invalid(`${path} cannot be read (${error.code}).`, 'Check who may read it.')
  })
  if (bytes.length === 0) throw invalid(`${path} is empty.`, 'Write into it what the video should say.')
  return decoded(bytes, path)
}

/** UTF-8 without control characters is text; so is UTF-16 that begins with its mark. */
function decoded(bytes: Uint8Array, path: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8'
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    if (!/[^\P{Cc}\s]/u.test(text)) return text
  } catch {
    // not this encoding: said below
  }
  throw invalid(`${path} is not a text file in UTF-8.`, 'Save it as plain text in UTF-8 and name that file.')
}

function invalid(detail: string, fix: string): SluiceError {
  return new SluiceError('request_invalid', detail, { fix })
}
