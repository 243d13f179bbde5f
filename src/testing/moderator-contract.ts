import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ProblemCode } from '../domain/problems.ts'
import type { ModeratedContent, ModeratedPart, Moderation, Moderator } from '../ports/moderator.ts'

export interface ModeratorContract {
  name: string
  /** Called once for the suite. */
  make: () => Promise<{ moderator: Moderator; close: () => Promise<void> }>
  /** What nobody would object to: every part it judges, each of which is also judged alone. */
  harmless: ModeratedContent
  /** What must be flagged, at least by this category, for the sake of this part. */
  harmful: { content: ModeratedContent; category: string; part: ModeratedPart }[]
  /** What it does not judge, and the problem it names, before anything is sent. */
  refused: { content: ModeratedContent; code: ProblemCode; field: ModeratedPart }[]
}

const never = new AbortController().signal

/** What every driver of {@link Moderator} does. */
export function moderatorContract({ name, make, harmless, harmful, refused }: ModeratorContract): void {
  describe(`moderator: ${name}`, () => {
    let moderator: Moderator
    let close: () => Promise<void>

    beforeAll(async () => {
      const opened = await make()
      moderator = opened.moderator
      close = opened.close
    })
    afterAll(() => close?.())

    async function judged(content: ModeratedContent): Promise<Moderation> {
      const moderation = await moderator.moderate(content, { signal: never })
      const names = moderation.categories.map((category) => category.name)
      expect(new Set(names).size).toBe(names.length)
      const scores = moderation.categories.map(({ score }) => score ?? 0)
      for (const score of scores) expect(score >= 0 && score <= 1, `a score of ${score}`).toBe(true)
      expect(scores).toEqual([...scores].sort((one, other) => other - one))
      // A category may not say that it looked at what it was not given.
      for (const part of moderation.categories.flatMap((category) => category.judged)) expect(content[part]).toBeDefined()
      for (const part of ['text', 'image'] as const)
        if (content[part] !== undefined) expect(moderation.categories.some((category) => category.judged.includes(part))).toBe(true)
      return moderation
    }

    test('finds nothing in a harmless text, picture, or both', async () => {
      expect(Object.keys(harmless).sort(), 'its parts').toEqual([...moderator.judges].sort())
      for (const content of [...moderator.judges.map((part) => ({ [part]: harmless[part] })), harmless]) {
        const { flagged, categories } = await judged(content)
        expect(flagged, JSON.stringify(categories)).toBe(false)
        expect(categories.filter((category) => category.flagged)).toEqual([])
      }
    })

    test('flags what is not, by category and with a score, also beside something harmless', async () => {
      for (const { content, category, part } of harmful) {
        for (const whole of [content, { ...harmless, ...content }]) {
          const { flagged, categories } = await judged(whole)
          expect(flagged).toBe(true)
          const found = categories.find((candidate) => candidate.name === category)
          expect(found, category).toMatchObject({ flagged: true, judged: expect.arrayContaining([part]) })
          expect(found?.score).toBeGreaterThan(0)
        }
      }
    })

    test('refuses by name what it does not judge', async () => {
      const nothing = { content: {}, code: 'provider_cannot', field: moderator.judges[0] }
      for (const [index, { content, code, field }] of [...refused, nothing].entries())
        await expect(moderator.moderate(content, { signal: never }), `number ${index + 1} of those refused`).rejects.toMatchObject({
          code,
          field,
          fix: expect.stringMatching(/\w/),
        })
    })

    test('nothing is judged once its signal has gone', async () => {
      const reason = new Error('nobody waits')
      await expect(moderator.moderate(harmless, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })
  })
}
