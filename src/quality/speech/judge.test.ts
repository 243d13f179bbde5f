import { describe, expect, test } from 'vitest'
import { SluiceError } from '../../domain/errors.ts'
import { profiles } from '../../domain/profiles.ts'
import type { QualityProfile } from '../../domain/verdict.ts'
import { keptReading, type ReadWord, type ScriptReading } from '../../domain/words/reading.ts'
import { scriptWords } from '../../domain/words/script.ts'
import type { Logger } from '../../ports/logger.ts'
import { createSpeechJudge } from './judge.ts'

const SCRIPT = 'Tides rise and fall twice a day. The moon pulls the water towards it. On the far side a second bulge forms.'
const recording = { pcmPath: '/nowhere', durationSeconds: 10 }
const context = { language: 'en-US', signal: new AbortController().signal }
const silent = () => {}
const log: Logger = { debug: silent, info: silent, warn: silent, error: silent, child: () => log }

/**
 * The script as it was read: half a second a word, half a second's pause between sentences.
 * @param marks by the index of a word, what became of it, if not `yes`
 */
function reading(marks: Record<number, ReadWord['heard']> = {}, rest: Partial<ScriptReading> = {}): ScriptReading {
  const words = scriptWords(SCRIPT, 'en')
  let at = 0.25
  const pauses = [{ startSeconds: 0, endSeconds: 0.25 }]
  const read = words.map(({ text, sentence }, n): ReadWord => {
    if (n > 0 && sentence !== words[n - 1]?.sentence) {
      pauses.push({ startSeconds: at, endSeconds: at + 0.5 })
      at += 0.5
    }
    const startSeconds = at
    const heard = marks[n] ?? 'yes'
    if (heard !== 'no') at += 0.5
    return { text, heard, range: { startSeconds, endSeconds: at } }
  })
  pauses.push({ startSeconds: at, endSeconds: at + 0.25 })
  return { reader: 'scripted', words: read, extra: [], pauses, language: null, doubt: null, ...rest }
}

const mark = (from: number, to: number, heard: ReadWord['heard']) =>
  Object.fromEntries(Array.from({ length: to - from }, (_, n) => [from + n, heard]))

async function judged(heard: ScriptReading | Error, profile: QualityProfile = profiles.standard, kept?: ScriptReading | null) {
  let calls = 0
  const judge = createSpeechJudge({
    log,
    reader: {
      id: 'scripted',
      read: async () => {
        calls += 1
        if (heard instanceof Error) throw heard
        return heard
      },
    },
  })
  const result = await judge.judge(profile, recording, SCRIPT, context, kept)
  const faults = result.verdicts.filter(({ verdict }) => verdict !== 'pass')
  return { ...result, calls, faults, names: faults.map(({ check, verdict }) => `${check} ${verdict}`) }
}

describe('speech against the script', () => {
  test('as written: everything passes, and nothing is to be spoken again', async () => {
    const { verdicts, sentences, names } = await judged(reading())
    expect(names).toEqual([])
    expect(verdicts.map(({ check, value }) => [check, value])).toEqual([
      ['words', 0],
      ['divergence', 0],
      ['missing_sentence', 0],
      ['added_words', 0],
      ['language', 0],
    ])
    expect(sentences).toEqual([])
  })

  test('one word that was not recognised is no fault', async () => {
    expect((await judged(reading({ 4: 'no' }))).names).toEqual([])
  })

  test('a sentence that was left out: named, placed, and to be put into the pause', async () => {
    const { names, faults, sentences } = await judged(reading(mark(7, 14, 'no')))
    expect(names).toEqual(['words fail', 'divergence fail', 'missing_sentence fail'])
    expect(faults[1]).toMatchObject({ value: 7, unit: 'words', threshold: 1 })
    expect(faults[2]?.detail).toContain('The moon pulls the water towards it')
    // The first ends at 3.75 s; the pauses of 0.5 s before and after the missing one follow each other.
    expect(sentences).toHaveLength(1)
    expect(sentences[0]).toMatchObject({ index: 1, text: 'The moon pulls the water towards it.' })
    const { startSeconds, endSeconds } = sentences[0]?.range ?? { startSeconds: 0, endSeconds: 1 }
    expect(startSeconds).toBe(endSeconds)
    expect(startSeconds).toBeGreaterThan(3.75)
    expect(startSeconds).toBeLessThan(4.75)
  })

  test('words left out or replaced: the sentence they are in, from pause to pause', async () => {
    for (const heard of ['no', 'otherwise'] as const) {
      const { names, sentences } = await judged(reading(mark(8, 10, heard)))
      expect(names).toEqual(['divergence fail'])
      expect(sentences.map(({ index }) => index)).toEqual([1])
      expect(sentences[0]?.range.startSeconds).toBe(4)
    }
    const last = await judged(reading(mark(18, 22, 'no')))
    expect(last.sentences.map(({ index, range }) => [index, range.startSeconds])).toEqual([[2, 8]])
    // What is cut off at the end is replaced up to where the silence begins.
    expect(last.sentences[0]?.range.endSeconds).toBeCloseTo(10.25, 5)
  })

  test('words added: in the sentence before them, with all of them in what is replaced', async () => {
    const extra = [{ range: { startSeconds: 7.8, endSeconds: 8.3 }, text: 'and so on' }]
    const { names, faults, sentences } = await judged(reading({}, { extra }))
    expect(names).toEqual(['words fail', 'added_words fail'])
    expect(faults[1]).toMatchObject({ value: 3, range: extra[0]?.range })
    expect(faults[1]?.detail).toContain('and so on')
    expect(sentences.map(({ index }) => index)).toEqual([1])
    expect(sentences[0]?.range.startSeconds).toBeLessThanOrEqual(4.25)
    expect(sentences[0]?.range.endSeconds).toBeGreaterThanOrEqual(7.75)
  })

  test('speech whose words are not known counts by its length', async () => {
    const spoken = (seconds: number) => reading({}, { extra: [{ range: { startSeconds: 3, endSeconds: 3 + seconds }, text: null }] })
    expect((await judged(spoken(0.3))).names).toEqual([])
    expect((await judged(spoken(1))).faults.find(({ check }) => check === 'added_words')).toMatchObject({ verdict: 'fail', value: 2.5 })
  })

  test('words that cannot be told make it unknown only where they decide', async () => {
    expect((await judged(reading({ 3: 'unknown' }))).names).toEqual([])
    const { names, faults, sentences } = await judged(reading(mark(7, 14, 'unknown')))
    expect(names).toEqual(['words unknown', 'divergence unknown', 'missing_sentence unknown'])
    expect(faults[2]?.detail).toContain('The, moon, pulls')
    expect(sentences).toEqual([])
  })

  test('a reading in doubt accuses nobody, and says why', async () => {
    const doubt = 'The music is louder than the voice.'
    const { names, faults, sentences } = await judged(reading(mark(7, 14, 'no'), { doubt }))
    expect(names).toEqual(['words unknown', 'divergence unknown', 'missing_sentence unknown'])
    expect(faults.every(({ detail }) => detail.endsWith(doubt))).toBe(true)
    expect(sentences).toEqual([])
    expect((await judged(reading({}, { doubt }))).names).toEqual([])
  })

  test('another language, unless the words were heard', async () => {
    expect((await judged(reading({}, { language: 'cy' }))).names).toEqual([])
    const { faults } = await judged(reading(mark(0, 22, 'otherwise'), { language: 'fr' }))
    expect(faults.find(({ check }) => check === 'language')).toMatchObject({ verdict: 'warn', value: 1 })
  })

  test('a reader that is down: unknown, with what to do about it', async () => {
    const down = new SluiceError('provider_unavailable', 'The server does not answer.', { fix: 'Start it.' })
    for (const problem of [down, new Error('The server does not answer.')]) {
      const { names, verdicts, reading: heard } = await judged(problem, profiles.strict)
      expect(names).toEqual(verdicts.map(({ check }) => `${check} unknown`))
      expect(verdicts).toHaveLength(5)
      expect(verdicts[0]?.detail).toContain('The server does not answer.')
      expect(heard).toBeNull()
    }
    expect((await judged(down)).verdicts[0]?.detail).toContain('Start it.')
  })

  test('what was heard is given back, and with it nobody listens again', async () => {
    const heard = reading(mark(7, 14, 'no'))
    const first = await judged(heard)
    expect(first.reading).toEqual(heard)
    const again = await judged(new Error('nobody is to listen'), profiles.standard, keptReading(JSON.parse(JSON.stringify(heard))))
    expect(again.calls).toBe(0)
    expect(again.verdicts).toEqual(first.verdicts)
    // Of another script it says nothing.
    expect((await judged(heard, profiles.standard, { ...heard, words: heard.words.slice(1) })).calls).toBe(1)
    for (const broken of [null, 'text', {}, { ...heard, words: [{}] }, { ...heard, pauses: [1] }, { ...heard, extra: null }])
      expect(keptReading(broken)).toBeNull()
  })

  test('a profile that wants none of it has nobody listen', async () => {
    const off = { words: 'off', divergence: 'off', missing_sentence: 'off', added_words: 'off', language: 'off' } as const
    expect(await judged(reading(), { ...profiles.standard, rules: off })).toMatchObject({ calls: 0, verdicts: [] })
    const few = { ...profiles.standard, rules: { ...off, missing_sentence: 'warn' as const }, thresholds: { missing_sentence: 0 } }
    expect((await judged(reading(mark(7, 14, 'no')), few)).names).toEqual(['missing_sentence warn'])
  })
})
