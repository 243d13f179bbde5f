import { expect, it } from 'vitest'
import type { Verdict } from '../domain/verdict.ts'
import { reportPage } from './report-page.ts'

const verdict = (change: Partial<Verdict>): Verdict => ({
  check: 'silence',
  value: 3.1,
  unit: 's',
  threshold: 2.5,
  range: { startSeconds: 4, endSeconds: 7.1 },
  detail: 'nothing is heard for 3.10 s.',
  verdict: 'fail',
  ...change,
})
const page = (verdicts: Verdict[], title = 'Rain') =>
  reportPage({
    title,
    profile: { name: 'standard', version: 2 },
    durationSeconds: 20,
    verdicts,
    storyboard: { columns: 5, rows: 4, tileWidth: 160, tileHeight: 90, intervalSeconds: 1, count: 20 },
    peaks: Array.from({ length: 400 }, (_, index) => (index % 2 ? 60 : -60)),
  })

it('tells each verdict with value, limit and place, the worst first', () => {
  const html = page([verdict({ verdict: 'pass', check: 'loudness', unit: 'LUFS', value: -16, threshold: -16 }), verdict({})])
  expect(html).toContain('judged by profile standard, version 2')
  expect(html.indexOf('Silence')).toBeLessThan(html.indexOf('Loudness'))
  expect(html).toContain('3.1 s (limit 2.5 s)')
  expect(html).toContain('0:04.0 to 0:07.1')
  expect(html).toContain('Nothing is heard for 3.10 s.')
})

it('marks a finding on the timeline where it is', () => {
  const [, x, width] = /<rect class="fail" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/.exec(page([verdict({})])) ?? []
  expect(Number(x)).toBeCloseTo((4 / 20) * 960, 0)
  expect(Number(width)).toBeCloseTo((3.1 / 20) * 960, 0)
})

it('shows the place: a picture of what is seen, a waveform of what is heard', () => {
  const seen = page([verdict({ check: 'black', evidence: 'finding-1.jpg' })])
  expect(seen).toContain('<img src="finding-1.jpg"')
  expect(page([verdict({})])).toContain('Waveform of the place')
})

it('is text, whatever it is told', () => {
  const html = page([verdict({ detail: '<script>alert(1)</script>' })], 'a "<b>"')
  expect(html).not.toMatch(/<script|<b>/)
})

it('says of what could not be measured that it was not', () => {
  expect(page([verdict({ verdict: 'unknown', value: null })])).toContain('not measured')
})
