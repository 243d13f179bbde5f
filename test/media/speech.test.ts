import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profiles } from '../../src/domain/profiles.ts'
import { cuesOfReading } from '../../src/domain/words/reading-cues.ts'
import { createNetwork, type Network } from '../../src/drivers/http/network.ts'
import { wavFile } from '../../src/drivers/provider/local/wav.ts'
import { createOfflineReader } from '../../src/drivers/script-reader/offline/reader.ts'
import { createTranscribedReader } from '../../src/drivers/script-reader/transcribed/reader.ts'
import { createOpenAiTranscriber } from '../../src/drivers/transcriber/openai/transcriber.ts'
import type { FaultySentence, SpeechJudge } from '../../src/ports/inspector.ts'
import type { ScriptReader, VoiceRecording } from '../../src/ports/script-reader.ts'
import { createSpeechJudge } from '../../src/quality/speech/judge.ts'
import { createRecogniserServer, type RecogniserServer } from '../helpers/recogniser-server.ts'
import { createScriptedServer } from '../helpers/scripted-server.ts'
import { sayAll, VOICE_RATE } from './faults/speech/voice.ts'
import { media, quiet, unaborted, workFolder } from './helpers/masters.ts'

const SENTENCES = [
  'In 2026 the river carried 12 % less water.',
  'Dr. Keller measured it near Zürich.',
  'Every village upstream had built a dam.',
  'The fish found other ways to the sea.',
]
const STRANGER = 'Nobody answered when the telephone rang.'
const SCRIPT = SENTENCES.join(' ')
const context = { language: 'en-US', signal: unaborted }

let work: Awaited<ReturnType<typeof workFolder>>
let network: Network
let server: RecogniserServer
let readers: Record<'offline' | 'transcribed', ScriptReader>
beforeAll(async () => {
  work = await workFolder('speech')
  network = createNetwork()
  server = await createRecogniserServer({ sentences: [...SENTENCES, STRANGER], shape: 'whisper.cpp' })
  const pronouncer = new URL('../../src/drivers/provider/local/speech/pronounce.ts', import.meta.url)
  readers = { offline: createOfflineReader({ log: quiet, pronouncer }), transcribed: transcribedBy(server.url) }
})
afterAll(async () => {
  await readers?.offline.close?.()
  await server?.close()
  await network?.close()
  await work?.remove()
})

function transcribedBy(baseUrl: string, timeoutMs?: number): ScriptReader {
  const transcriber = createOpenAiTranscriber({ network, apiKey: 'none', baseUrl, wordTimes: true, model: 'own' })
  return createTranscribedReader({ transcriber, ...(timeoutMs !== undefined && { timeoutMs }) })
}

const judgeOf = (reader: ScriptReader): SpeechJudge => createSpeechJudge({ reader, log: quiet })

async function recorded(name: string, samples: Float32Array): Promise<VoiceRecording> {
  const input = work.path(`${name}.wav`)
  await writeFile(input, wavFile([samples], VOICE_RATE))
  const pcmPath = work.path(`${name}.pcm`)
  return { pcmPath, durationSeconds: (await media.decodeAudio({ input, pcmPath, signal: unaborted })).durationSeconds }
}

async function judged(reader: ScriptReader, samples: Float32Array) {
  const result = await judgeOf(reader).judge(profiles.standard, await recorded('judged', samples), SCRIPT, context)
  return { ...result, faults: result.verdicts.filter(({ verdict }) => verdict !== 'pass') }
}

/** Speaks the sentence again and puts it where it belongs. */
async function mended(samples: Float32Array, { text, range }: FaultySentence): Promise<Float32Array> {
  const pause = new Float32Array(0.1 * VOICE_RATE)
  const { samples: again } = await sayAll([text], 'rms')
  const at = (seconds: number) => Math.round(seconds * VOICE_RATE)
  const parts = [samples.subarray(0, at(range.startSeconds)), pause, again, pause, samples.subarray(at(range.endSeconds))]
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

describe.each(['offline', 'transcribed'] as const)('a voice and its script: %s', (name) => {
  test('read as written: nothing is found, and captions come of it', async () => {
    const said = await sayAll(SENTENCES, 'rms')
    const { faults, reading } = await judged(readers[name], said.samples)
    expect(faults).toEqual([])
    const cues = reading ? cuesOfReading(SCRIPT, reading, 'en-US') : []
    expect(cues.map(({ text }) => text)).toEqual(SENTENCES)
    for (const [n, cue] of cues.entries()) {
      expect(Math.abs(cue.startSeconds - (said.places[n]?.startSeconds ?? -9))).toBeLessThan(0.2)
      expect(Math.abs(cue.endSeconds - (said.places[n]?.endSeconds ?? -9))).toBeLessThan(0.2)
    }
  })

  test('a skipped sentence is found at its time; spoken again, it alone makes it whole', async () => {
    const said = await sayAll(SENTENCES.toSpliced(2, 1), 'rms')
    const { faults, sentences } = await judged(readers[name], said.samples)
    expect(faults.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual(['words fail', 'divergence fail', 'missing_sentence fail'])
    expect(sentences.map(({ index }) => index)).toEqual([2])
    const [sentence] = sentences as [FaultySentence]
    expect(sentence.range.startSeconds).toBe(sentence.range.endSeconds)
    // In the pause between the second sentence and the fourth.
    expect(sentence.range.startSeconds).toBeGreaterThan(said.places[1]?.endSeconds ?? 99)
    expect(sentence.range.startSeconds).toBeLessThan(said.places[2]?.startSeconds ?? 0)
    expect((await judged(readers[name], await mended(said.samples, sentence))).faults).toEqual([])
  })

  test('another sentence in its place is replaced as a whole, and nothing else', async () => {
    const said = await sayAll(SENTENCES.with(1, STRANGER), 'rms')
    const { sentences } = await judged(readers[name], said.samples)
    expect(sentences.map(({ index }) => index)).toEqual([1])
    const [sentence] = sentences as [FaultySentence]
    const place = said.places[1] ?? { startSeconds: 0, endSeconds: 0 }
    expect(Math.abs(sentence.range.startSeconds - place.startSeconds)).toBeLessThan(0.2)
    expect(Math.abs(sentence.range.endSeconds - place.endSeconds)).toBeLessThan(0.2)
    expect((await judged(readers[name], await mended(said.samples, sentence))).faults).toEqual([])
  })
})

describe('who cannot listen makes it unknown', () => {
  test.each<[string, () => Promise<ScriptReader>]>([
    ['no model', async () => createOfflineReader({ log: quiet, modelsFolder: work.path('none') })],
    ['no time', async () => createOfflineReader({ log: quiet, patience: { ms: 1, timesItsLength: 0 } })],
    ['a server that is down', async () => transcribedBy('http://127.0.0.1:1/v1')],
    ['a server that is slow', async () => transcribedBy(server.url, 1)],
    ['a server without a transcript', async () => transcribedBy((await scripted({ segments: [] })).url)],
    ['a server that hears what nobody says', async () => transcribedBy((await scripted({ text: 'Thanks.' })).url)],
  ])('%s', async (_name, make) => {
    const reader = await make()
    const said = await sayAll(SENTENCES.toSpliced(2, 1), 'rms')
    const { faults, sentences } = await judged(reader, said.samples)
    await reader.close?.()
    expect(faults.filter(({ verdict }) => verdict !== 'unknown')).toEqual([])
    expect(faults.map(({ check }) => check)).toContain('missing_sentence')
    for (const { detail } of faults) expect(detail).toMatch(/\w{3}/)
    expect(sentences).toEqual([])
  })
})

const servers: Awaited<ReturnType<typeof createScriptedServer>>[] = []
afterAll(() => Promise.all(servers.map((one) => one.close())))
async function scripted(body: unknown) {
  const made = await createScriptedServer({ body })
  servers.push(made)
  return made
}
