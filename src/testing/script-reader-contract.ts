import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keptReading, type ScriptReading } from '../domain/words/reading.ts'
import { scriptWords } from '../domain/words/script.ts'
import type { ScriptReader, VoiceRecording } from '../ports/script-reader.ts'

export interface ScriptReaderContract {
  name: string
  /** Called once for the suite. All recordings are of the same script, in `language`, of three sentences or more. */
  make: () => Promise<{
    reader: ScriptReader
    script: string
    /** BCP 47. */
    language: string
    /** Read as written. */
    right: VoiceRecording
    /** The sentence of this index was left out; it should have begun at about this time. */
    leftOut: { recording: VoiceRecording; sentence: number; atSeconds: number }
    /** Everything was read, and between two sentences something else was said, about there. */
    added: { recording: VoiceRecording; startSeconds: number; endSeconds: number }
    /** Nothing is to be heard. */
    silence: VoiceRecording
    close: () => Promise<void>
  }>
  /** A language it does not take. Absent: it takes all. */
  foreign?: string
}

const never = new AbortController().signal
/** A single word may not be recognised. */
const WORDS_IN_DOUBT = 1
/** How far beside its place something may be found. */
const PLACE_SECONDS = 1

/** What every driver of {@link ScriptReader} does. */
export function scriptReaderContract({ name, make, foreign }: ScriptReaderContract): void {
  describe(`script reader: ${name}`, () => {
    let made: Awaited<ReturnType<ScriptReaderContract['make']>>
    beforeAll(async () => {
      made = await make()
    })
    afterAll(() => made?.close())

    async function read(recording: VoiceRecording): Promise<ScriptReading> {
      const { reader, script, language } = made
      const reading = await reader.read(recording, script, { language, signal: never })
      expect(reading.words.map(({ text }) => text)).toEqual(scriptWords(script, language).map(({ text }) => text))
      for (const { range } of [...reading.words, ...reading.extra]) {
        expect(range.startSeconds).toBeGreaterThanOrEqual(0)
        expect(range.endSeconds).toBeGreaterThanOrEqual(range.startSeconds)
        expect(range.endSeconds).toBeLessThanOrEqual(recording.durationSeconds + 0.1)
      }
      let until = 0
      for (const { startSeconds, endSeconds } of reading.pauses) {
        expect(startSeconds).toBeGreaterThanOrEqual(until)
        expect(endSeconds).toBeGreaterThan(startSeconds)
        until = endSeconds
      }
      return reading
    }

    const notHeard = ({ words }: ScriptReading): number[] => words.flatMap(({ heard }, n) => (heard === 'yes' ? [] : [n]))

    test('hears what was read as written, word by word and in order', async () => {
      const reading = await read(made.right)
      expect(notHeard(reading).length).toBeLessThanOrEqual(WORDS_IN_DOUBT)
      expect(reading.extra).toEqual([])
      expect(reading.doubt).toBeNull()
      const begins = reading.words.map(({ range }) => range.startSeconds)
      expect(begins).toEqual([...begins].sort((a, b) => a - b))
      expect(begins[0]).toBeLessThan(PLACE_SECONDS)
      expect(reading.words.at(-1)?.range.endSeconds).toBeGreaterThan(made.right.durationSeconds - PLACE_SECONDS)
      // Between two sentences nobody speaks.
      const sentences = scriptWords(made.script, made.language).map(({ sentence }) => sentence)
      const last = sentences.indexOf(1) - 1
      const gap = { from: reading.words[last]?.range.endSeconds ?? 0, to: reading.words[last + 1]?.range.startSeconds ?? 0 }
      expect(reading.pauses.some(({ startSeconds, endSeconds }) => endSeconds > gap.from - 0.2 && startSeconds < gap.to + 0.2)).toBe(true)
    })

    test('misses a sentence that was left out, and no other, where it should have been', async () => {
      const { recording, sentence, atSeconds } = made.leftOut
      const reading = await read(recording)
      const sentences = scriptWords(made.script, made.language).map((word) => word.sentence)
      const missed = notHeard(reading)
      const inIt = missed.filter((n) => sentences[n] === sentence)
      expect(inIt.length).toBeGreaterThanOrEqual(0.8 * sentences.filter((of) => of === sentence).length)
      expect(missed.length - inIt.length).toBeLessThanOrEqual(WORDS_IN_DOUBT)
      for (const n of inIt) expect(Math.abs((reading.words[n]?.range.startSeconds ?? -9) - atSeconds)).toBeLessThan(PLACE_SECONDS)
    })

    test('hears that more was said, and where', async () => {
      const { recording, startSeconds, endSeconds } = made.added
      const reading = await read(recording)
      expect(notHeard(reading).length).toBeLessThanOrEqual(WORDS_IN_DOUBT)
      const seconds = reading.extra.reduce((sum, { range }) => sum + range.endSeconds - range.startSeconds, 0)
      expect(seconds).toBeGreaterThan((endSeconds - startSeconds) / 2)
      for (const { range } of reading.extra) {
        expect(range.startSeconds).toBeGreaterThan(startSeconds - PLACE_SECONDS)
        expect(range.endSeconds).toBeLessThan(endSeconds + PLACE_SECONDS)
      }
    })

    test('of silence it hears nothing', async () => {
      const { words, extra, doubt } = await read(made.silence)
      expect(words.filter(({ heard }) => heard !== 'no')).toEqual([])
      expect(extra).toEqual([])
      expect(doubt).toBeNull()
    })

    test('recordings that come together are each told apart, and a reading can be kept', async () => {
      const together = await Promise.all([made.leftOut.recording, made.silence].map(read))
      const [some = 0, none = 0] = together.map(({ words }) => words.filter((word) => word.heard === 'yes').length)
      expect(some).toBeGreaterThan(none)
      for (const reading of together) expect(keptReading(JSON.parse(JSON.stringify(reading)))).toEqual(reading)
    })

    test('a script without words has none to be heard', async () => {
      const { reader, language, silence } = made
      expect((await reader.read(silence, '…', { language, signal: never })).words).toEqual([])
    })

    test('a recording that is not there is said to be so', async () => {
      const { reader, script, language } = made
      const missing = { pcmPath: '/nowhere/speech.pcm', durationSeconds: 1 }
      await expect(reader.read(missing, script, { language, signal: never })).rejects.toMatchObject({ code: 'media_unreadable' })
    })

    test('does not go on once its signal has gone, and listens to the next', async () => {
      const { reader, script, language, right, silence } = made
      const reason = new Error('nobody waits')
      await expect(reader.read(right, script, { language, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      const stopping = new AbortController()
      const stopped = reader.read(right, script, { language, signal: stopping.signal })
      setImmediate(() => stopping.abort(reason))
      await expect(stopped).rejects.toBe(reason)
      expect((await reader.read(silence, script, { language, signal: never })).words).not.toEqual([])
    })

    test('says which languages it takes', async ({ skip }) => {
      if (foreign === undefined) return skip('it takes all languages')
      const refused = made.reader.read(made.right, made.script, { language: foreign, signal: never })
      await expect(refused).rejects.toMatchObject({ code: 'provider_cannot', field: 'language', fix: expect.stringMatching(/\w/) })
    })
  })
}
