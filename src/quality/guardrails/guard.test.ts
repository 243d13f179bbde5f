import { describe, expect, test } from 'vitest'
import { colouredFrame, drawnFrame } from '../../../test/helpers/frames.ts'
import { SluiceError } from '../../domain/errors.ts'
import type { TenantId } from '../../domain/ids.ts'
import { profiles } from '../../domain/profiles.ts'
import { blocks, type QualityProfile, type Verdict } from '../../domain/verdict.ts'
import type { Guard, PictureGuard } from '../../ports/inspector.ts'
import type { Logger } from '../../ports/logger.ts'
import type { StillFrame } from '../../ports/media-tool.ts'
import type { ModeratedContent, Moderation, Moderator } from '../../ports/moderator.ts'
import type { SeenText, TextReader } from '../../ports/text-reader.ts'
import { createGuard, type GuardOptions } from './guard.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
const never = new AbortController().signal
const tenant = 'ten_test' as TenantId
const { standard, strict } = profiles

const moderation = (scores: Record<string, number>, flaggedFrom = 0.5): Moderation => ({
  flagged: Object.values(scores).some((score) => score >= flaggedFrom),
  categories: Object.entries(scores).map(([name, score]) => ({ name, score, flagged: score >= flaggedFrom, judged: ['text'] })),
  model: null,
})

interface Scripted extends Moderator {
  readonly asked: ModeratedContent[]
}

/** A moderator that answers as it is told, and keeps what it was asked. */
function moderatorOf(
  judges: Moderator['judges'],
  answer: (content: ModeratedContent, nth: number) => Moderation | Promise<Moderation>,
  id = 'scripted',
): Scripted {
  const asked: ModeratedContent[] = []
  return {
    id,
    judges,
    asked,
    async moderate(content) {
      asked.push(content)
      return answer(content, asked.length)
    },
  }
}

const words = moderatorOf(['text'], ({ text = '' }) => moderation({ teapots: text.includes('teapot') ? 0.9 : 0.1 }))
const down = new SluiceError('provider_key_invalid', 'The key is not accepted.')

const guardOf = (options: Partial<GuardOptions>): Guard =>
  createGuard({ moderators: [], textReader: null, blockLists: async () => null, log, ...options })
const promptBy = (options: Partial<GuardOptions>, text = 'A teapot.', profile: QualityProfile = standard) =>
  guardOf(options).prompt(profile, tenant, text, never)

describe('a text', () => {
  test('passes when no moderator finds anything, with the worst it saw', async () => {
    const [verdict, ...more] = await promptBy({ moderators: [words] }, 'A lake.')
    expect(verdict).toMatchObject({ check: 'prompt', verdict: 'pass', value: 0.1, unit: 'ratio', threshold: 0.8 })
    expect(verdict?.detail).toBe('the prompt: teapots (0.1, scripted) at worst; the limit is 0.8.')
    expect(more).toEqual([])
  })

  test('fails by what one of several flags, by category and score, and is not repeated', async () => {
    const list = moderatorOf(['text'], () => moderation({ 'entry 3': 1 }), 'block-list')
    const blind = moderatorOf(['image'], () => moderation({}))
    const [verdict] = await promptBy({ moderators: [words, blind], blockLists: async () => list }, 'A teapot for Zorgblatt.')
    expect(verdict).toMatchObject({ verdict: 'fail', value: 1 })
    expect(verdict?.detail).toBe('the prompt is flagged: entry 3 (1, block-list), teapots (0.9, scripted); the limit is 0.8.')
    expect(JSON.stringify(verdict)).not.toMatch(/zorgblatt/i)
    expect(blind.asked).toEqual([])
  })

  test('what the moderator flags is a fault below the threshold, what it does not is one above; the whole counts without a category', async () => {
    const scored = (score: number, flaggedFrom: number) => moderatorOf(['text'], () => moderation({ teapots: score }, flaggedFrom))
    const strictly = { ...standard, thresholds: { prompt: 0.2 } }
    expect(await promptBy({ moderators: [scored(0.3, 0.3)] })).toMatchObject([{ verdict: 'fail', value: 0.3 }])
    expect(await promptBy({ moderators: [scored(0.85, 0.9)] })).toMatchObject([{ verdict: 'fail', value: 0.85 }])
    expect(await promptBy({ moderators: [scored(0.3, 0.9)] })).toMatchObject([{ verdict: 'pass' }])
    expect(await promptBy({ moderators: [scored(0.3, 0.9)] }, 'A teapot.', strictly)).toMatchObject([{ verdict: 'fail', threshold: 0.2 }])
    const whole = moderatorOf(['text'], () => ({ ...moderation({ teapots: 0.1 }), flagged: true }))
    const [unnamed] = await promptBy({ moderators: [whole] })
    expect(unnamed).toMatchObject({ verdict: 'fail', value: 1 })
    expect(unnamed?.detail).toContain('the whole (1, scripted)')
  })

  test('the profile says what a finding does, and whether it is looked at', async () => {
    expect(await promptBy({ moderators: [words] }, 'A teapot.', profiles.draft)).toMatchObject([{ verdict: 'warn' }])
    expect(await promptBy({ moderators: [words] }, 'A teapot.', { ...standard, rules: { prompt: 'off' } })).toEqual([])
  })

  test('is unknown, with its words, when a moderator is down, whatever another says; but a finding stays one', async () => {
    const broken = moderatorOf(['text'], () => Promise.reject(down), 'broken')
    const [calm] = await promptBy({ moderators: [words, broken] }, 'A lake.')
    expect(calm).toMatchObject({ verdict: 'unknown', value: null, detail: 'the prompt is unknown: broken: The key is not accepted.' })
    expect(blocks(strict, calm as Verdict)).toBe(true)
    expect(await promptBy({ moderators: [words, broken] })).toMatchObject([{ verdict: 'fail' }])
  })

  test('is unknown when a moderator does not answer, and nobody waits for it', async () => {
    const mute = moderatorOf(['text'], () => new Promise(() => {}), 'mute')
    const [verdict] = await promptBy({ moderators: [mute], textLimitMs: 20 })
    expect(verdict).toMatchObject({ verdict: 'unknown', detail: 'the prompt is unknown: mute did not answer within 0.02 s.' })
  })

  test('is judged at the second try where the first may be repeated at once', async () => {
    const soon = new SluiceError('provider_throttled', 'Slow down.', { retryAfterMs: 1 })
    const late = new SluiceError('provider_throttled', 'Slow down.', { retryAfterMs: 60_000 })
    const again = moderatorOf(['text'], (_content, nth) => (nth === 1 ? Promise.reject(soon) : moderation({ teapots: 0 })))
    expect(await promptBy({ moderators: [again] })).toMatchObject([{ verdict: 'pass', value: 0 }])
    expect(await promptBy({ moderators: [moderatorOf(['text'], () => Promise.reject(late))] })).toMatchObject([{ verdict: 'unknown' }])
  })

  test('a run that is stopped stops, and is no verdict', async () => {
    const stop = new AbortController()
    const mute = moderatorOf(['text'], () => new Promise(() => {}))
    const judged = guardOf({ moderators: [mute] }).prompt(standard, tenant, 'A teapot.', stop.signal)
    const reason = new Error('the lease is lost')
    stop.abort(reason)
    await expect(judged).rejects.toBe(reason)
  })

  test('nobody who could look is told, and holds no strict job back', async () => {
    const guard = guardOf({ moderators: [moderatorOf(['image'], () => moderation({}))] })
    const verdicts = [
      ...(await guard.prompt(strict, tenant, 'A teapot.', never)),
      ...(await guard.transcript(strict, tenant, 'A teapot.', { startSeconds: 0, endSeconds: 2 }, never)),
    ]
    expect(verdicts).toMatchObject([
      { check: 'prompt', verdict: 'unknown', notSetUp: true },
      { check: 'transcript', verdict: 'unknown', notSetUp: true },
    ])
    expect(verdicts[0]?.detail).toMatch(/not set up on this server/)
    expect(verdicts.filter((verdict) => blocks(strict, verdict))).toEqual([])
  })

  test('the list is that of the tenant', async () => {
    const asked: TenantId[] = []
    await promptBy({
      async blockLists(id) {
        asked.push(id)
        return null
      },
    })
    expect(asked).toEqual([tenant])
  })

  test('what is said has the time in which it is said; silence has nothing to be found', async () => {
    const guard = guardOf({ moderators: [words] })
    const range = { startSeconds: 3, endSeconds: 5 }
    const [said] = await guard.transcript(standard, tenant, 'A teapot.', range, never)
    expect(said).toMatchObject({ check: 'transcript', verdict: 'fail', range })
    expect(said?.detail).toMatch(/^what is said from 3\.00 s to 5\.00 s is flagged: teapots \(0\.9, /)
    expect(await guard.transcript(standard, tenant, ' ', range, never)).toMatchObject([{ verdict: 'pass', value: 0 }])
  })
})

const blue = colouredFrame(64, 36, 'navy')
const green = colouredFrame(64, 36, 'darkgreen')
const bright = colouredFrame(64, 36, 'white')
/** Finds fault with what is brighter than a half. */
const judgeOfBrightness = ({ image }: ModeratedContent): Moderation =>
  moderation({ glare: image && 'frame' in image && (image.frame.yuv420p[0] ?? 0) > 128 ? 0.95 : 0.05 })
const stretch = { startSeconds: 10, durationSeconds: 4, fps: 25, audible: false }

/** Two stills a second from the stretch's start. */
function show(guard: PictureGuard, frames: StillFrame[], startSeconds = 10): void {
  for (const [index, frame] of frames.entries()) guard.still(startSeconds + index / 2, frame)
}
const watching = (options: Partial<GuardOptions>, profile: QualityProfile = standard, signal = never) =>
  guardOf(options).pictures(profile, tenant, stretch, signal)
const of = (verdicts: Verdict[], check: string) => verdicts.filter((verdict) => verdict.check === check)

describe('pictures', () => {
  test('that are clean pass at the end, with how many were looked at; what stands still is looked at once', async () => {
    const moderator = moderatorOf(['image'], judgeOfBrightness)
    const guard = await watching({ moderators: [moderator] })
    show(guard, [blue, blue, green, green])
    expect(of(await guard.judgeUntil(12), 'pictures')).toEqual([])
    show(guard, [green, green, blue, blue], 12)
    const [verdict, ...more] = of(await guard.end(), 'pictures')
    expect(verdict).toMatchObject({ verdict: 'pass', value: 0.05, range: { startSeconds: 10, endSeconds: 14 } })
    expect(verdict?.detail).toMatch(/glare \(0\.05, scripted\) at worst; the limit is 0\.8\. 3 of 8 stills differed and were looked at\.$/)
    expect(more).toEqual([])
    expect(moderator.asked).toHaveLength(3)
  })

  test('that are not are told before their segment is let out, and again at the end when it went on', async () => {
    const guard = await watching({ moderators: [moderatorOf(['image'], judgeOfBrightness)] })
    show(guard, [blue, blue, blue, bright])
    const [first, ...more] = of(await guard.judgeUntil(12), 'pictures')
    expect(first).toMatchObject({ verdict: 'fail', value: 0.95, range: { startSeconds: 11.5, endSeconds: 12 } })
    expect(first?.detail).toMatch(/^the picture from 11\.50 s to 12\.00 s is flagged: glare \(0\.95, scripted\)/)
    expect(more).toEqual([])
    show(guard, [bright, blue, blue, blue], 12)
    expect(of(await guard.judgeUntil(14), 'pictures')).toEqual([])
    expect(of(await guard.end(), 'pictures')).toMatchObject([{ verdict: 'fail', range: { startSeconds: 11.5, endSeconds: 12.5 } }])
  })

  test('each of two places is told once', async () => {
    const guard = await watching({ moderators: [moderatorOf(['image'], judgeOfBrightness)] })
    show(guard, [bright, blue, bright, blue])
    const told = of(await guard.judgeUntil(12), 'pictures')
    expect(told.map(({ range }) => range?.startSeconds)).toEqual([10, 11])
    show(guard, [blue, blue, blue, blue], 12)
    expect(of(await guard.end(), 'pictures')).toEqual([])
  })

  test('are waited for, in whatever order they are judged, and not more than four are out at once', async () => {
    let [out, most] = [0, 0]
    const answers: (() => void)[] = []
    const slow = moderatorOf(['image'], async (content) => {
      most = Math.max(most, ++out)
      await new Promise<void>((resolve) => answers.push(resolve))
      out--
      return judgeOfBrightness(content)
    })
    const guard = await watching({ moderators: [slow] })
    show(guard, [blue, bright, blue, bright, blue, bright, blue, bright])
    const judged = guard.end()
    for (let told = 0; told < 8; told++) {
      await new Promise((resolve) => setImmediate(resolve))
      answers.pop()?.()
    }
    expect(of(await judged, 'pictures').map(({ range }) => range?.startSeconds)).toEqual([10.5, 11.5, 12.5, 13.5])
    expect(most).toBe(4)
  })

  test('that nobody could judge are unknown, at their time; who fails three times is not asked again', async () => {
    const broken = moderatorOf(['image'], () => Promise.reject(down), 'broken')
    const guard = await watching({ moderators: [broken] })
    for (let index = 0; index < 8; index++) {
      show(guard, [index % 2 === 0 ? blue : green], 10 + index / 2)
      await guard.judgeUntil(10.5 + index / 2)
    }
    const [verdict] = of(await guard.end(), 'pictures')
    expect(verdict).toMatchObject({ verdict: 'unknown', value: null, range: { startSeconds: 10, endSeconds: 14 } })
    expect(verdict?.detail).toContain('broken: The key is not accepted;')
    expect(verdict?.detail).toContain('broken failed 3 times in a row')
    expect(broken.asked).toHaveLength(3)
  })

  test('that stand still are asked about again when the first try failed', async () => {
    const once = moderatorOf(['image'], (content, nth) => (nth === 1 ? Promise.reject(down) : judgeOfBrightness(content)))
    const guard = await watching({ moderators: [once] })
    show(guard, [blue])
    expect(of(await guard.judgeUntil(10.5), 'pictures')).toMatchObject([{ verdict: 'unknown' }])
    show(guard, [blue, blue, blue, blue, blue, blue, blue], 10.5)
    expect(of(await guard.end(), 'pictures')).toEqual([])
    expect(once.asked).toHaveLength(2)
  })

  test('that never came are unknown', async () => {
    const moderators = [moderatorOf(['image'], judgeOfBrightness)]
    const none = await watching({ moderators })
    expect(of(await none.end(), 'pictures')).toMatchObject([{ verdict: 'unknown', range: { startSeconds: 10, endSeconds: 14 } }])
    const half = await watching({ moderators })
    show(half, [blue, blue, blue, blue])
    expect(of(await half.judgeUntil(12), 'pictures')).toEqual([])
    expect(of(await half.end(), 'pictures')).toMatchObject([{ verdict: 'unknown', range: { startSeconds: 12, endSeconds: 14 } }])
  })

  test('nobody who looks is told once; sound alone has nothing to look at', async () => {
    const guard = await watching({}, strict)
    show(guard, [blue, blue, blue, blue])
    const told = [...(await guard.judgeUntil(12)), ...(await guard.end())]
    expect(told).toMatchObject([
      { check: 'pictures', verdict: 'unknown', notSetUp: true },
      { check: 'screen_text', verdict: 'unknown', notSetUp: true },
    ])
    const deaf = await guardOf({}).pictures(strict, tenant, { ...stretch, fps: null }, never)
    expect(await deaf.end()).toEqual([])
    expect(await (await watching({}, profiles['audio-only'])).end()).toEqual([])
  })

  test('a run that is stopped stops', async () => {
    const stop = new AbortController()
    const guard = await watching({ moderators: [moderatorOf(['image'], () => new Promise(() => {}))] }, standard, stop.signal)
    show(guard, [blue])
    const judged = guard.judgeUntil(12)
    const reason = new Error('the job was cancelled')
    stop.abort(reason)
    await expect(judged).rejects.toBe(reason)
  })
})

/** A page with as many letters as its number says, so that two pages differ. */
const page = (number: number): StillFrame =>
  drawnFrame(320, 180, (context) => {
    context.fillStyle = 'white'
    context.fillRect(0, 0, 320, 180)
    context.fillStyle = 'black'
    for (let letter = 0; letter < number; letter++) context.fillRect(10 + letter * 12, 20, 6, 10)
  })

interface ScriptedReader extends TextReader {
  readonly pages: number[]
}

/** Reads the number of a {@link page} as `page 3`, or the text told for it. */
function readerOf(texts: Record<number, SeenText[]> = {}): ScriptedReader {
  const pages: number[] = []
  return {
    id: 'reader',
    pages,
    async read({ width, yuv420p }) {
      let number = 0
      while ((yuv420p[25 * width + 12 + number * 12] ?? 255) < 128) number++
      pages.push(number)
      return texts[number] ?? [{ text: `page ${number}`, confidence: 0.95 }]
    },
  }
}

describe('what stands in pictures', () => {
  const line = (text: string, confidence = 0.95) => [{ text, confidence }]

  test('is read at most once in two seconds, the last of them; what was left out is counted', async () => {
    const textReader = readerOf()
    const guard = await watching({ moderators: [words], textReader })
    show(guard, [page(1), page(2), page(3), page(3)])
    expect(of(await guard.judgeUntil(12), 'screen_text')).toEqual([])
    show(guard, [page(3), page(3), page(4), page(5)], 12)
    const [verdict] = of(await guard.end(), 'screen_text')
    expect(textReader.pages).toEqual([3, 5])
    expect(verdict).toMatchObject({ verdict: 'pass', value: 0.1 })
    expect(verdict?.detail).toMatch(/2 of 8 stills were read; 3 that differed were left out\.$/)
  })

  test('is not read again while it stands still, and the same words are not judged again', async () => {
    const textReader = readerOf({ 2: line('page 1') })
    const moderator = moderatorOf(['text'], () => moderation({ teapots: 0 }))
    const guard = await watching({ moderators: [moderator], textReader })
    show(guard, [page(1), page(1), page(1), page(1), page(1), page(1), page(2), page(2)])
    await guard.end()
    expect(textReader.pages).toEqual([1, 2])
    expect(moderator.asked).toEqual([{ text: 'page 1' }])
  })

  test('is a finding for as long as it stands there, told before its segment is let out, and not repeated', async () => {
    const list = moderatorOf(['text'], ({ text = '' }) => moderation({ 'entry 1': text === 'buy a\nZorgblatt' ? 1 : 0 }), 'block-list')
    const textReader = readerOf({ 2: [...line('buy a'), ...line('Zorgblatt')] })
    const guard = await watching({ blockLists: async () => list, textReader })
    show(guard, [page(1), page(1), page(2), page(2)])
    const [found] = of(await guard.judgeUntil(12), 'screen_text')
    expect(found).toMatchObject({ verdict: 'fail', value: 1, range: { startSeconds: 11, endSeconds: 12 } })
    expect(found?.detail).toMatch(/^the text in the picture from 11\.00 s to 12\.00 s is flagged: entry 1 \(1, block-list\)/)
    expect(JSON.stringify(found)).not.toMatch(/zorgblatt/i)
    show(guard, [page(2), page(2), page(1), page(1)], 12)
    expect(of(await guard.end(), 'screen_text')).toMatchObject([{ verdict: 'fail', range: { startSeconds: 11, endSeconds: 13 } }])
  })

  test('what is hardly legible is nobody’s word', async () => {
    const moderator = moderatorOf(['text'], () => moderation({ teapots: 1 }))
    const guard = await watching({ moderators: [moderator], textReader: readerOf({ 1: line('teapot', 0.3) }) })
    show(
      guard,
      Array.from({ length: 8 }, () => page(1)),
    )
    expect(of(await guard.end(), 'screen_text')).toMatchObject([{ verdict: 'pass', value: 0 }])
    expect(moderator.asked).toEqual([])
  })

  test('is unknown when the reader or the moderator is down or does not answer', async () => {
    const broken: TextReader = { id: 'reader', read: () => Promise.reject(new Error('out of memory')) }
    const mute: TextReader = { id: 'reader', read: () => new Promise(() => {}) }
    for (const [options, said] of [
      [{ moderators: [words], textReader: broken }, /reader: out of memory/],
      [{ moderators: [words], textReader: mute, pictureLimitMs: 10 }, /reader did not answer within 0\.01 s/],
      [{ moderators: [moderatorOf(['text'], () => Promise.reject(down))], textReader: readerOf() }, /The key is not accepted/],
    ] as const) {
      const guard = await watching(options)
      show(
        guard,
        Array.from({ length: 8 }, () => page(1)),
      )
      const [verdict] = of(await guard.end(), 'screen_text')
      expect(verdict).toMatchObject({ verdict: 'unknown', value: null })
      expect(verdict?.detail).toMatch(said)
    }
  })

  test('a reader without anybody who judges what it reads is not set up, and reads nothing', async () => {
    const textReader = readerOf()
    const guard = await watching({ textReader })
    show(guard, [page(1)])
    expect(of(await guard.end(), 'screen_text')).toMatchObject([{ verdict: 'unknown', notSetUp: true }])
    expect(textReader.pages).toEqual([])
  })
})
