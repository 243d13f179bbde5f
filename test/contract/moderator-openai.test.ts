import { createCanvas, loadImage } from '@napi-rs/canvas'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createNetwork } from '../../src/drivers/http/network.ts'
import { createOpenAiModerator, type OpenAiModeratorOptions } from '../../src/drivers/moderator/openai/moderator.ts'
import { createLab, type RunningLab } from '../../src/lab/create-lab.ts'
import { openai } from '../../src/lab/vendors/openai.ts'
import type { ModeratedContent } from '../../src/ports/moderator.ts'
import { moderatorContract } from '../../src/testing/moderator-contract.ts'
import { colouredFrame } from '../helpers/frames.ts'
import { createScriptedServer, type ScriptedAnswer, type ScriptedServer } from '../helpers/scripted-server.ts'

const never = new AbortController().signal
const network = createNetwork()
const picture = { bytes: Buffer.from('iVBORw0KGgo=', 'base64'), mimeType: 'image/png' }
const magenta = colouredFrame(640, 360, 'magenta')
let lab: RunningLab
const servers: ScriptedServer[] = []

beforeAll(async () => {
  lab = await createLab({ vendors: [openai] })
})
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))
afterAll(async () => {
  await lab?.close()
  await network.close()
})

const moderatorOf = (options: Partial<OpenAiModeratorOptions> = {}) =>
  createOpenAiModerator({ network, apiKey: 'key_lab', baseUrl: `${lab.url}/openai/v1`, ...options })
const judgedBy = (content: ModeratedContent, options: Partial<OpenAiModeratorOptions> = {}) =>
  moderatorOf(options).moderate(content, { signal: never })

async function answering(answer: ScriptedAnswer): Promise<ScriptedServer> {
  const server = await createScriptedServer(answer)
  servers.push(server)
  return server
}
const told = async (content: ModeratedContent, body: unknown) => judgedBy(content, { baseUrl: (await answering({ body })).url })

moderatorContract({
  name: 'openai',
  make: async () => ({ moderator: moderatorOf(), close: async () => {} }),
  harmless: { text: 'A calm lake at dawn.', image: picture },
  harmful: [
    { content: { text: 'He wants to murder them.' }, category: 'violence', part: 'text' },
    { content: { text: 'fine [lab:refuse-input=hate]' }, category: 'hate', part: 'text' },
    { content: { image: { url: 'https://pictures.example/nsfw.png' } }, category: 'sexual', part: 'image' },
    { content: { image: { frame: magenta } }, category: 'sexual', part: 'image' },
  ],
  refused: [
    { content: { text: ' ' }, code: 'provider_cannot', field: 'text' },
    { content: { text: 'a'.repeat(100_001) }, code: 'provider_cannot', field: 'text' },
    { content: { image: { url: 'http://pictures.example/a.png' } }, code: 'address_refused', field: 'image' },
    { content: { image: { url: 'https://127.0.0.1/a.png' } }, code: 'address_refused', field: 'image' },
    { content: { image: { url: 'not an address' } }, code: 'provider_cannot', field: 'image' },
    { content: { image: { ...picture, mimeType: 'image/tiff' } }, code: 'provider_cannot', field: 'image' },
    { content: { image: { ...picture, bytes: new Uint8Array() } }, code: 'provider_cannot', field: 'image' },
    { content: { image: { ...picture, bytes: new Uint8Array(12 * 2 ** 20 + 1) } }, code: 'provider_cannot', field: 'image' },
  ],
})

/** A judgement of two categories, of which only one is judged for pictures. */
const judgement = (more: object = {}) => ({
  id: 'modr-1',
  model: 'omni-moderation-2024-09-26',
  results: [
    {
      flagged: false,
      categories: { hate: false, violence: false },
      category_scores: { hate: 0.1, violence: 0.2 },
      category_applied_input_types: { hate: ['text'], violence: ['text', 'image'] },
      ...more,
    },
  ],
})
const both = { text: 'hi', image: picture }

describe('moderator: openai', () => {
  test('text and picture go in one request, the bytes as a data address', async () => {
    const server = await answering({ body: judgement() })
    await judgedBy(both, { baseUrl: `${server.url}/v1` })
    expect(server.asked).toMatchObject([{ method: 'POST', path: '/v1/moderations', headers: { authorization: 'Bearer key_lab' } }])
    expect(JSON.parse(server.asked[0]?.body ?? '')).toEqual({
      model: 'omni-moderation-latest',
      input: [
        { type: 'text', text: 'hi' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
      ],
    })
  })

  test('a frame goes as a small JPEG of the same colours', async () => {
    const server = await answering({ body: judgement() })
    await judgedBy({ image: { frame: colouredFrame(1280, 720, 'orange') } }, { baseUrl: server.url })
    const { input } = JSON.parse(server.asked[0]?.body ?? '') as { input: { image_url: { url: string } }[] }
    const [kind, data = ''] = input[0]?.image_url.url.split(';base64,') ?? []
    expect(kind).toBe('data:image/jpeg')
    const picture = await loadImage(Buffer.from(data, 'base64'))
    expect([picture.width, picture.height]).toEqual([512, 288])
    const context = createCanvas(512, 288).getContext('2d')
    context.drawImage(picture, 0, 0)
    const seen = [...context.getImageData(256, 144, 1, 1).data]
    for (const [at, wanted] of [255, 165, 0, 255].entries()) expect(Math.abs((seen[at] ?? 0) - wanted), `${seen}`).toBeLessThan(12)
  })

  test('says for each category what it looked at, the highest score first', async () => {
    expect(await told(both, judgement())).toEqual({
      flagged: false,
      model: 'omni-moderation-2024-09-26',
      categories: [
        { name: 'violence', flagged: false, score: 0.2, judged: ['text', 'image'] },
        { name: 'hate', flagged: false, score: 0.1, judged: ['text'] },
      ],
    })
  })

  test('is flagged by the whole or by a category, whichever says so; what was not judged is left out', async () => {
    expect((await told(both, judgement({ flagged: true }))).flagged).toBe(true)
    const split = await told(both, judgement({ categories: { hate: null, violence: true }, category_scores: {} }))
    expect(split).toMatchObject({ flagged: true, categories: [{ name: 'violence', flagged: true, score: null }] })
    expect(split.categories).toHaveLength(1)
  })

  test('a model that does not say what it looked at has looked at text only', async () => {
    const silent = judgement({ category_applied_input_types: undefined })
    expect((await told({ text: 'hi' }, silent)).categories.map(({ judged }) => judged)).toEqual([['text'], ['text']])
    await expect(told(both, silent)).rejects.toMatchObject({ code: 'provider_failed', field: 'image' })
  })

  test('what was not looked at does not pass', async () => {
    const blind = judgement({ category_applied_input_types: { hate: ['text'], violence: ['text'] } })
    await expect(told({ image: picture }, blind)).rejects.toMatchObject({ code: 'provider_failed', field: 'image' })
    await expect(told({ text: 'hi' }, judgement({ categories: {} }))).rejects.toMatchObject({ code: 'provider_failed', field: 'text' })
    await expect(told({ text: 'hi' }, judgement({ categories: { hate: null } }))).rejects.toMatchObject({ code: 'provider_failed' })
  })

  test('an answer that is no judgement does not pass', async () => {
    for (const body of [
      {},
      { results: [] },
      { results: [{}] },
      { results: [{ categories: { hate: false } }] },
      judgement({ flagged: 'no' }),
    ])
      await expect(told({ text: 'hi' }, body), JSON.stringify(body)).rejects.toMatchObject({ code: 'provider_failed' })
    const twice = { results: [...judgement().results, ...judgement().results] }
    await expect(told({ text: 'hi' }, twice)).rejects.toMatchObject({ code: 'provider_failed' })
    await expect(told({ text: 'hi' }, 'not JSON')).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test.each([
    [429, { message: 'Rate limit reached.', code: 'rate_limit_exceeded' }, { code: 'provider_throttled', retryAfterMs: 3_000 }],
    [429, { message: 'You exceeded your current quota.', code: 'insufficient_quota' }, { code: 'provider_billing' }],
    [500, { message: 'oh' }, { code: 'provider_unavailable', retryAfterMs: 3_000 }],
    [404, { message: 'gone', code: 'model_not_found' }, { code: 'model_sunset', field: 'model' }],
    [400, { message: 'Invalid input for moderations.', param: 'input' }, { code: 'provider_cannot', field: 'text' }],
    [400, { message: 'Cannot fetch it.', param: 'image_url' }, { code: 'provider_cannot', field: 'image' }],
    [302, { message: 'elsewhere' }, { code: 'provider_unavailable' }],
  ])('%i %j does not pass', async (status, error, problem) => {
    const { url } = await answering({ status, headers: { 'retry-after': '3' }, body: { error } })
    await expect(judgedBy({ text: 'hi' }, { baseUrl: url })).rejects.toMatchObject(problem)
  })

  test('keys and ways that do not work are told apart', async () => {
    await expect(judgedBy({ text: 'hi' }, { apiKey: 'invalid' })).rejects.toMatchObject({ code: 'provider_key_invalid' })
    await expect(judgedBy({ text: 'hi' }, { apiKey: 'broke' })).rejects.toMatchObject({ code: 'provider_billing' })
    const server = await answering({ body: {} })
    await server.close()
    servers.length = 0
    await expect(judgedBy({ text: 'hi' }, { baseUrl: server.url })).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test('it costs nothing', async () => {
    const before = lab.book.entries().length
    await judgedBy({ text: 'A calm lake.' })
    expect(lab.book.entries()).toHaveLength(before)
  })
})
