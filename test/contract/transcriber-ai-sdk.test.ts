import { createFal } from '@ai-sdk/fal'
import { APICallError, LoadAPIKeyError, type TranscriptionModelV4, type TranscriptionModelV4CallOptions } from '@ai-sdk/provider'
import { transcribe } from 'ai'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AiSdkTranscriberOptions, createAiSdkTranscriber } from '../../src/drivers/transcriber/ai-sdk/transcriber.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { openai } from '../../src/lab/vendors/openai.ts'
import type { Logger } from '../../src/ports/logger.ts'
import type { Recording, Transcript } from '../../src/ports/transcriber.ts'
import { transcriberContract } from '../../src/testing/transcriber-contract.ts'
import { type Spoken, spokenBy } from '../helpers/spoken.ts'

const TEXT = 'The tide is rising. The boats are going out.'
const never = new AbortController().signal
let lab: RunningLab
let spoken: Spoken

beforeAll(async () => {
  lab = await createLab({ vendors: [openai] })
  spoken = await spokenBy('openai', lab.url, TEXT)
})
afterEach(() => lab.dials.reset())
afterAll(() => lab?.close())

type Result = Awaited<ReturnType<TranscriptionModelV4['doGenerate']>>
type Heard = { text: string; language?: string; duration?: number; words?: { word: string; start: number; end: number }[] }

/** A model as packages of the SDK are made: over the lab's OpenAI, its errors as `APICallError`. */
function labModel(modelId: string, apiKey = 'key_lab', baseUrl = `${lab.url}/openai/v1`): TranscriptionModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'lab',
    modelId,
    async doGenerate({ audio, mediaType, timestampGranularities, providerOptions, abortSignal }) {
      const url = `${baseUrl}/audio/transcriptions`
      const form = new FormData()
      form.set('file', new File([audio as Uint8Array<ArrayBuffer>], 'recording', { type: mediaType }))
      form.set('model', modelId)
      const verbose = timestampGranularities !== undefined
      form.set('response_format', verbose ? 'verbose_json' : 'json')
      if (verbose) form.set('timestamp_granularities[]', 'word')
      const language = providerOptions?.['lab']?.['language']
      if (typeof language === 'string') form.set('language', language)
      const failed = { url, requestBodyValues: { model: modelId } }
      const answer = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${apiKey}` },
        body: form,
        ...(abortSignal && { signal: abortSignal }),
      }).catch((error: Error) => {
        throw new APICallError({ ...failed, message: `Cannot connect to API: ${error.message}`, cause: error.cause })
      })
      const responseBody = await answer.text()
      const { status: statusCode, statusText: message } = answer
      const responseHeaders = Object.fromEntries(answer.headers)
      if (!answer.ok) throw new APICallError({ ...failed, message, statusCode, responseHeaders, responseBody })
      const heard = JSON.parse(responseBody) as Heard
      return resultOf({
        text: heard.text,
        language: heard.language,
        durationInSeconds: heard.duration,
        ...(heard.words && { words: heard.words.map(({ word, start, end }) => ({ text: word, startSecond: start, endSecond: end })) }),
      })
    },
  }
}

const resultOf = (more: Partial<Result>): Result => ({
  text: 'Hi there',
  segments: [],
  language: undefined,
  durationInSeconds: undefined,
  warnings: [],
  response: { timestamp: new Date(0), modelId: 'm' },
  ...more,
})

/** A model that answers as told, and remembers how it was called. */
function scripted(answer: () => Result | Promise<Result>) {
  const calls: TranscriptionModelV4CallOptions[] = []
  const model: AiSdkTranscriberOptions['model'] = {
    specificationVersion: 'v4',
    modelId: 'scripted',
    doGenerate: async (options) => {
      calls.push(options)
      return answer()
    },
  }
  return { calls, model }
}

const recording = (): Recording => ({
  stream: (async function* () {
    yield spoken.bytes
  })(),
  mimeType: 'audio/WAV; codecs=1',
  sizeBytes: spoken.bytes.length,
})
const heardBy = (model: AiSdkTranscriberOptions['model'], options: Partial<AiSdkTranscriberOptions> = {}, language?: string) =>
  createAiSdkTranscriber({ id: 'bridge', model, wordTimes: true, ...options }).transcribe(recording(), {
    signal: never,
    ...(language !== undefined && { language }),
  })
const told = (more: Partial<Result>): Promise<Transcript> => heardBy(scripted(() => resultOf(more)).model)
const failing = (error: unknown): Promise<Transcript> => heardBy(scripted(() => Promise.reject(error)).model)

for (const [modelId, wordTimes, language] of [['whisper-1', true, 'en'] as const, ['gpt-transcribe', false] as const]) {
  transcriberContract({
    name: `ai-sdk, a model ${wordTimes ? 'with' : 'without'} the times of words`,
    make: async () => ({
      transcriber: createAiSdkTranscriber({
        id: 'bridge',
        model: labModel(modelId),
        wordTimes,
        ...(language && { call: (tag) => (tag === undefined ? {} : { providerOptions: { lab: { language: tag } } }) }),
      }),
      speech: spoken,
      taken: () => lab.book.entries().length,
      close: async () => {},
    }),
    refused: [
      { recording: { mimeType: 'audio/wav', sizeBytes: 25 * 2 ** 20 + 1 }, code: 'provider_cannot', field: 'sizeBytes' },
      { recording: { mimeType: 'image/png', sizeBytes: 100 }, code: 'provider_cannot', field: 'mimeType' },
    ],
    ...(language && { language }),
  })
}

describe('transcriber: ai-sdk', () => {
  test('the model of this test is one that the SDK itself can use', async () => {
    const { text } = await transcribe({ model: labModel('whisper-1'), audio: spoken.bytes })
    expect(text).toBe(TEXT)
  })

  test('a model is called with the bytes, their type, what it is to time, and its own options', async () => {
    const { model, calls } = scripted(() => resultOf({}))
    await heardBy(model, { call: (language) => ({ providerOptions: { own: { language: language ?? '' } } }) }, 'EN-gb')
    expect(calls).toMatchObject([
      { mediaType: 'audio/wav', timestampGranularities: ['word'], providerOptions: { own: { language: 'en-GB' } } },
    ])
    expect(new Uint8Array(calls[0]?.audio as Uint8Array)).toEqual(spoken.bytes)
    await heardBy(model, { wordTimes: false })
    expect(calls[1]).not.toHaveProperty('timestampGranularities')
  })

  test('segments are not words, whatever is in them', async () => {
    const segments = [{ text: 'Hi', startSecond: 0, endSecond: 0.4 }]
    expect(await told({ segments, language: 'en', durationInSeconds: 2 })).toEqual({
      text: 'Hi there',
      language: 'en',
      durationSeconds: 2,
      words: null,
    })
    expect((await told({ words: segments })).words).toEqual([{ text: 'Hi', startSeconds: 0, endSeconds: 0.4 }])
    const { model } = scripted(() => resultOf({ words: segments }))
    expect((await heardBy(model, { wordTimes: false })).words).toBeNull()
  })

  test('a package of the SDK: fal tells phrases only, and what is asked after the order leaves a doubt', async () => {
    const answers = [
      Response.json({ request_id: 'r1' }),
      Response.json({ text: 'Hi there', chunks: [{ text: 'Hi there', timestamp: [0, 1] }], inferred_languages: ['en'] }),
    ]
    const fal = (replies: Response[]) =>
      createFal({ apiKey: 'key', fetch: async () => replies.shift() as Response }).transcription('wizper')
    expect(await heardBy(fal(answers))).toEqual({ text: 'Hi there', language: 'en', durationSeconds: 1, words: null })
    const refused = () => Response.json({ error: { message: 'no', code: 401 } }, { status: 401 })
    await expect(heardBy(fal([refused()]))).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(heardBy(fal([Response.json({ request_id: 'r1' }), refused()]))).rejects.toMatchObject({ code: 'submit_unknown' })
  })

  test('a language that a model cannot be told is refused, not left out', async () => {
    const { model, calls } = scripted(() => resultOf({}))
    await expect(heardBy(model, {}, 'en')).rejects.toMatchObject({ code: 'provider_cannot', field: 'language' })
    expect(calls).toHaveLength(0)
  })

  test('what a model did not take of the order is logged', async () => {
    const warned: object[] = []
    const log = { warn: (fields: object) => void warned.push(fields) } as Partial<Logger> as Logger
    const warnings: Result['warnings'] = [{ type: 'unsupported', feature: 'timestampGranularities' }]
    await heardBy(scripted(() => resultOf({ warnings })).model, { log })
    expect(warned).toEqual([{ model: 'scripted', warnings }])
  })

  test('the faults of a vendor, behind a model', async () => {
    const before = lab.book.entries().length
    for (const [dial, problem] of [
      ['throttle', { code: 'provider_throttled', retryAfterMs: 1_000 }],
      ['sunset', { code: 'model_sunset' }],
      ['server-error', { code: 'submit_unknown' }],
      ['reset-before', { code: 'submit_unknown' }],
    ] as const) {
      lab.dials.reset()
      lab.dials.set({ [dial]: 1 })
      await expect(heardBy(labModel('whisper-1')), dial).rejects.toMatchObject(problem)
    }
    lab.dials.reset()
    await expect(heardBy(labModel('whisper-1', 'invalid'))).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(heardBy(labModel('whisper-1', 'broke'))).rejects.toMatchObject({ code: 'provider_billing' })
    expect(lab.book.entries()).toHaveLength(before)
    lab.dials.set({ 'lost-reply': 1 })
    await expect(heardBy(labModel('whisper-1'))).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(lab.book.entries()).toHaveLength(before + 1)
  })

  test('errors of the SDK: before sending nothing was taken; anything unknown is a doubt', async () => {
    const call = { url: 'https://vendor.example/x', message: 'no' }
    const posted = { ...call, requestBodyValues: { model: 'm' } }
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    await expect(failing(new LoadAPIKeyError({ message: 'no key' }))).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(failing(new APICallError({ ...posted, cause: refused }))).rejects.toMatchObject({ code: 'provider_unavailable' })
    await expect(failing(new APICallError({ ...posted, statusCode: 413 }))).rejects.toMatchObject({ field: 'sizeBytes' })
    await expect(failing(new APICallError({ ...posted, statusCode: 400 }))).rejects.toMatchObject({ code: 'provider_cannot' })
    await expect(failing(new APICallError({ ...posted, statusCode: 408 }))).rejects.toMatchObject({ code: 'submit_unknown' })
    await expect(failing(new APICallError({ ...call, requestBodyValues: {}, statusCode: 404 }))).rejects.toMatchObject({
      code: 'submit_unknown',
    })
    await expect(failing('odd')).rejects.toMatchObject({ code: 'submit_unknown' })
  })

  test('a model that does not listen to its signal is not waited for', async () => {
    const { model } = scripted(() => new Promise<Result>(() => {}))
    await expect(heardBy(model, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'submit_unknown' })
  })
})
