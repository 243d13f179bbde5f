import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Dial, Faults } from '../../dials.ts'
import type { Lab } from '../../lab.ts'
import { sendError, sendRefusal } from './errors.ts'
import { fieldsOf, textOf } from './fields.ts'
import { isMarked } from './marked-picture.ts'

const CATEGORIES = [
  ...['harassment', 'harassment/threatening', 'hate', 'hate/threatening', 'illicit', 'illicit/violent'],
  ...['self-harm', 'self-harm/intent', 'self-harm/instructions', 'sexual', 'sexual/minors', 'violence', 'violence/graphic'],
]
const OF_IMAGES = /^(self-harm|sexual$|violence)/

/** Words for each category; enough to try what an application does with a verdict, no judgement of anything. */
const WORDS: Record<string, RegExp> = {
  violence: /\b(kill|murder|stab|shoot|torture)/i,
  'violence/graphic': /\b(gore|dismember|bloodbath)/i,
  sexual: /\b(nude|naked|porn|sex)\b/i,
  hate: /\b(subhuman|vermin race)/i,
  harassment: /\b(worthless idiot|pathetic loser)/i,
  'self-harm': /\b(suicide|self-harm|cut myself)/i,
  illicit: /\b(build a bomb|cook meth|pipe bomb)/i,
}

type Part = { type?: string; text?: string; image_url?: { url?: string } }

/** How long a slow answer takes, in lab time. */
const SLOW_SECONDS = 30

/**
 * `POST /v1/moderations`, free of charge. Text is judged by a few words and by the marker `[lab:refuse-input]`, which may name a
 * category: `[lab:refuse-input=sexual]`. An image is taken for `sexual` when its address says `nsfw`, and one that comes as `data:` when
 * a quarter of it is magenta. It can be slow, throttled and broken as orders are.
 */
export function moderationRoutes(app: FastifyInstance, lab: Lab): void {
  app.post('/v1/moderations', async (request, reply) => {
    const fields = fieldsOf(request.body)
    const { input } = fields
    const parts = Array.isArray(input) && input.some((part) => typeof part === 'object')
    const inputs: Part[][] = parts
      ? [input as Part[]]
      : (Array.isArray(input) ? input : [input]).map((text) => [{ type: 'text', text: textOf(text) ?? '' }])
    if (input === undefined || inputs.length === 0)
      return sendError(reply, 400, { message: 'Field required.', type: 'invalid_request_error', param: 'input', code: 'invalid_value' })
    // Not as the vendor's orders: a prompt that was moderated before it is ordered is ordered for the first time all the same.
    const drawn = inputs.map((item) => lab.dials.draw(`${lab.vendor}/moderations`, textIn(item)))
    const has = (dial: Dial) => drawn.some((faults) => faults.has(dial))
    if (has('slow')) await lab.clock.wait(SLOW_SECONDS)
    if (has('server-error')) return sendRefusal(reply, { refused: 'server-error' }, 'input', 'openai')
    if (has('throttle')) return sendRefusal(reply, { refused: 'throttle', retryAfterSeconds: 1 }, 'input', 'openai')
    return {
      id: `modr-${randomUUID()}`,
      model: textOf(fields['model']) ?? 'omni-moderation-latest',
      results: await Promise.all(inputs.map((item, index) => judge(drawn[index], item))),
    }
  })
}

const textIn = (parts: Part[]): string => parts.map(({ text = '' }) => text).join('\n')

async function judge(faults: Faults | undefined, parts: Part[]) {
  const text = textIn(parts)
  const images = parts.filter((part) => part.type === 'image_url')
  const marked = faults?.has('refuse-input') ? (faults.detail('refuse-input') ?? 'violence') : undefined
  const looks = await Promise.all(
    images.map(({ image_url: { url = '' } = {} }) => (url.startsWith('data:') ? isMarked(url) : /nsfw/i.test(url))),
  )
  const seen = looks.includes(true)
  const flagged = (name: string) => name === marked || (WORDS[name]?.test(text) ?? false) || (name === 'sexual' && seen)
  const each = <T>(value: (name: string) => T) => Object.fromEntries(CATEGORIES.map((name) => [name, value(name)]))
  return {
    flagged: CATEGORIES.some(flagged),
    categories: each(flagged),
    category_scores: each((name) => (flagged(name) ? 0.97 : 0.0001)),
    category_applied_input_types: each((name) => [
      ...(text === '' ? [] : ['text']),
      ...(images.length > 0 && OF_IMAGES.test(name) ? ['image'] : []),
    ]),
  }
}
