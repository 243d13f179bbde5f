import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { PresentationPlan } from '../../../../ports/planner.ts'
import { hasWords } from '../speech/sayable.ts'
import { createLocalPlanner } from './planner.ts'

const { plan } = createLocalPlanner()
const example = (name: string): string => readFileSync(new URL(`../../../../../examples/${name}.txt`, import.meta.url), 'utf8')
const total = ({ scenes }: PresentationPlan): number => scenes.reduce((sum, { estimatedSeconds }) => sum + estimatedSeconds, 0)
const plain = (text: string): string => text.replace(/\s+/g, ' ')
const solar = example('solar-passes-coal')

test('the same brief gives the same plan, another seed another look', () => {
  const brief = { text: solar, durationSeconds: 30, seed: 7 }
  expect(plan(brief)).toEqual(plan({ ...brief }))
  const hues = new Set([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => plan({ ...brief, seed }).scenes[0]?.scene.hue))
  expect(hues.size).toBeGreaterThan(2)
})

describe.each(['solar-passes-coal', 'why-the-sea-has-tides'])('%s', (name) => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('fits 30 seconds with 5 to 8 scenes, the first short (seed %i)', (seed) => {
    const made = plan({ text: example(name), durationSeconds: 30, seed })
    expect(total(made)).toBeGreaterThanOrEqual(25)
    expect(total(made)).toBeLessThanOrEqual(35)
    expect(made.scenes.length).toBeGreaterThanOrEqual(5)
    expect(made.scenes.length).toBeLessThanOrEqual(8)
    expect(made.scenes[0]?.scene.layout).toBe('title')
    expect(made.scenes[0]?.estimatedSeconds).toBeGreaterThanOrEqual(2.5)
    expect(made.scenes[0]?.estimatedSeconds).toBeLessThanOrEqual(4)
  })

  test.each([15, 45, 60])('comes near a wish of %i seconds as far as the text goes', (durationSeconds) => {
    const all = total(plan({ text: example(name), durationSeconds: 600, seed: 1 }))
    const made = total(plan({ text: example(name), durationSeconds, seed: 1 }))
    expect(made).toBeGreaterThan(Math.min(durationSeconds, all) * 0.8)
    expect(made).toBeLessThan(durationSeconds * 1.17)
  })

  test('says only what stands in the text, in its order', () => {
    const text = plain(example(name))
    let at = 0
    for (const { narration } of plan({ text: example(name), durationSeconds: 30, seed: 3 }).scenes.slice(1)) {
      const found = text.indexOf(narration, at)
      expect(found, narration).toBeGreaterThanOrEqual(0)
      at = found + narration.length
    }
  })
})

test('the example shows a chart, points and a large number', () => {
  const { scenes } = plan({ text: solar, durationSeconds: 30, seed: 7 })
  expect(scenes.map(({ scene }) => scene.layout)).toEqual(['title', 'statement', 'bars', 'bullets', 'figure', 'closing'])
  expect(scenes[2]?.scene.figures.map(({ label, display }) => `${label} ${display}`)).toEqual(['Solar 27%', 'Coal 24%', 'Wind 18%'])
  expect(scenes[3]?.scene).toMatchObject({
    headline: 'The change had three causes',
    lines: ['Cheaper panels', 'Longer cables', 'Larger batteries'],
  })
  expect(scenes[4]?.scene.figures[0]?.display).toBe('$4.2 billion')
  expect(scenes.map(({ scene }) => scene.index)).toEqual([0, 1, 2, 3, 4, 5])
  expect(new Set(scenes.map(({ scene }) => scene.hue)).size).toBe(1)
})

test.each([
  'Tides',
  'A dog',
  '7',
  'The harbour at dawn is quiet and cold, and boats rock on the water.',
  'Does it rain? Yes.',
  'hello world this has no full stop',
])('a short prompt still makes a small presentation: %j', (text) => {
  const { scenes, title } = plan({ text, durationSeconds: 30, seed: 1 })
  expect(scenes.length).toBeGreaterThanOrEqual(1)
  expect(title).not.toBe('')
  for (const { narration, scene, estimatedSeconds } of scenes) {
    expect(hasWords(narration)).toBe(true)
    expect(scene.headline).not.toBe('')
    expect(estimatedSeconds).toBeGreaterThanOrEqual(2.5)
  }
  expect(plain(text).replace(/[.?!]$/, '')).toContain(scenes[0]?.scene.headline.replace(/[.?!]$/, ''))
})

test.each(['', '   \n', '!!! ???', '😀😀', '— …'])('nothing to tell: %j', (text) => {
  expect(() => plan({ text, durationSeconds: 30, seed: 1 })).toThrow(
    expect.objectContaining({ code: 'request_invalid', field: 'text', fix: expect.stringMatching(/word/) }),
  )
})

test('texts of every shape are planned, and no scene is empty', () => {
  const texts = [
    'x'.repeat(5000),
    'word '.repeat(3000),
    'One. '.repeat(500),
    `${'A very long sentence that goes on and on, with clause after clause, '.repeat(30)}and ends.`,
    'Title\n\n- one\n- two\n- three\n- four',
    'Umsatz: 5 %, 7 %, 9 %.',
    '"Quote one." "Quote two."',
    'http://example.com/a/b?c=d',
  ]
  for (const text of texts) {
    const { scenes } = plan({ text, durationSeconds: 30, seed: 2 })
    expect(scenes.length).toBeGreaterThan(0)
    for (const { narration, scene } of scenes) {
      expect(narration.trim()).not.toBe('')
      expect(scene.headline.trim()).not.toBe('')
      if (scene.layout === 'bars') expect(scene.figures.length).toBeGreaterThan(1)
    }
  }
})
