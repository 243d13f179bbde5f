import { checks } from '../domain/checks/index.ts'
import type { Storyboard } from '../domain/storyboard.ts'
import type { ProfileVersion, TimeRange, Verdict } from '../domain/verdict.ts'

/** What the page is made of. Its pictures lie beside it as files of the asset. */
export interface ReportPage {
  title: string
  profile: ProfileVersion
  durationSeconds: number
  verdicts: readonly Verdict[]
  /** Of `storyboard.jpg`. `null`: sound only. */
  storyboard: Storyboard | null
  /** Lowest and highest sample of each point, -128 to 127, spread over the length. Empty: silent. */
  peaks: readonly number[]
}

const WIDTH = 960
const STRIP_HEIGHT = 60
const WAVE_HEIGHT = 48
const LANE_HEIGHT = 14
/** A waveform of a place shows this much around it, in seconds. */
const AROUND_SECONDS = 1

const words: Record<Verdict['verdict'], string> = {
  fail: 'Failed',
  unknown: 'Unknown',
  warn: 'Warning',
  repaired: 'Repaired',
  pass: 'Passed',
}
/** Worst first. */
const order = Object.keys(words) as Verdict['verdict'][]

/** The report of an asset for a person: a timeline of the whole with every finding on it, then each check with its figures and places. */
export function reportPage(report: ReportPage): string {
  const sorted = report.verdicts.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
  const tally = order.flatMap((kind) => {
    const count = sorted.filter(({ verdict }) => verdict === kind).length
    return count === 0 ? [] : [`<span class="${kind}">${count} ${words[kind].toLowerCase()}</span>`]
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${inHtml(report.title)} - report</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${inHtml(report.title)}</h1>
<p>${clock(report.durationSeconds)}, judged by profile ${inHtml(report.profile.name)}, version ${report.profile.version}: ${tally.join(', ')}.</p>
${timeline(report)}
<ul>
${sorted.map((verdict) => row(report, verdict)).join('\n')}
</ul>
</main>
</body>
</html>
`
}

/** Pictures, waveform, and a lane for each check that found something. */
function timeline({ durationSeconds, storyboard, peaks, verdicts }: ReportPage): string {
  const at = (seconds: number) => Math.round((seconds / durationSeconds) * WIDTH * 10) / 10
  const found = verdicts.filter(({ verdict, range }) => verdict !== 'pass' && range)
  const lanes = [...new Set(found.map(({ check }) => check))]
  const top = storyboard ? STRIP_HEIGHT : 0
  const height = top + WAVE_HEIGHT + lanes.length * LANE_HEIGHT + 18
  const marks = found.map((verdict) => {
    const { startSeconds, endSeconds } = verdict.range as TimeRange
    const y = top + WAVE_HEIGHT + lanes.indexOf(verdict.check) * LANE_HEIGHT + 2
    const label = `${titleOf(verdict.check)}, ${clock(startSeconds)} to ${clock(endSeconds)}`
    return `<rect class="${verdict.verdict}" x="${at(startSeconds)}" y="${y}" width="${Math.max(2, at(endSeconds) - at(startSeconds))}" height="${LANE_HEIGHT - 4}"><title>${inHtml(label)}</title></rect>`
  })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${share * WIDTH}" y="${height - 4}" text-anchor="${share === 0 ? 'start' : share === 1 ? 'end' : 'middle'}">${clock(share * durationSeconds)}</text>`,
  )
  return `<svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline: ${found.length} findings">
${storyboard ? strip(storyboard) : ''}
<path class="wave" transform="translate(0 ${top})" d="${wave(peaks, 0, 1)}"/>
${marks.join('\n')}
${ticks.join('')}
</svg>`
}

/** As many of the storyboard's tiles as fit, from left to right. */
function strip({ columns, rows, tileWidth, tileHeight, count }: Storyboard): string {
  const width = (STRIP_HEIGHT * tileWidth) / tileHeight
  const tiles = Math.max(1, Math.floor(WIDTH / width))
  return Array.from({ length: tiles }, (_, index) => {
    const tile = Math.min(count - 1, Math.floor(((index + 0.5) / tiles) * count))
    const box = `${(tile % columns) * tileWidth} ${Math.floor(tile / columns) * tileHeight} ${tileWidth} ${tileHeight}`
    return `<svg x="${(index * WIDTH) / tiles}" y="0" width="${WIDTH / tiles}" height="${STRIP_HEIGHT - 4}" viewBox="${box}" preserveAspectRatio="xMidYMid slice"><image href="storyboard.jpg" width="${columns * tileWidth}" height="${rows * tileHeight}"/></svg>`
  }).join('')
}

/** The outline of the waveform between two shares of the length, over the whole width. */
function wave(peaks: readonly number[], from: number, to: number): string {
  const points = peaks.length / 2
  const first = Math.floor(from * points)
  const last = Math.min(points, Math.ceil(to * points))
  const x = (point: number) => Math.round(((point - first) / Math.max(1, last - first)) * WIDTH * 10) / 10
  const y = (value: number) => Math.round((WAVE_HEIGHT / 2) * (1 - value / 128) * 10) / 10
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index)
  const upper = shown.map((point) => `${x(point)} ${y(peaks[point * 2 + 1] ?? 0)}`)
  const lower = shown.toReversed().map((point) => `${x(point)} ${y(peaks[point * 2] ?? 0)}`)
  return upper.length === 0 ? '' : `M${[...upper, ...lower].join('L')}Z`
}

function row(report: ReportPage, verdict: Verdict): string {
  const { check, value, unit, threshold, range, detail } = verdict
  const figures = value === null ? 'not measured' : `${value} ${unit}${threshold === null ? '' : ` (limit ${threshold} ${unit})`}`
  const place = range ? ` <span class="place">${clock(range.startSeconds)} to ${clock(range.endSeconds)}</span>` : ''
  const text = detail.charAt(0).toUpperCase() + detail.slice(1)
  return `<li><h2><span class="${verdict.verdict}">${words[verdict.verdict]}</span> ${inHtml(titleOf(check))}</h2>
<p>${inHtml(figures)}${place}</p>
<p>${inHtml(text)}</p>
${shown(report, verdict)}</li>`
}

/** The place itself: its picture, or its waveform. */
function shown({ durationSeconds, peaks, title }: ReportPage, { check, verdict, range, evidence }: Verdict): string {
  if (evidence) return `<img src="${encodeURIComponent(evidence)}" alt="${inHtml(`${title} at the place`)}" loading="lazy">`
  const about = checks[check]?.about
  if (!range || verdict === 'pass' || peaks.length === 0 || (about !== 'sound' && about !== 'speech')) return ''
  const from = Math.max(0, range.startSeconds - AROUND_SECONDS)
  const to = Math.min(durationSeconds, range.endSeconds + AROUND_SECONDS)
  const x = (seconds: number) => ((seconds - from) / (to - from)) * WIDTH
  return `<svg viewBox="0 0 ${WIDTH} ${WAVE_HEIGHT}" role="img" aria-label="Waveform of the place"><rect class="${verdict} faint" x="${x(range.startSeconds)}" y="0" width="${Math.max(2, x(range.endSeconds) - x(range.startSeconds))}" height="${WAVE_HEIGHT}"/><path class="wave" d="${wave(peaks, from / durationSeconds, to / durationSeconds)}"/></svg>`
}

const titleOf = (check: string): string => checks[check]?.title ?? check

function clock(seconds: number): string {
  const tenths = Math.round(seconds * 10)
  return `${Math.floor(tenths / 600)}:${String(Math.floor((tenths % 600) / 10)).padStart(2, '0')}.${tenths % 10}`
}

function inHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

const style = `
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { line-height: 1.2 } h2 { font-size: 1rem; margin: 0 }
ul { list-style: none; padding: 0 } li { padding: .75rem 0; border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent) } li p { margin: .2rem 0 }
svg { width: 100%; height: auto; display: block } svg text { font: 11px system-ui, sans-serif; fill: currentColor }
img { max-width: 20rem; width: 100%; height: auto; display: block; margin-top: .4rem }
.timeline { margin: 1rem 0 } .wave { fill: currentColor; opacity: .55 } .place { opacity: .7 }
.fail { color: light-dark(#b3261e, #ff8a80); fill: light-dark(#b3261e, #ff8a80) } .warn, .unknown { color: light-dark(#8a5a00, #ffc766); fill: light-dark(#8a5a00, #ffc766) }
.repaired { color: light-dark(#1a5fb4, #8ab4f8); fill: light-dark(#1a5fb4, #8ab4f8) } .pass { color: light-dark(#1b6e3c, #7ddba3); fill: light-dark(#1b6e3c, #7ddba3) } .faint { opacity: .25 }
`
