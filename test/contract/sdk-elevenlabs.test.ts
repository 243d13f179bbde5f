import { ElevenLabsClient, type ElevenLabsError } from '@elevenlabs/elevenlabs-js'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { ELEVENLABS_LAB_SECRET, elevenlabs } from '../../src/lab/vendors/elevenlabs.ts'
import { eventually } from '../helpers/eventually.ts'
import { createMailbox, type Mailbox } from '../helpers/mailbox.ts'
import { playable } from '../helpers/takes.ts'

const VOICE = 'JBFqnCBsd6RMkjVDRZzb'
const VEO = 'veo-3.1-fast-generate-001'
let lab: RunningLab
let mailbox: Mailbox
let client: ElevenLabsClient

const withKey = (apiKey: string, maxRetries = 0) => new ElevenLabsClient({ apiKey, baseUrl: `${lab.url}/elevenlabs`, maxRetries })

beforeAll(async () => {
  lab = await createLab({ vendors: [elevenlabs] })
  mailbox = await createMailbox()
  client = withKey('lab')
})
beforeEach(() => {
  lab.clock.speed = 1_000
})
afterAll(async () => {
  await lab?.close()
  await mailbox?.close()
})

async function whole(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}

const thrown = (call: PromiseLike<unknown>): Promise<ElevenLabsError> =>
  Promise.resolve(call).then(
    () => Promise.reject(new Error('it should have been refused')),
    (error: ElevenLabsError) => error,
  )

/** A video that has ended by the time it is asked for. */
async function video(prompt: string, more: Record<string, unknown> = {}): Promise<string> {
  const created = await client.flows.video.create({ modelId: VEO, prompt, durationSecs: 4, resolution: '720p', ...more })
  expect(created.status).toBe('pending')
  await lab.works.of('elevenlabs').get(created.id)?.ended
  return created.id
}

test('speech, whole and streamed, in the format that was asked for', async () => {
  const text = 'The harbour is quiet.'
  const spoken = await whole(await client.textToSpeech.convert(VOICE, { text, modelId: 'eleven_multilingual_v2' }))
  const { durationSeconds, streams } = await playable(spoken)
  expect(streams).toEqual(['audio'])
  expect(durationSeconds).toBeGreaterThan(0.5)
  expect(await whole(await client.textToSpeech.stream(VOICE, { text }))).toEqual(spoken)
  const raw = await whole(await client.textToSpeech.convert(VOICE, { text, outputFormat: 'pcm_16000' }))
  expect(raw.length / 2 / 16_000).toBeCloseTo(durationSeconds, 0)
})

test('speech with the time of each character, whole and streamed', async () => {
  const text = 'Come in.  Sit down, please!'
  const { audioBase64, alignment, normalizedAlignment } = await client.textToSpeech.convertWithTimestamps(VOICE, { text })
  const { durationSeconds } = await playable(Buffer.from(audioBase64, 'base64'))
  expect(alignment?.characters.join('')).toBe(text)
  expect(normalizedAlignment).toEqual(alignment)
  const starts = alignment?.characterStartTimesSeconds ?? []
  expect(starts).toEqual([...starts].sort((a, b) => a - b))
  expect(Math.abs((alignment?.characterEndTimesSeconds.at(-1) ?? 0) - durationSeconds)).toBeLessThan(0.3)

  const audio: Buffer[] = []
  let said = ''
  for await (const piece of await client.textToSpeech.streamWithTimestamps(VOICE, { text })) {
    audio.push(Buffer.from(piece.audioBase64, 'base64'))
    said += piece.alignment?.characters.join('') ?? ''
  }
  expect(said).toBe(text)
  expect(audio.length).toBeGreaterThan(1)
  expect(Buffer.concat(audio)).toEqual(Buffer.from(audioBase64, 'base64'))
})

test('what was said is in the history, with its sound and times', async () => {
  const text = 'Remember this one.'
  const spoken = await whole(await client.textToSpeech.convert(VOICE, { text, modelId: 'eleven_v3' }))
  const { history } = await client.history.list({ modelId: 'eleven_v3', voiceId: VOICE, source: 'TTS', pageSize: 1 })
  expect(history).toMatchObject([{ text, voiceId: VOICE, modelId: 'eleven_v3', contentType: 'audio/mpeg' }])
  const item = await client.history.get(history[0]?.historyItemId ?? '')
  expect(item.alignments?.alignment.characters.join('')).toBe(text)
  expect(await whole(await client.history.getAudio(item.historyItemId))).toEqual(spoken)
})

test('music: from a prompt, from a plan, streamed, and with what was composed', async () => {
  const prompt = 'slow piano, rain'
  const song = await whole(await client.music.compose({ prompt, musicLengthMs: 4_000, modelId: 'music_v2' }))
  expect((await playable(song)).durationSeconds).toBeCloseTo(4, 0)
  expect(await whole(await client.music.stream({ prompt, musicLengthMs: 4_000, modelId: 'music_v2' }))).toEqual(song)

  const plan = await client.music.compositionPlan.create({ prompt, musicLengthMs: 5_000 })
  expect(plan).toMatchObject({ positiveGlobalStyles: ['slow piano', 'rain'], sections: [{ durationMs: 5_000 }] })
  // The SDK's own wrapper parses the parts; its types do not say so.
  const composed = (await client.music.composeDetailed({ compositionPlan: plan as never, seed: 3 })) as unknown as {
    json: unknown
    audio: Buffer
    filename: string
  }
  expect(composed.json).toMatchObject({ compositionPlan: plan, songMetadata: { title: 'slow piano' } })
  expect(composed.filename).toBe('song.mp3')
  expect((await playable(composed.audio)).durationSeconds).toBeCloseTo(5, 0)
})

test('music: a prompt with a seed does not pass, a refused prompt comes with another', async () => {
  const both = await thrown(client.music.compose({ prompt: 'x', musicLengthMs: 3_000, seed: 1 }))
  expect(both).toMatchObject({
    statusCode: 422,
    body: { detail: [{ loc: ['body', 'seed'], msg: expect.any(String), type: expect.any(String) }] },
  })
  const refused = await thrown(client.music.compose({ prompt: '[lab:refuse-input] x', musicLengthMs: 3_000 }))
  expect(refused.statusCode).toBe(400)
  expect(JSON.stringify(refused.body)).toContain('prompt_suggestion')
})

test('a sound effect', async () => {
  const heard = await whole(await client.textToSoundEffects.convert({ text: 'a door', durationSeconds: 1.5, loop: false }))
  expect((await playable(heard)).durationSeconds).toBeCloseTo(1.5, 0)
})

test('Scribe gives back the words that were spoken, at once or later', async () => {
  const text = 'Three boats came home.'
  const spoken = await whole(await client.textToSpeech.convert(VOICE, { text }))
  const file = () => new File([new Uint8Array(spoken)], 'speech.mp3', { type: 'audio/mpeg' })
  const heard = await client.speechToText.convert({ modelId: 'scribe_v2', file: file(), timestampsGranularity: 'word' })
  if (!('words' in heard)) throw new Error('there are no words')
  expect(heard.text).toBe(text)
  const words = heard.words.filter(({ type }) => type === 'word')
  expect(words.map((word) => word.text)).toEqual(['Three', 'boats', 'came', 'home.'])
  expect(words[0]?.start).toBe(0)

  const accepted = await client.speechToText.convert({ modelId: 'scribe_v2', file: file(), webhook: true })
  if (!('requestId' in accepted)) throw new Error('it was not accepted for later')
  const later = await eventually(
    () => client.speechToText.transcripts.get(accepted.transcriptionId ?? '').catch(() => undefined),
    (transcript) => transcript !== undefined,
    10_000,
  )
  expect(later).toMatchObject({ text })
  await client.speechToText.transcripts.delete(accepted.transcriptionId ?? '')
  expect((await thrown(client.speechToText.transcripts.get(accepted.transcriptionId ?? ''))).statusCode).toBe(404)

  const strange = await client.speechToText.convert({ modelId: 'scribe_v2', file: new File(['noise'], 'noise.mp3') })
  expect('text' in strange && strange.text).toBe('')
})

test('a video: ordered, waited for by the SDK itself, downloaded', async () => {
  const made = await client.flows.video.createAndWait(
    { modelId: VEO, prompt: 'a lighthouse', durationSecs: 4, aspectRatio: '9:16', seed: 9 },
    { minPollIntervalInSeconds: 0.5, waitTimeoutInSeconds: 30 },
  )
  if (made.status !== 'completed') throw new Error(JSON.stringify(made))
  expect(made.contentMimeType).toBe('video/mp4')
  const bytes = new Uint8Array(await (await fetch(made.contentUrl)).arrayBuffer())
  expect(await playable(bytes)).toMatchObject({ width: 720, height: 1280, durationSeconds: 4 })
  const again = await client.flows.video.get(made.id)
  expect(again.status === 'completed' && again.contentUrl !== made.contentUrl).toBe(true)
})

test('an unfinished video carries Retry-After; one that failed is returned with its reason and given back', async () => {
  lab.clock.speed = 1
  const { id } = await client.flows.video.create({ modelId: VEO, prompt: 'a tide', durationSecs: 4 })
  const { data, rawResponse } = await client.flows.video.get(id).withRawResponse()
  expect(data).toMatchObject({ id, status: 'pending' })
  expect(rawResponse.headers.get('retry-after')).toBe('3')
  lab.clock.speed = 1_000
  const refused = await video('[lab:refuse-output] a fight')
  expect(await client.flows.video.get(refused)).toMatchObject({ status: 'failed', failureReason: 'moderated' })
  expect(lab.book.of(refused)).toBe(0)
})

test('videos are listed, the newest first, by page, state and model', async () => {
  const model = 'bytedance-seedance-v2-mini'
  const ids: string[] = []
  for (const n of [1, 2, 3]) ids.push(await video(`[lab:fail] number ${n}`, { modelId: model }))
  const first = await client.flows.video.list({ modelId: model, pageSize: 2 })
  expect(first.generations.map(({ id }) => id)).toEqual([ids[2], ids[1]])
  expect(first.hasMore).toBe(true)
  const second = await client.flows.video.list({ modelId: model, pageSize: 2, ...(first.nextCursor && { cursor: first.nextCursor }) })
  expect(second.generations.map(({ id }) => id)).toEqual([ids[0]])
  expect(second.hasMore).toBe(false)
  expect((await client.flows.video.list({ modelId: model, status: 'completed' })).generations).toEqual([])
})

test('the webhook of the workspace is believed by the SDK, and not when it is forged or stale', async () => {
  lab.webhooks.setTarget('elevenlabs', mailbox.url)
  const id = await video('[lab:webhook-forged] [lab:webhook-stale] a parade', { webhook: { type: 'all' } })
  const [forged, stale, real] = await mailbox.first(3)
  const event = (mail: typeof real) =>
    client.webhooks.constructEvent(mail?.rawBody.toString('utf8') ?? '', mail?.headers['elevenlabs-signature'] ?? '', ELEVENLABS_LAB_SECRET)
  await expect(event(forged)).rejects.toThrow(/hash/)
  await expect(event(stale)).rejects.toThrow(/tolerance/)
  expect(await event(real)).toMatchObject({ type: 'flows', data: { id, status: 'completed', content_url: expect.stringMatching(/^http/) } })
})

test('errors are those of the SDK: a wrong key, no quota under 401, no credits, no voice, no model', async () => {
  const say = (by: ElevenLabsClient, text: string, voice = VOICE, modelId = 'eleven_v3') =>
    thrown(by.textToSpeech.convert(voice, { text, modelId }))
  expect(await say(withKey('invalid'), 'x')).toMatchObject({ statusCode: 401, body: { detail: { status: 'invalid_api_key' } } })
  expect(await say(withKey('broke'), 'x')).toMatchObject({ statusCode: 401, body: { detail: { status: 'quota_exceeded' } } })
  expect(await say(client, '[lab:refuse-input=insufficient_credits] x')).toMatchObject({
    statusCode: 402,
    body: { detail: { type: 'payment_required', code: 'insufficient_credits', request_id: expect.any(String) } },
  })
  expect(await say(client, 'x', 'nobody')).toMatchObject({ statusCode: 404, body: { detail: { code: 'voice_not_found' } } })
  expect(await say(client, 'x', VOICE, 'eleven_none')).toMatchObject({ statusCode: 400, body: { detail: { status: 'model_not_found' } } })
  expect(await say(client, 'x'.repeat(5_001))).toMatchObject({ body: { detail: { code: 'max_character_limit_exceeded', param: 'text' } } })
})

test('at the limit the SDK waits as told and succeeds', async () => {
  const patient = withKey('lab', 2)
  const text = '[lab:throttle] Patience is rewarded.'
  expect(await thrown(client.textToSpeech.convert(VOICE, { text: `${text} ` }))).toMatchObject({ statusCode: 429 })
  expect((await whole(await patient.textToSpeech.convert(VOICE, { text }))).length).toBeGreaterThan(0)
})

test('a stream that breaks in the middle is an error, not a short song', async () => {
  const stream = await client.music.compose({ prompt: '[lab:truncated-body] a march', musicLengthMs: 3_000 })
  await expect(whole(stream)).rejects.toThrow()
})
