import { describe, expect, test } from 'vitest'
import type { GenerateRequest } from '../../domain/generate.ts'
import type { ModelFacts } from '../../ports/provider.ts'
import { modelFor, priceOf } from './model-check.ts'

const price = { per: 'second', amountMicroUsd: 70_000, asOf: '2026-11-22', source: 'a list' } as const
const models: ModelFacts[] = [
  { id: 'old', kind: 'video', price, sunset: '2026-01-31' },
  { id: 'five-or-ten', kind: 'video', durations: [5, 10], sizes: ['1280x720'], image: true, maxCharacters: 20, price },
  { id: 'range', kind: 'video', durations: { minSeconds: 2, maxSeconds: 12, stepSeconds: 0.5 }, price },
  { id: 'voice', kind: 'speech', maxCharacters: 10, price: { ...price, per: 'character', amountMicroUsd: 20.5 } },
]
const voices = [{ id: 'ann' }, { id: 'bob' }]
const video = { kind: 'video', prompt: 'a tree', durationSeconds: 5, width: 1280, height: 720, fps: 24, seed: 1 } as const
const speech = { kind: 'speech', text: 'hello', voice: 'ann', seed: 1 } as const

const pick = (request: GenerateRequest, day = '2026-11-22') =>
  modelFor({ vendor: 'Acme', models, voices, now: () => new Date(`${day}T12:00:00Z`) }, request).id

describe('models', () => {
  test('the first that is still offered is the default; one is found by its name', () => {
    expect(pick(video)).toBe('five-or-ten')
    expect(pick(video, '2026-01-31')).toBe('old')
    expect(pick({ ...video, model: 'range' })).toBe('range')
    expect(pick(speech)).toBe('voice')
  })

  test('what a model would not make is refused with the field and a way out', () => {
    const refusals: [GenerateRequest, string, RegExp][] = [
      [{ ...video, model: 'nine' }, 'model', /five-or-ten, range\.$/],
      [{ ...video, model: 'voice' }, 'model', /five-or-ten/],
      [{ kind: 'music', prompt: 'a song', durationSeconds: 5, seed: 1 }, 'kind', /video, speech/],
      [{ ...video, durationSeconds: 7 }, 'durationSeconds', /5, 10/],
      [{ ...video, model: 'range', durationSeconds: 2.25 }, 'durationSeconds', /2 to 12/],
      [{ ...video, model: 'range', durationSeconds: 12.5 }, 'durationSeconds', /2 to 12/],
      [{ ...video, width: 1920, height: 1080 }, 'width', /1280x720/],
      [{ ...video, prompt: 'x'.repeat(21) }, 'prompt', /20 characters/],
      [{ ...video, model: 'range', imageUrl: 'https://example.com/a.png' }, 'imageUrl', /picture/],
      [{ ...speech, text: 'x'.repeat(11) }, 'text', /10 characters/],
      [{ ...speech, voice: 'eve' }, 'voice', /ann, bob/],
    ]
    for (const [request, field, fix] of refusals)
      expect(() => pick(request), field).toThrow(
        expect.objectContaining({ code: 'provider_cannot', field, fix: expect.stringMatching(fix) }),
      )
  })

  test('a model that is gone says since when', () => {
    expect(() => pick({ ...video, model: 'old' })).toThrow(expect.objectContaining({ code: 'model_sunset', field: 'model' }))
  })

  test('who names no model where all are gone is told so', () => {
    const gone = { vendor: 'Vendor', models: models.filter(({ id }) => id === 'old'), now: () => new Date('2026-11-22') }
    expect(() => modelFor(gone, video)).toThrow(expect.objectContaining({ code: 'model_sunset', fix: 'Use another provider.' }))
  })

  test('a picture and halves of seconds pass where the model takes them', () => {
    expect(pick({ ...video, imageUrl: 'https://example.com/a.png' })).toBe('five-or-ten')
    expect(pick({ ...video, model: 'range', durationSeconds: 2.5 })).toBe('range')
  })
})

describe('prices', () => {
  test('are whole micro-dollars, rounded up, by second, character or take', () => {
    expect(priceOf({ per: 'second', amountMicroUsd: 70_000 }, video)).toBe(350_000)
    expect(priceOf({ per: 'second', amountMicroUsd: 21_600.1 }, video)).toBe(108_001)
    expect(priceOf({ per: 'character', amountMicroUsd: 20.5 }, speech)).toBe(103)
    expect(priceOf({ per: 'take', amountMicroUsd: 200_000 }, video)).toBe(200_000)
    // 0.1 * 3 is not 0.3
    expect(priceOf({ per: 'second', amountMicroUsd: 0.1 }, { ...video, durationSeconds: 30 })).toBe(3)
  })
})
