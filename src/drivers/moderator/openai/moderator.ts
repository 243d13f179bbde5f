import { SluiceError } from '../../../domain/errors.ts'
import type { ModeratedContent, ModeratedPart, Moderation, ModerationCategory, Moderator } from '../../../ports/moderator.ts'
import { assertPublicUrl, type Network } from '../../http/network.ts'
import { openAiRefusal } from '../../http/openai-error.ts'
import { createVendorApi } from '../../http/vendor-api.ts'
import { type Judged, judgement } from './api.ts'
import { jpegOf } from './jpeg.ts'

const VENDOR = 'OpenAI'
const TIMEOUT_MS = 60_000
const MAX_IMAGE_BYTES = 12 * 2 ** 20
const MAX_CHARACTERS = 100_000
const IMAGE_KINDS = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])
const FIELDS: Record<string, string> = { input: 'text', model: 'model', image_url: 'image', url: 'image' }

export interface OpenAiModeratorOptions {
  network: Network
  apiKey: string
  /** With its `/v1`. Default: OpenAI. */
  baseUrl?: string
  /** Default `omni-moderation-latest`: text, and pictures for some of its categories. */
  model?: string
  /** Default 12 MiB: base64 adds a third. */
  maxImageBytes?: number
  /** Default 100,000. */
  maxCharacters?: number
  /** Until the answer begins. Default 60,000. */
  timeoutMs?: number
}

/** `POST /v1/moderations`, which OpenAI does not charge for: it may be asked again. */
export function createOpenAiModerator(options: OpenAiModeratorOptions): Moderator {
  const { network, apiKey, baseUrl = 'https://api.openai.com/v1', model = 'omni-moderation-latest', timeoutMs = TIMEOUT_MS } = options
  const { maxImageBytes = MAX_IMAGE_BYTES, maxCharacters = MAX_CHARACTERS } = options
  const api = createVendorApi({ vendor: VENDOR, baseUrl, headers: { authorization: `Bearer ${apiKey}` }, network })

  async function inputOf({ text, image }: ModeratedContent): Promise<object[]> {
    if (text === undefined && image === undefined)
      throw cannot('text', 'there is neither a text nor a picture', 'Give one of them, or both.')
    if (text?.trim() === '') throw cannot('text', 'the text is empty', 'Give a text, or leave it out.')
    if (text !== undefined && text.length > maxCharacters)
      throw cannot('text', `the text has more than ${maxCharacters} characters`, 'Give it in parts.')
    return [
      ...(text === undefined ? [] : [{ type: 'text', text }]),
      ...(image === undefined ? [] : [{ type: 'image_url', image_url: { url: await addressOf(image) } }]),
    ]
  }

  async function addressOf(image: NonNullable<ModeratedContent['image']>): Promise<string> {
    if ('frame' in image) return dataAddress('image/jpeg', await jpegOf(image.frame))
    if ('url' in image) {
      if (!URL.canParse(image.url)) throw cannot('image', 'its address is not one', 'Give an https address, or the bytes.')
      const url = new URL(image.url)
      assertPublicUrl(url, 'image')
      return url.href
    }
    const mimeType = (image.mimeType.split(';')[0] ?? '').trim().toLowerCase()
    if (!IMAGE_KINDS.has(mimeType))
      throw cannot('image', `it is of the type ${image.mimeType}`, `Give it as one of ${[...IMAGE_KINDS].join(', ')}.`)
    if (image.bytes.length === 0 || image.bytes.length > maxImageBytes)
      throw cannot('image', `it has ${image.bytes.length} bytes, not 1 to ${maxImageBytes}`, 'Give a smaller picture.')
    return dataAddress(mimeType, image.bytes)
  }

  return {
    id: 'openai',
    judges: ['text', 'image'],
    async moderate(content, { signal }) {
      signal.throwIfAborted()
      const body = { model, input: await inputOf(content) }
      const answer = await api.ask('/moderations', { method: 'POST', body, signal, timeoutMs, judges: ({ status }) => status === 429 })
      if (answer.status !== 200) throw await openAiRefusal(VENDOR, answer, { fields: FIELDS })
      const read = judgement.safeParse(await answer.json())
      if (!read.success)
        throw new SluiceError('provider_failed', `${VENDOR} answered without a judgement.`, { retry: 'same', cause: read.error })
      const [judged] = read.data.results
      if (judged === undefined) throw new Error('a list of one has one')
      return moderationOf(judged, content, read.data.model)
    },
  }
}

function dataAddress(mimeType: string, bytes: Uint8Array): string {
  return `data:${mimeType};base64,${Buffer.from(bytes).toString('base64')}`
}

function moderationOf(judged: Judged, content: ModeratedContent, model: string | null): Moderation {
  const given: ModeratedPart[] = [
    ...(content.text === undefined ? [] : ['text' as const]),
    ...(content.image === undefined ? [] : ['image' as const]),
  ]
  const categories = Object.entries(judged.categories).flatMap(([name, flagged]): ModerationCategory[] =>
    flagged === null ? [] : [{ name, flagged, score: judged.category_scores[name] ?? null, judged: partsOf(judged, name, given) }],
  )
  const missed = given.find((part) => !categories.some((category) => category.judged.includes(part)))
  if (missed !== undefined)
    throw new SluiceError('provider_failed', `${VENDOR} does not say that it looked at the ${missed === 'text' ? 'text' : 'picture'}.`, {
      field: missed,
      retry: 'other_provider',
      fix: 'Use a model that judges it.',
    })
  return {
    flagged: judged.flagged || categories.some(({ flagged }) => flagged),
    categories: categories.sort((one, other) => (other.score ?? 0) - (one.score ?? 0)),
    model,
  }
}

/** Models that do not say what they looked at know only text. */
function partsOf({ category_applied_input_types: applied }: Judged, name: string, given: ModeratedPart[]): ModeratedPart[] {
  return applied ? given.filter((part) => applied[name]?.includes(part)) : given.filter((part) => part === 'text')
}

function cannot(field: 'text' | 'image', why: string, fix: string): SluiceError {
  return new SluiceError('provider_cannot', `${VENDOR} cannot judge the ${field === 'text' ? 'text' : 'picture'}: ${why}.`, { field, fix })
}
