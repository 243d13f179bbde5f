import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createOpenAiTranscriber, type OpenAiTranscriberOptions } from '../../src/drivers/transcriber/openai/transcriber.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { openai } from '../../src/lab/vendors/openai.ts'
import type { Recording } from '../../src/ports/transcriber.ts'
import { transcriberContract } from '../../src/testing/transcriber-contract.ts'
import { createScriptedServer, type ScriptedAnswer, type ScriptedServer } from '../helpers/scripted-server.ts'
import { type Spoken, spokenBy } from '../helpers/spoken.ts'

const TEXT = 'The quick brown fox jumps. It does not look back.'
const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let spoken: Spoken
const servers: ScriptedServer[] = []

beforeAll(async () => {
  lab = await createLab({ vendors: [openai] })
  spoken = await spokenBy('openai', lab.url, TEXT)
})
afterEach(async () => {
  lab.dials.reset()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
afterAll(async () => {
  await lab?.close()
  await network.close()
})

const transcriberOf = (options: Partial<OpenAiTranscriberOptions> = {}) =>
  createOpenAiTranscriber({
    network,
    apiKey: 'key_lab',
    baseUrl: `${lab.url}/openai/v1`,
    now: () => new Date('2026-11-23T12:00:00Z'),
    ...options,
  })

async function* once(bytes: Uint8Array) {
  yield bytes
}
const recordingOf = ({ bytes, mimeType }: Pick<Spoken, 'bytes' | 'mimeType'> = spoken): Recording => ({
  stream: once(bytes),
  mimeType,
  sizeBytes: bytes.length,
})
const heardBy = (options: Partial<OpenAiTranscriberOptions> = {}, language?: string) =>
  transcriberOf(options).transcribe(recordingOf(), { signal: never, ...(language !== undefined && { language }) })

async function answering(...answers: [ScriptedAnswer, ...ScriptedAnswer[]]): Promise<ScriptedServer> {
  const server = await createScriptedServer(...answers)
  servers.push(server)
  return server
}
const told = async (body: unknown) => heardBy({ baseUrl: (await answering({ body })).url })

for (const model of ['whisper-1', 'gpt-transcribe']) {
  transcriberContract({
    name: `openai, ${model}`,
    make: async () => ({
      transcriber: transcriberOf({ model }),
      speech: spoken,
      taken: () => lab.book.entries().length,
      close: async () => {},
    }),
    refused: [
      { recording: { mimeType: 'audio/wav', sizeBytes: 25 * 2 ** 20 + 1 }, code: 'provider_cannot', field: 'sizeBytes' },
      { recording: { mimeType: 'audio/basic', sizeBytes: 100 }, code: 'provider_cannot', field: 'mimeType' },
      { recording: { mimeType: 'text/plain', sizeBytes: 100 }, code: 'provider_cannot', field: 'mimeType' },
    ],
    language: 'en-GB',
  })
}

describe('transcriber: openai', () => {
  test('what is asked for reaches it: model, format, granularity, language without its region, and the bytes', async () => {
    const server = await answering({ body: { text: 'Hi.' } })
    await heardBy({ baseUrl: `${server.url}/v1` }, 'en-GB')
    const [call] = server.asked
    expect(call).toMatchObject({ method: 'POST', path: '/v1/audio/transcriptions', headers: { authorization: 'Bearer key_lab' } })
    const form = await new Response(Buffer.from(call?.body ?? '', 'latin1'), {
      headers: { 'content-type': call?.headers['content-type'] ?? '' },
    }).formData()
    const { file, ...fields } = Object.fromEntries(form)
    expect(fields).toEqual({ model: 'whisper-1', response_format: 'verbose_json', 'timestamp_granularities[]': 'word', language: 'en' })
    expect(file).toMatchObject({ name: 'recording.wav', type: 'audio/wav' })
    expect(new Uint8Array(await (file as File).arrayBuffer())).toEqual(new Uint8Array(spoken.bytes))
  })

  test('Whisper gives the language and the length, plain JSON neither', async () => {
    const whole = await heardBy()
    expect(whole).toMatchObject({ text: TEXT, language: 'en' })
    expect(whole.durationSeconds).toBeCloseTo(spoken.durationSeconds, 1)
    expect(await heardBy({ model: 'gpt-transcribe' })).toEqual({ text: TEXT, language: null, durationSeconds: null, words: null })
  })

  test('times that are not told are not made up', async () => {
    const words = (...times: object[]) => ({ text: 'Hi there', language: 'english', duration: '1.5', words: times })
    const hi = { word: 'Hi', start: 0, end: 0.4 }
    expect(await told(words(hi, { word: ' there', start: 0.4, end: 0.9 }))).toMatchObject({
      durationSeconds: 1.5,
      words: [
        { text: 'Hi', startSeconds: 0, endSeconds: 0.4 },
        { text: 'there', startSeconds: 0.4, endSeconds: 0.9 },
      ],
    })
    for (const there of [{ word: 'there' }, { word: 'there', start: 0.4, end: null }, { word: 'there', start: 0.9, end: 0.4 }])
      expect(await told(words(hi, there))).toMatchObject({ text: 'Hi there', words: null })
    expect(await told({ text: 'Hi', language: 'klingonese', duration: 'long' })).toMatchObject({ language: null, durationSeconds: null })
  })

  test('servers of one’s own: words in the segments, in pieces, or the times of segments alone', async () => {
    // whisper.cpp's server: the tokens of each segment, with the space before them.
    const pieces = [
      { word: ' Hi', start: 0, end: 0.3 },
      { word: ' Zyn', start: 0.3, end: 0.6 },
      { word: 'trivo', start: 0.6, end: 0.9 },
      { word: '.', start: 0.9, end: 0.9 },
    ]
    const nested = { text: ' Hi Zyntrivo.', segments: [{ text: ' Hi Zyntrivo.', start: 0, end: 0.9, words: pieces }] }
    expect(await told(nested)).toMatchObject({
      text: 'Hi Zyntrivo.',
      words: [
        { text: 'Hi', startSeconds: 0, endSeconds: 0.3 },
        { text: 'Zyntrivo.', startSeconds: 0.3, endSeconds: 0.9 },
      ],
    })
    const segments = [
      { text: ' Hi there.', start: 0, end: 1, words: null },
      { text: ' Bye.', start: 1.4, end: 2 },
    ]
    expect(await told({ text: 'Hi there. Bye.', segments })).toMatchObject({
      words: null,
      passages: [
        { text: 'Hi there.', startSeconds: 0, endSeconds: 1 },
        { text: 'Bye.', startSeconds: 1.4, endSeconds: 2 },
      ],
    })
    for (const other of [
      { text: 'Hi there. And more. Bye.', segments },
      { text: 'Hi', segments: [{ text: 'Hi' }] },
      { text: 'Hi', segments: 'none' },
    ])
      expect(await told(other)).not.toHaveProperty('passages')
  })

  test('an answer without a transcript, and one that breaks, leave a doubt', async () => {
    for (const body of [{}, [], { text: 7 }, 'not JSON']) await expect(told(body)).rejects.toMatchObject({ code: 'submit_unknown' })
  })

  test('one post and no more, whatever goes wrong', async () => {
    const server = await answering({ status: 503, body: { error: { message: 'busy' } } })
    await expect(heardBy({ baseUrl: server.url })).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(server.asked).toHaveLength(1)
  })

  test('a lost answer is a doubt, and was charged; a full queue and a model that is gone are none', async () => {
    const charged = () => lab.book.entries().length
    const before = charged()
    for (const [dial, problem] of [
      ['throttle', { code: 'provider_throttled', retryAfterMs: 1_000 }],
      ['throttle-bare', { code: 'provider_throttled' }],
      ['sunset', { code: 'model_sunset', field: 'model' }],
      ['refuse-input', { code: 'input_refused', field: 'recording' }],
      ['reset-before', { code: 'submit_unknown' }],
      ['server-error', { code: 'submit_unknown' }],
    ] as const) {
      lab.dials.reset()
      lab.dials.set({ [dial]: 1 })
      await expect(heardBy(), dial).rejects.toMatchObject(problem)
      expect(charged(), dial).toBe(before)
    }
    lab.dials.reset()
    lab.dials.set({ 'lost-reply': 1 })
    await expect(heardBy()).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(charged()).toBe(before + 1)
  })

  test('keys, money and ways that do not work are told apart', async () => {
    await expect(heardBy({ apiKey: 'invalid' })).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(heardBy({ apiKey: 'forbidden' })).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(heardBy({ apiKey: 'broke' })).rejects.toMatchObject({ code: 'provider_billing' })
    await expect(heardBy({ model: 'whisper-9' })).rejects.toMatchObject({ code: 'model_sunset', field: 'model' })
    const server = await answering({ body: {} })
    await server.close()
    servers.length = 0
    await expect(heardBy({ baseUrl: server.url })).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test('what is no sound is said to be so', async () => {
    const noise = { bytes: Buffer.from('this is not a sound'), mimeType: 'audio/wav' }
    await expect(transcriberOf().transcribe(recordingOf(noise), { signal: never })).rejects.toMatchObject({
      code: 'media_unreadable',
      retry: 'never',
    })
  })

  test('a model that has been switched off is not asked', async () => {
    const server = await answering({ body: { text: '' } })
    const on = (day: string) => heardBy({ baseUrl: server.url, now: () => new Date(`${day}T12:00:00Z`) })
    await expect(on('2027-02-27')).rejects.toMatchObject({ code: 'model_sunset', field: 'model' })
    expect(server.asked).toHaveLength(0)
    await on('2027-02-26')
    expect(server.asked).toHaveLength(1)
  })

  test('an answer that does not come is a doubt', async () => {
    lab.dials.set({ slow: 1 })
    lab.clock.speed = 1
    await expect(heardBy({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'submit_unknown' })
    lab.clock.speed = 1_000
  })
})
