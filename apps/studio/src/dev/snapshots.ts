import type { AssetView, JobView, StageView } from 'sluice/client'
import { type EventData, emptyLog, foldLog, type JobLog } from '../job/job-log.ts'
import still from './still.svg'

/** One state of a job as the gallery shows it. */
export interface Exhibit {
  name: string
  snapshot: JobView
  log: JobLog
  asset: AssetView | null
}

/** Fixed, so that pictures of the gallery can be compared. */
export const NOW = new Date('2026-03-02T09:01:00.000Z')
const at = (seconds: number): string => new Date(Date.parse('2026-03-02T09:00:00.000Z') + seconds * 1000).toISOString()

const labels = {
  analyse: 'Analysing prompt',
  keyframes: 'Generating keyframes',
  voice: 'Recording voice and music',
  render: 'Rendering video',
  check: 'Checking quality',
  optimise: 'Optimising for web',
  publish: 'Publishing',
} as const satisfies Record<StageView['key'], string>

type StageKey = StageView['key']
const keys = Object.keys(labels) as StageKey[]

/** Stages before `current` are done, later ones pending; `also` run beside it. */
function stages(
  current: StageKey | null,
  progress: number | null,
  also: Partial<Record<StageKey, number>> = {},
  state: StageView['state'] = 'running',
): StageView[] {
  const reached = current === null ? keys.length : keys.indexOf(current)
  return keys.map((key, index) => {
    const beside = also[key]
    if (index < reached) return { key, label: labels[key], state: 'done', progress: 1, startedAt: at(index), endedAt: at(index + 1) }
    if (key === current) {
      const ended = state === 'failed' ? at(12) : null
      return { key, label: labels[key], state, progress: state === 'failed' ? null : progress, startedAt: at(index), endedAt: ended }
    }
    if (beside !== undefined) return { key, label: labels[key], state: 'running', progress: beside, startedAt: at(index), endedAt: null }
    return { key, label: labels[key], state: 'pending', progress: null, startedAt: null, endedAt: null }
  })
}

const base: JobView = {
  id: 'job_06ezm9qk3r8t5v7w0x2y4z6a1b',
  kind: 'presentation',
  title: 'Canal reopens after two years of repairs',
  state: 'queued',
  playable: false,
  stages: keys.map((key) => ({ key, label: labels[key], state: 'pending', progress: null, startedAt: null, endedAt: null })),
  progress: null,
  eta: null,
  queue: null,
  preview: null,
  playback: null,
  assetId: null,
  notice: null,
  reviews: [],
  outcome: null,
  cost: { estimateMicroUsd: 420_000, actualMicroUsd: 0 },
  retryOf: null,
  request: {
    kind: 'presentation',
    text: 'The canal between the two lakes reopened to boats on Monday, two years after a gate gave way.',
    durationSeconds: 30,
    fps: 30,
    voice: 'slt',
    music: true,
    captions: true,
    formats: ['hls', 'mp4', 'webm', 'mp3', 'm4a'],
    seed: 1_204_533_018,
    policy: { profile: 'standard', gate: 'segment', priority: 0, retention: 'standard', maxTakesPerShot: 2 },
    metadata: {},
    size: '1280x720',
  },
  seq: 1,
  createdAt: at(0),
  startedAt: null,
  playableAt: null,
  endedAt: null,
  deadlineAt: null,
}

const preview: JobView['preview'] = { kind: 'image', url: still, seq: 3, alt: 'Keyframe of the first shot' }
const running = { ...base, state: 'running', startedAt: at(0.2), preview, seq: 18 } as const satisfies JobView
const playback: JobView['playback'] = {
  url: '/v1/assets/ast_gallery/hls/master.m3u8',
  kind: 'video',
  plannedDurationSeconds: 31.4,
  readySeconds: 12,
  captionsUrl: null,
  posterUrl: still,
}

const take = (takeId: string, role: string, shot: number | null, state: string, number = 1): EventData['take'] => ({
  takeId,
  role,
  shot,
  number,
  provider: 'local',
  state,
})

const plan: EventData['plan'] = {
  title: base.title,
  plannedDurationSeconds: 31.4,
  shots: [
    { index: 0, title: 'The gates open again', estimatedSeconds: 7.2 },
    { index: 1, title: '41 million for 312 metres of wall', estimatedSeconds: 9.1 },
    { index: 2, title: 'What skippers say', estimatedSeconds: 8.4 },
    { index: 3, title: 'Traffic expected to double by June', estimatedSeconds: 6.7 },
  ],
}

const verdicts: EventData['check'][] = [
  { check: 'decodes', verdict: 'pass', value: 0, unit: 'count', threshold: 0, detail: 'No error in 372 frames.' },
  { check: 'loudness', verdict: 'repaired', value: -16.1, unit: 'LUFS', threshold: -16, detail: 'Was -21.4 LUFS; raised by 5.3 dB.' },
  {
    check: 'freeze',
    verdict: 'warn',
    value: 2.6,
    unit: 's',
    threshold: 2,
    range: { startSeconds: 9.4, endSeconds: 12 },
    detail: 'The picture stands still for 2.6 s.',
  },
  { check: 'black', verdict: 'pass', value: 0, unit: 's', threshold: 0.5, detail: 'No black picture.' },
  { check: 'fps', verdict: 'pass', value: 30, unit: 'fps', threshold: 30, detail: '30 frames a second throughout.' },
  { check: 'silence', verdict: 'unknown', value: null, unit: 's', threshold: 2, detail: 'The sound of shot 3 has not been measured.' },
]

function logOf(...events: { type: 'plan' | 'take' | 'check'; data: EventData['plan'] | EventData['take'] | EventData['check'] }[]): JobLog {
  return events.reduce<JobLog>(
    (log, event, index) => foldLog(log, { id: index + 1, at: at(index * 0.4), ...event } as Parameters<typeof foldLog>[1]),
    emptyLog,
  )
}

const planned = { type: 'plan', data: plan } as const
const takes = (...all: EventData['take'][]) => all.map((data) => ({ type: 'take', data }) as const)
const checks = verdicts.map((data) => ({ type: 'check', data }) as const)

const early = logOf(
  planned,
  ...takes(
    take('a', 'keyframes', null, 'making'),
    take('b', 'speech', 0, 'accepted'),
    take('c', 'speech', 1, 'making'),
    take('d', 'clip', 0, 'planned'),
  ),
)
const middle = logOf(
  planned,
  ...takes(
    take('a', 'keyframes', null, 'accepted'),
    take('m', 'music', null, 'accepted'),
    take('b', 'speech', 0, 'accepted'),
    take('c', 'clip', 0, 'accepted'),
    take('d', 'speech', 1, 'accepted'),
    take('e', 'clip', 1, 'rejected'),
    take('f', 'clip', 1, 'making', 2),
    take('g', 'speech', 2, 'accepted'),
    take('h', 'clip', 2, 'making'),
    take('i', 'speech', 3, 'making'),
    take('j', 'clip', 3, 'planned'),
  ),
  ...checks,
)
const complete = logOf(
  planned,
  ...takes(take('a', 'keyframes', null, 'accepted'), take('m', 'music', null, 'accepted')),
  ...takes(
    ...plan.shots.flatMap(({ index }) => [take(`s${index}`, 'speech', index, 'accepted'), take(`c${index}`, 'clip', index, 'accepted')]),
  ),
  ...checks.filter(({ data }) => data.verdict !== 'unknown'),
)

const file = (name: string, label: string, mimeType: string, sizeBytes: number): AssetView['files'][number] => ({
  name,
  label,
  url: `/v1/assets/ast_gallery/files/${name}`,
  mimeType,
  sizeBytes,
  sha256: '0'.repeat(64),
})

const asset: AssetView = {
  id: 'ast_06ezm9qk3r8t5v7w0x2y4z6a1c',
  jobId: base.id,
  kind: 'video',
  title: base.title,
  state: 'ready',
  durationSeconds: 31.4,
  width: 1280,
  height: 720,
  fps: 30,
  renditions: [
    { format: 'hls', state: 'ready', url: playback.url },
    { format: 'mp4', state: 'ready', url: null },
    { format: 'm4a', state: 'ready', url: null },
    { format: 'webm', state: 'making', url: null },
    { format: 'mp3', state: 'failed', url: null, detail: 'The encoder is missing from this FFmpeg.' },
  ],
  files: [
    file('video.mp4', 'Video, 1280 x 720, with captions', 'video/mp4', 9_412_331),
    file('audio.m4a', 'Sound alone', 'audio/mp4', 512_900),
    file('captions.vtt', 'Captions', 'text/vtt', 2_114),
    file('poster.jpg', 'Poster', 'image/jpeg', 88_412),
    file('manifest.json', 'Report: request, seed, tools, checks', 'application/json', 14_221),
  ],
  verdicts: [],
  playbackUrl: playback.url,
  posterUrl: still,
  captionsUrl: null,
  retention: 'ephemeral',
  expiresAt: at(86_431),
  hold: null,
  createdAt: at(31),
}

const held: JobView['reviews'][number] = {
  id: 'rev_06ezm9qk3r8t5v7w0x2y4z6a1d',
  jobId: base.id,
  about: 'stretch',
  takeId: 'tak_06ezm9qk3r8t5v7w0x2y4z6a1e',
  role: 'clip',
  shot: 1,
  findings: [
    {
      check: 'freeze',
      verdict: 'fail',
      value: 2.6,
      unit: 's',
      threshold: 2,
      detail: 'The picture stands still for 2.6 s.',
      inMedia: { startSeconds: 2.2, endSeconds: 4.8 },
      onTimeline: { startSeconds: 9.4, endSeconds: 12 },
    },
  ],
  media: { url: '/v1/reviews/rev_gallery/media', kind: 'video' },
  state: 'open',
  reviewers: 1,
  missing: 1,
  choices: ['approve', 'reject', 'regenerate'],
  decisions: [],
  createdAt: at(8),
  decidedAt: null,
}

const ended = { queue: null, eta: null, notice: null, endedAt: at(12) } as const

/** Every state a job can be in, as a viewer meets it. */
export const exhibits: Exhibit[] = [
  { name: 'Queued', snapshot: { ...base, queue: { ahead: 2 } }, log: emptyLog, asset: null },
  {
    name: 'Running, early',
    snapshot: {
      ...running,
      stages: stages('keyframes', 0.4, { voice: 0.2 }),
      progress: 0.11,
      eta: { p50Seconds: 24, p90Seconds: 44, basis: 'quote' },
    },
    log: early,
    asset: null,
  },
  {
    name: 'Playable',
    snapshot: {
      ...running,
      stages: stages('render', 0.45, { check: 0.4, optimise: 0.38 }),
      progress: 0.47,
      eta: { p50Seconds: 15, p90Seconds: 19, basis: 'history' },
      playable: true,
      playableAt: at(3.9),
      playback,
      seq: 74,
    },
    log: middle,
    asset: null,
  },
  {
    name: 'Slow, with a notice',
    snapshot: {
      ...running,
      stages: stages('render', 0.62, { check: 0.5, optimise: 0.5 }),
      progress: 0.71,
      eta: { p50Seconds: 60, p90Seconds: 150, basis: 'history' },
      notice: 'Rendering takes longer than usual (usually under 30 s). The provider last reported 4 s ago.',
    },
    log: middle,
    asset: null,
  },
  {
    name: 'Held for review',
    snapshot: {
      ...running,
      state: 'held',
      stages: stages('check', 0.4, { optimise: 0.38 }),
      progress: 0.52,
      playable: true,
      playableAt: at(3.9),
      playback,
      notice: 'The picture of shot 2 waits until a person has looked at it. The picture stands still for 2.6 s.',
      reviews: [held],
      seq: 81,
    },
    log: middle,
    asset: null,
  },
  {
    name: 'Failed, worth another try',
    snapshot: {
      ...running,
      ...ended,
      state: 'failed',
      stages: stages('check', null, {}, 'failed'),
      progress: 0.64,
      cost: { estimateMicroUsd: 420_000, actualMicroUsd: 180_000 },
      outcome: {
        class: 'quality',
        detail: 'Shot 2 is silent from 9.4 s to 12.0 s in both of its takes; the profile standard allows 2 s.',
        retry: 'reseed',
        charged: 'yes',
        amountMicroUsd: 180_000,
      },
    },
    log: middle,
    asset: null,
  },
  {
    name: 'Failed, final',
    snapshot: {
      ...base,
      ...ended,
      state: 'failed',
      startedAt: at(0.2),
      stages: stages('analyse', null, {}, 'failed'),
      outcome: {
        class: 'refused_input',
        detail: 'The voice cannot speak this script: 38 of 41 words are not in the Latin alphabet.',
        field: 'text',
        retry: 'never',
        charged: 'no',
      },
    },
    log: emptyLog,
    asset: null,
  },
  {
    name: 'Cancelled',
    snapshot: {
      ...running,
      ...ended,
      state: 'cancelled',
      stages: stages('render', 0.3),
      progress: 0.38,
      outcome: { class: 'cancelled', detail: 'Cancelled on request after 12 s.', retry: 'same', charged: 'no' },
    },
    log: early,
    asset: null,
  },
  {
    name: 'Expired',
    snapshot: {
      ...running,
      ...ended,
      state: 'expired',
      stages: stages('render', 0.3),
      progress: 0.38,
      deadlineAt: at(12),
      outcome: { class: 'expired', detail: 'It had 12 s and would have needed about 40 s.', retry: 'same', charged: 'unknown' },
    },
    log: early,
    asset: null,
  },
  {
    name: 'Succeeded',
    snapshot: {
      ...running,
      state: 'succeeded',
      stages: stages(null, null),
      progress: 1,
      eta: null,
      playable: true,
      playableAt: at(3.9),
      endedAt: at(28.3),
      playback: { ...playback, readySeconds: 31.4 },
      assetId: asset.id,
      cost: { estimateMicroUsd: 420_000, actualMicroUsd: 396_000 },
      seq: 160,
    },
    log: complete,
    asset,
  },
]
