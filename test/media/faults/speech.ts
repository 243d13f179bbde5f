import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { voices } from '../../../src/drivers/provider/local/voices.ts'
import { wavFile } from '../../../src/drivers/provider/local/wav.ts'
import type { VoiceRecording } from '../../../src/ports/script-reader.ts'
import { ffmpeg, media, unaborted } from '../helpers/masters.ts'
import { strangers, texts } from './speech/texts.ts'
import { overMusic, sayAll, VOICE_RATE } from './speech/voice.ts'

/** The checks of speech that can be right or wrong about a voice that speaks English. */
export type SpokenCheck = 'words' | 'divergence' | 'missing_sentence' | 'added_words'

/** A voice that read a script, rightly or with a fault that was made on purpose. */
export interface SpeechPiece {
  name: string
  voice: string
  script: string
  /** What was said, sentence by sentence. */
  said: readonly string[]
  /** The checks that must find something, and those that must not; a check that is not named may say either. */
  expected: Partial<Record<SpokenCheck, boolean>>
  /** The sentences of the script in which the fault is, by their index. */
  sentences: number[]
  /** Made by the last step: tempo, music, a cut. */
  finish?: (samples: Float32Array, folder: string) => Promise<Float32Array>
  pauseSeconds?: number
}

const RIGHT = { words: false, divergence: false, missing_sentence: false, added_words: false } as const

/** All pieces. Every voice reads some scripts rightly, some with each fault, and single sentences. */
export function speechPieces(): SpeechPiece[] {
  return voices.flatMap(({ id }, v) => [...rightly(id, v), ...wrongly(id, v), ...alone(id, v)])
}

function rightly(voice: string, v: number): SpeechPiece[] {
  const [plain, figures, other] = [v % 2, 2 + (v % 2), 4 + (v % 2)].map((n) => texts[n] as readonly string[])
  const right = (name: string, said: readonly string[] = [], rest: Partial<SpeechPiece> = {}): SpeechPiece => ({
    name: `${voice}: ${name}`,
    voice,
    script: said.join(' '),
    said,
    expected: RIGHT,
    sentences: [],
    ...rest,
  })
  return [
    right('plain text', plain),
    right('figures, names and short forms', figures),
    right('long pauses', other, { pauseSeconds: 1.2 }),
    right('no pauses', other, { pauseSeconds: 0 }),
    right('slow', figures, { finish: tempo(0.8) }),
    right('fast', plain, { finish: tempo(1.25) }),
    right('music at -20 dB', plain, { finish: (samples) => overMusic(samples, -20) }),
    right('music at -12 dB', figures, { finish: (samples) => overMusic(samples, -12) }),
  ]
}

function wrongly(voice: string, v: number): SpeechPiece[] {
  const script = texts[v] as readonly string[]
  const words = (n: number): string[] => (script[n] as string).split(' ')
  const without = (n: number, from: number, count: number): string => words(n).toSpliced(from, count).join(' ')
  const stranger = strangers[v] as string
  const last = script.length - 1
  const wrong = (
    name: string,
    said: readonly string[],
    at: number[],
    expected: SpeechPiece['expected'],
    rest: Partial<SpeechPiece> = {},
  ): SpeechPiece => ({
    name: `${voice}: ${name}`,
    voice,
    script: script.join(' '),
    said,
    expected,
    sentences: at,
    ...rest,
  })
  return [
    wrong('a sentence left out', script.toSpliced(2, 1), [2], {
      words: true,
      divergence: true,
      missing_sentence: true,
      added_words: false,
    }),
    wrong('two words left out', script.with(1, without(1, 2, 2)), [1], { divergence: true, missing_sentence: false, added_words: false }),
    wrong('four words left out', script.with(3, without(3, 3, 4)), [3], { divergence: true, missing_sentence: false, added_words: false }),
    wrong('another sentence', script.with(2, stranger), [2], { words: true, divergence: true, missing_sentence: true }),
    wrong('cut off before the end', script.with(last, words(last).slice(0, -4).join(' ')), [last], {
      divergence: true,
      missing_sentence: false,
      added_words: false,
    }),
    wrong('three words said twice', script.with(0, [...words(0).slice(0, 4), ...words(0).slice(1)].join(' ')), [0], {
      added_words: true,
      missing_sentence: false,
    }),
    wrong('a sentence added', script.toSpliced(3, 0, stranger), [2], { added_words: true, missing_sentence: false }),
    wrong(
      'two sentences in the wrong order',
      [...script.slice(0, 1), script[2] as string, script[1] as string, ...script.slice(3)],
      [1, 2],
      {
        words: true,
        divergence: true,
        missing_sentence: true,
      },
    ),
    wrong('another text', texts[(v + 3) % texts.length] as readonly string[], [0, 1, 2, 3, 4], {
      words: true,
      divergence: true,
      missing_sentence: true,
    }),
    wrong(
      'a sentence left out under music at -12 dB',
      script.toSpliced(3, 1),
      [3],
      { words: true, divergence: true, missing_sentence: true },
      {
        finish: (samples) => overMusic(samples, -12),
      },
    ),
  ]
}

/** A single short sentence, said as written and not. */
function alone(voice: string, v: number): SpeechPiece[] {
  const chosen = [0, 2, 4, 5].map((n) => (texts[n] as readonly string[])[(n + v) % 5] as string)
  return chosen.flatMap((sentence, n) => {
    const piece = { voice, script: sentence, sentences: [0] }
    const other = strangers[(n + v) % strangers.length] as string
    return [
      { ...piece, name: `${voice}: one sentence, ${n + 1}`, said: [sentence], expected: RIGHT, sentences: [] },
      {
        ...piece,
        name: `${voice}: another one in its place, ${n + 1}`,
        said: [other],
        expected: { words: true, divergence: true, missing_sentence: true },
      },
    ]
  })
}

/** Speaks a piece and takes it in as a take would be: a WAV file, decoded by FFmpeg. */
export async function record(piece: SpeechPiece, folder: string): Promise<VoiceRecording> {
  const { samples } = await sayAll(piece.said, piece.voice, piece.pauseSeconds)
  const finished = piece.finish ? await piece.finish(samples, folder) : samples
  const input = join(folder, 'speech.wav')
  await writeFile(input, wavFile([finished], VOICE_RATE))
  const pcmPath = join(folder, 'speech.pcm')
  const { durationSeconds } = await media.decodeAudio({ input, pcmPath, signal: unaborted })
  return { pcmPath, durationSeconds }
}

/** Slower or faster at the same pitch. */
function tempo(factor: number): NonNullable<SpeechPiece['finish']> {
  return async (samples, folder) => {
    const input = join(folder, 'tempo.wav')
    await writeFile(input, wavFile([samples], VOICE_RATE))
    const { stdout } = await ffmpeg('-i', `file:${input}`, '-af', `atempo=${factor}`, '-ar', String(VOICE_RATE), '-f', 'f32le', '-')
    return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength))
  }
}
