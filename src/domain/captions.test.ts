import { describe, expect, test } from 'vitest'
import { captionsVtt, splitCue, vttTime } from './captions.ts'

describe('captions', () => {
  test('a short sentence is one cue', () => {
    expect(captionsVtt([{ startSeconds: 0.6, endSeconds: 2.25, text: 'Twice a day the sea climbs the shore.' }])).toBe(
      'WEBVTT\n\n00:00:00.600 --> 00:00:02.250\nTwice a day the sea climbs the shore.\n',
    )
  })

  test('no cue, still a valid file', () => {
    expect(captionsVtt([])).toBe('WEBVTT\n')
  })

  test('cues are parted by one empty line and never hold one', () => {
    const text = captionsVtt([
      { startSeconds: 0, endSeconds: 1, text: 'One.\n\nTwo.' },
      { startSeconds: 1, endSeconds: 2, text: 'Three.' },
    ])
    expect(text).toBe('WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne. Two.\n\n00:00:01.000 --> 00:00:02.000\nThree.\n')
  })

  test('markup and arrows of the text cannot break out', () => {
    expect(captionsVtt([{ startSeconds: 0, endSeconds: 1, text: 'A & B <c> --> D' }])).toContain('\nA &amp; B &lt;c&gt; --&gt; D\n')
  })

  test('a long sentence becomes cues of two even lines with times in proportion', () => {
    const text =
      'As the earth turns, your coast passes through both of them, and that is why most shores see two high tides every single day of the year.'
    const cues = splitCue({ startSeconds: 10, endSeconds: 20, text })
    expect(cues.length).toBe(2)
    expect(
      cues
        .map((cue) => cue.text)
        .join(' ')
        .replaceAll('\n', ' '),
    ).toBe(text)
    for (const cue of cues) {
      const lines = cue.text.split('\n')
      expect(lines.length).toBeLessThanOrEqual(2)
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(42)
    }
    const lengths = cues.flatMap((cue) => cue.text.split('\n')).map((line) => line.length)
    expect(Math.min(...lengths), 'no lone word').toBeGreaterThan(20)
    expect(cues[0]?.startSeconds).toBe(10)
    expect(cues[0]?.endSeconds).toBe(cues[1]?.startSeconds)
    expect(cues.at(-1)?.endSeconds).toBeCloseTo(20, 9)
    const share = (cues[0]?.text.length ?? 0) / text.length
    expect((cues[0]?.endSeconds ?? 0) - 10).toBeCloseTo(10 * share, 0)
  })

  test('a word longer than a line stays whole', () => {
    const word = 'x'.repeat(60)
    expect(splitCue({ startSeconds: 0, endSeconds: 1, text: `a ${word} b` }).map((cue) => cue.text)).toEqual([`a\n${word}`, 'b'])
  })

  test('cues without words or time are left out', () => {
    expect(splitCue({ startSeconds: 1, endSeconds: 1, text: 'now' })).toEqual([])
    expect(splitCue({ startSeconds: 0, endSeconds: 1, text: ' \n ' })).toEqual([])
  })

  test('times round to the millisecond and carry', () => {
    expect(vttTime(59.9996)).toBe('00:01:00.000')
    expect(vttTime(3723.0414)).toBe('01:02:03.041')
    expect(vttTime(-1)).toBe('00:00:00.000')
  })
})
