import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProblemCode } from '../domain/problems.ts'
import type { Recording, Transcriber, Transcript } from '../ports/transcriber.ts'

export interface TranscriberContract {
  name: string
  /** A transcriber, and a recording in which something is said that it hears rightly. Called once for the suite. */
  make: () => Promise<{
    transcriber: Transcriber
    speech: { bytes: Uint8Array; mimeType: string; text: string; durationSeconds: number }
    /** How many recordings the vendor has taken, if that can be known: then it is held that what fails early is not sent. */
    taken?: () => number | Promise<number>
    close: () => Promise<void>
  }>
  /** Recordings it will not take, and the problem it names, before a byte of them is read. */
  refused: { recording: Omit<Recording, 'path' | 'stream'>; code: ProblemCode; field: string }[]
  /** A language that it can be told. Absent: it cannot be told any. */
  language?: string
}

const never = new AbortController().signal
const SILENCE_SECONDS = 11

/** What every driver of {@link Transcriber} does. */
export function transcriberContract({ name, make, refused, language }: TranscriberContract): void {
  describe(`transcriber: ${name}`, () => {
    let made: Awaited<ReturnType<TranscriberContract['make']>>
    let folder: string
    let path: string

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sluice-transcriber-'))
      made = await make()
      path = join(folder, 'speech')
      await writeFile(path, made.speech.bytes)
    })
    afterAll(async () => {
      await made?.close()
      await rm(folder, { recursive: true, force: true })
    })

    const onDisk = (): Recording => ({ path, mimeType: made.speech.mimeType, sizeBytes: made.speech.bytes.length })
    const streamed = (stream: AsyncIterable<Uint8Array>, sizeBytes = made.speech.bytes.length): Recording => ({
      stream,
      mimeType: made.speech.mimeType,
      sizeBytes,
    })
    const heard = (recording: Recording): Promise<Transcript> => made.transcriber.transcribe(recording, { signal: never })

    /** Runs what must fail before the vendor has a whole recording, and holds that it has none. */
    async function untaken(run: () => Promise<void>): Promise<void> {
      const before = await made.taken?.()
      await run()
      expect(await made.taken?.()).toBe(before)
    }

    function expectSpeech(transcript: Transcript): void {
      const { text, durationSeconds } = made.speech
      expect(wordsOf(transcript.text)).toEqual(wordsOf(text))
      if (transcript.language !== null) expect(Intl.getCanonicalLocales(transcript.language)).toEqual([transcript.language])
      if (transcript.durationSeconds !== null) expect(Math.abs(transcript.durationSeconds - durationSeconds)).toBeLessThan(1)
      if (!made.transcriber.wordTimes) {
        expect(transcript.words).toBeNull()
        return
      }
      expect(transcript.words?.flatMap((word) => wordsOf(word.text))).toEqual(wordsOf(text))
      let heardUntil = 0
      for (const { startSeconds, endSeconds } of transcript.words ?? []) {
        expect(startSeconds).toBeGreaterThanOrEqual(heardUntil)
        expect(endSeconds).toBeGreaterThanOrEqual(startSeconds)
        heardUntil = startSeconds
      }
      expect(transcript.words?.at(-1)?.endSeconds).toBeLessThan(durationSeconds + 1)
    }

    test('writes down what is said in a file, and when each word is heard if it knows', async () => {
      expectSpeech(await heard(onDisk()))
    })

    test('hears the same in a stream, however it is cut', async () => {
      expectSpeech(await heard(streamed(pieces(made.speech.bytes, 1_000))))
    })

    test('of silence it tells no words', async () => {
      const bytes = silence(SILENCE_SECONDS)
      const transcript = await heard({ stream: pieces(bytes, 50_000), mimeType: 'audio/wav', sizeBytes: bytes.length })
      expect(transcript.text).toBe('')
      expect(transcript.words ?? []).toEqual([])
    })

    test('takes a language, or says that it cannot', async () => {
      if (language !== undefined) expectSpeech(await made.transcriber.transcribe(onDisk(), { language, signal: never }))
      const impossible = made.transcriber.transcribe(onDisk(), { language: 'no language', signal: never })
      await expect(impossible).rejects.toMatchObject({ code: 'provider_cannot', field: 'language', fix: expect.stringMatching(/\w/) })
    })

    test('refuses by name what it does not take, before a byte is read', async () => {
      const empty = { recording: { mimeType: made.speech.mimeType, sizeBytes: 0 }, code: 'provider_cannot', field: 'sizeBytes' }
      for (const { recording, code, field } of [...refused, empty]) {
        const untouched: AsyncIterable<Uint8Array> = {
          [Symbol.asyncIterator]: () => {
            throw new Error('it was read')
          },
        }
        await untaken(() =>
          expect(heard({ ...recording, stream: untouched }), JSON.stringify(recording)).rejects.toMatchObject({
            code,
            field,
            fix: expect.stringMatching(/\w/),
          }),
        )
      }
    })

    test('a file that is not there is said to be so, and nothing is sent', async () => {
      const missing = { ...onDisk(), path: join(folder, 'missing') }
      await untaken(() => expect(heard(missing)).rejects.toMatchObject({ code: 'file_not_found', field: 'path' }))
    })

    test('half a recording is not taken for a whole one', async () => {
      const { bytes } = made.speech
      const half = bytes.subarray(0, bytes.length / 2)
      for (const recording of [
        { ...onDisk(), sizeBytes: bytes.length * 2 },
        streamed(pieces(half, 1_000)),
        streamed(pieces(bytes, 1_000), half.length),
      ])
        await untaken(() => expect(heard(recording)).rejects.toMatchObject({ code: 'media_unreadable', field: 'sizeBytes' }))
    })

    test('a recording that breaks off while it is read leaves no doubt', async () => {
      async function* broken() {
        yield made.speech.bytes.subarray(0, 100)
        throw new Error('the disk is gone')
      }
      await untaken(() => expect(heard(streamed(broken()))).rejects.toMatchObject({ code: 'media_unreadable' }))
    })

    test('nothing is sent once its signal has gone', async () => {
      const reason = new Error('nobody waits')
      const gone = made.transcriber.transcribe(onDisk(), { signal: AbortSignal.abort(reason) })
      await untaken(() => expect(gone).rejects.toBe(reason))
    })

    test('lets go of a recording that does not come on when its signal goes', async () => {
      const stopping = new AbortController()
      async function* stuck() {
        yield made.speech.bytes.subarray(0, 100)
        setImmediate(() => stopping.abort(new Error('nobody waits')))
        await new Promise(() => {})
      }
      await untaken(() => expect(made.transcriber.transcribe(streamed(stuck()), { signal: stopping.signal })).rejects.toThrow())
    })

    test('fetches a transcript once more by its reference, without paying again', async ({ skip }) => {
      const { transcriber } = made
      if (transcriber.collect === undefined) return skip('what was heard cannot be fetched again')
      const refs: string[] = []
      const first = await transcriber.transcribe(onDisk(), { signal: never, accepted: (ref) => void refs.push(ref) })
      const [ref] = refs
      if (ref === undefined) return skip('it answers at once')
      await untaken(async () => expect(await transcriber.collect?.(ref, { signal: never })).toEqual(first))
      await expect(transcriber.collect(ref, { signal: AbortSignal.abort(new Error('nobody waits')) })).rejects.toThrow('nobody waits')
    })
  })
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

/** A WAV file: 16 kHz, 16 bit, mono. */
function silence(seconds: number): Uint8Array {
  const dataBytes = seconds * 32_000
  const file = Buffer.alloc(44 + dataBytes)
  file.write('RIFF', 0)
  file.writeUInt32LE(36 + dataBytes, 4)
  file.write('WAVEfmt ', 8)
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(16_000, 24)
  file.writeUInt32LE(32_000, 28)
  file.writeUInt16LE(2, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36)
  file.writeUInt32LE(dataBytes, 40)
  return file
}
