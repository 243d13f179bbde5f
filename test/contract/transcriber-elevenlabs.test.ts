import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createElevenLabsTranscriber, type ElevenLabsTranscriberOptions } from '../../src/drivers/transcriber/elevenlabs/transcriber.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { elevenlabs } from '../../src/lab/vendors/elevenlabs.ts'
import type { Recording, TranscribeContext } from '../../src/ports/transcriber.ts'
import { transcriberContract } from '../../src/testing/transcriber-contract.ts'
import { createScriptedServer, type ScriptedAnswer, type ScriptedServer } from '../helpers/scripted-server.ts'
import { type Spoken, spokenBy } from '../helpers/spoken.ts'

const TEXT = 'Three boats came home. Nobody was waiting.'
const never = new AbortController().signal
const network = createNetwork()
let lab: RunningLab
let spoken: Spoken
const servers: ScriptedServer[] = []

beforeAll(async () => {
  lab = await createLab({ vendors: [elevenlabs] })
  spoken = await spokenBy('elevenlabs', lab.url, TEXT)
})
afterEach(async () => {
  lab.dials.reset()
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
afterAll(async () => {
  await lab?.close()
  await network.close()
})

const transcriberOf = (options: Partial<ElevenLabsTranscriberOptions> = {}) =>
  createElevenLabsTranscriber({ network, apiKey: 'key_lab', baseUrl: `${lab.url}/elevenlabs`, pollMs: 1, ...options })

async function* once(bytes: Uint8Array) {
  yield bytes
}
const recording = (): Recording => ({ stream: once(spoken.bytes), mimeType: spoken.mimeType, sizeBytes: spoken.bytes.length })
const heardBy = (options: Partial<ElevenLabsTranscriberOptions> = {}, context: Partial<TranscribeContext> = {}) =>
  transcriberOf(options).transcribe(recording(), { signal: never, ...context })

async function answering(...answers: [ScriptedAnswer, ...ScriptedAnswer[]]): Promise<ScriptedServer> {
  const server = await createScriptedServer(...answers)
  servers.push(server)
  return server
}

for (const asynchronous of [false, true]) {
  transcriberContract({
    name: `elevenlabs, ${asynchronous ? 'asynchronous' : 'synchronous'}`,
    make: async () => ({
      transcriber: transcriberOf({ asynchronous }),
      speech: spoken,
      taken: () => lab.book.entries().length,
      close: async () => {},
    }),
    refused: [
      { recording: { mimeType: 'audio/mpeg', sizeBytes: 5_000_000_000 }, code: 'provider_cannot', field: 'sizeBytes' },
      { recording: { mimeType: 'application/json', sizeBytes: 100 }, code: 'provider_cannot', field: 'mimeType' },
    ],
    language: 'en',
  })
}

const accepted = { message: 'Request accepted.', request_id: 'req_1', transcription_id: 'trn/1' }
const finished = {
  language_code: 'deu',
  text: ' Guten Tag ',
  audio_duration_secs: 1.25,
  words: [
    { text: 'Guten', start: 0.1, end: 0.4, type: 'word', logprob: 0 },
    { text: ' ', start: 0.4, end: 0.5, type: 'spacing', logprob: 0 },
    { text: '(door)', start: 0.4, end: 0.5, type: 'audio_event', logprob: 0 },
    { text: 'Tag', start: 0.5, end: 0.9, type: 'word', logprob: 0 },
  ],
}
const transcript = {
  text: 'Guten Tag',
  language: 'de',
  durationSeconds: 1.25,
  words: [
    { text: 'Guten', startSeconds: 0.1, endSeconds: 0.4 },
    { text: 'Tag', startSeconds: 0.5, endSeconds: 0.9 },
  ],
}
const missing = { status: 404, body: { detail: { status: 'transcript_not_found', message: 'There is no such transcript.' } } }

describe('transcriber: elevenlabs', () => {
  test('what is asked for reaches Scribe, and only words count', async () => {
    const server = await answering({ body: finished })
    expect(await heardBy({ baseUrl: server.url }, { language: 'de-AT' })).toEqual(transcript)
    const [call] = server.asked
    expect(call).toMatchObject({ method: 'POST', path: '/v1/speech-to-text', headers: { 'xi-api-key': 'key_lab' } })
    const form = await new Response(Buffer.from(call?.body ?? '', 'latin1'), {
      headers: { 'content-type': call?.headers['content-type'] ?? '' },
    }).formData()
    const { file, ...fields } = Object.fromEntries(form)
    expect(fields).toEqual({ model_id: 'scribe_v2', timestamps_granularity: 'word', tag_audio_events: 'false', language_code: 'de' })
    expect((file as File).size).toBe(spoken.bytes.length)
  })

  test('a word without times leaves none', async () => {
    const words = finished.words.map(({ end, ...word }) => word)
    const { url } = await answering({ body: { ...finished, words, audio_duration_secs: null } })
    expect(await heardBy({ baseUrl: url })).toEqual({ ...transcript, durationSeconds: null, words: null })
  })

  test('later: the id is told before it is waited for, and whatever is said in the meantime means "not yet"', async () => {
    const server = await answering(
      { body: accepted },
      missing,
      { status: 503, body: { detail: { code: 'service_unavailable', message: 'later' } } },
      { status: 429, body: { detail: { status: 'system_busy', message: 'busy' } } },
      { body: { transcription_id: 'trn/1', status: 'processing' } },
      { body: finished },
    )
    const told: [string, number][] = []
    const transcriber = { baseUrl: server.url, asynchronous: true }
    expect(await heardBy(transcriber, { accepted: (ref) => void told.push([ref, server.asked.length]) })).toEqual(transcript)
    expect(told).toEqual([['trn/1', 1]])
    expect(server.asked.map(({ method }) => method)).toEqual(['POST', 'GET', 'GET', 'GET', 'GET', 'GET'])
    expect(server.asked[1]?.path).toBe('/v1/speech-to-text/transcripts/trn%2F1')
    expect(server.asked[0]?.body).toContain('name="webhook"\r\n\r\ntrue')
  })

  test('a vendor that answers "later" although it was asked to answer at once is waited for', async () => {
    const server = await answering({ body: accepted }, { body: finished })
    expect(await heardBy({ baseUrl: server.url })).toEqual(transcript)
  })

  test('what the lab does not answer is asked again, and charged once', async () => {
    lab.dials.set({ 'poll-error': 0.6 })
    const before = lab.book.entries().length
    expect(await heardBy({ asynchronous: true })).toMatchObject({ text: TEXT })
    expect(lab.book.entries()).toHaveLength(before + 1)
  })

  test('a transcript that never comes is lost, not waited for without end', async () => {
    let hours = 0
    const { url, asked } = await answering(missing)
    const waiting = transcriberOf({ baseUrl: url, now: () => hours++ * 3_600_000 })
    await expect(waiting.collect?.('trn/2', { signal: never })).rejects.toMatchObject({ code: 'take_lost' })
    expect(asked).toHaveLength(2)
  })

  test('waiting ends with its signal', async () => {
    const stopping = new AbortController()
    const { url } = await answering({ body: accepted }, missing)
    const waiting = heardBy(
      { baseUrl: url, asynchronous: true, pollMs: 60_000 },
      { signal: stopping.signal, accepted: () => void setImmediate(() => stopping.abort(new Error('nobody waits'))) },
    )
    await expect(waiting).rejects.toThrow('nobody waits')
  })

  test('a key that stops working while it waits is told', async () => {
    const { url } = await answering({ body: accepted }, { status: 401, body: { detail: { status: 'invalid_api_key', message: 'no' } } })
    await expect(heardBy({ baseUrl: url, asynchronous: true })).rejects.toMatchObject({ code: 'provider_key_invalid' })
  })

  test('an answer that is neither a transcript nor an id leaves a doubt, and so does a 5xx; both after one post', async () => {
    for (const answer of [{ body: {} }, { body: 'not JSON' }, { status: 500, body: 'oh' }, { status: 408, body: '' }]) {
      const { url, asked } = await answering(answer)
      await expect(heardBy({ baseUrl: url })).rejects.toMatchObject({ code: 'submit_unknown' })
      expect(asked).toHaveLength(1)
    }
  })

  test.each([
    [401, { status: 'quota_exceeded', message: 'no credits' }, { code: 'provider_billing' }],
    [402, { code: 'insufficient_credits', message: 'no credits' }, { code: 'provider_billing' }],
    [403, { status: 'missing_permissions', message: 'no' }, { code: 'provider_key_invalid' }],
    [429, { code: 'concurrent_limit_exceeded', message: 'busy' }, { code: 'provider_throttled', retryAfterMs: 3_000 }],
    [400, { status: 'model_deprecated', message: 'gone' }, { code: 'model_sunset', field: 'model' }],
    [400, { code: 'validation_error', message: 'A file is needed.', param: 'file' }, { code: 'media_unreadable', retry: 'never' }],
    [400, { status: 'audio_too_short', message: 'short' }, { code: 'media_unreadable' }],
    [413, { status: 'file_too_large', message: 'large' }, { code: 'provider_cannot', field: 'sizeBytes' }],
    [422, [{ loc: ['body', 'language_code'], msg: 'not one', type: 'x' }], { code: 'provider_cannot', field: 'language' }],
    [302, { message: 'elsewhere' }, { code: 'provider_unavailable' }],
  ])('%i %j', async (status, detail, problem) => {
    const { url } = await answering({ status, headers: { 'retry-after': '3' }, body: { detail } })
    await expect(heardBy({ baseUrl: url })).rejects.toMatchObject(problem)
  })

  test('the faults of the lab: a lost answer is a doubt and was charged, what was refused is none', async () => {
    const charged = () => lab.book.totals()['elevenlabs'] ?? 0
    const before = charged()
    for (const [dial, problem] of [
      ['throttle', { code: 'provider_throttled', retryAfterMs: 1_000 }],
      ['throttle-bare', { code: 'provider_throttled' }],
      ['sunset', { code: 'model_sunset' }],
      ['server-error', { code: 'submit_unknown' }],
      ['reset-before', { code: 'submit_unknown' }],
      ['fail', { code: 'submit_unknown' }],
    ] as const) {
      lab.dials.reset()
      lab.dials.set({ [dial]: 1 })
      await expect(heardBy(), dial).rejects.toMatchObject(problem)
      expect(charged(), dial).toBe(before)
    }
    lab.dials.reset()
    lab.dials.set({ 'lost-reply': 1 })
    await expect(heardBy()).rejects.toMatchObject({ code: 'submit_unknown' })
    expect(charged()).toBeGreaterThan(before)
  })

  test('keys and money at the lab', async () => {
    await expect(heardBy({ apiKey: 'invalid' })).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(heardBy({ apiKey: 'broke' })).rejects.toMatchObject({ code: 'provider_billing' })
    await expect(heardBy({ model: 'scribe_v9' })).rejects.toMatchObject({ code: 'provider_cannot', field: 'model' })
  })
})
