import { z } from 'zod'
import { ProfileName } from './profiles.ts'
import { ReviewView } from './reviews.ts'
import { VerdictView } from './verdicts.ts'

/** Longest text or prompt, in characters. A longer one is refused with `prompt_too_long`. */
export const MAX_TEXT_LENGTH = 20_000
/** Largest body of a request, in bytes. */
export const MAX_BODY_BYTES = 256 * 1024

const words = (what: string) =>
  z
    .string()
    .refine((text) => text.trim().length > 0, { error: `${what} is empty. Write what it should say.` })
    .describe(`Plain text, at most ${MAX_TEXT_LENGTH} characters.`)

const size = z.enum(['1280x720', '1920x1080', '854x480', '640x360', '720x1280', '720x720']).describe('Width x height in pixels.')
const fps = z.union([z.literal(24), z.literal(25), z.literal(30)]).describe('Frames a second.')
const formats = z
  .array(z.enum(['hls', 'mp4', 'webm', 'mp3', 'm4a']))
  .min(1)
  .describe('Forms to deliver. `hls` plays while it is being made; the others are files.')
const voice = z.string().min(1).max(64).describe("A voice id of the provider; default: the provider's first.")

const PolicyInput = z
  .strictObject({
    profile: ProfileName.default('standard').describe(
      'Which checks hold the output back: `draft`, `standard`, `strict`, `audio-only`, or one of your own.',
    ),
    gate: z
      .enum(['segment', 'asset', 'off'])
      .optional()
      .describe(
        '`segment` (default): each segment flows once judged. `asset`: all or nothing; the default without `hls`, which alone has segments. `off`: checks only report.',
      ),
    deadlineSeconds: z.number().int().min(10).max(86_400).optional().describe('The job expires this long after it was accepted.'),
    priority: z.number().int().min(-10).max(10).default(0).describe('Higher goes first.'),
    retention: z
      .enum(['ephemeral', 'standard', 'permanent'])
      .optional()
      .describe(
        'How long the asset stays once the job has ended: hours, or days, as is set for you or the server; for ever. Default: yours, else `standard`.',
      ),
    maxCostMicroUsd: z
      .number()
      .int()
      .min(0)
      .optional()
      .describe('No order goes out that could bring the cost of the job above this, in millionths of a US dollar.'),
    onSubmitUnknown: z
      .enum(['ask', 'accept-risk'])
      .default('ask')
      .describe('An order whose answer was lost and that cannot be found: wait for a decision, or order again and perhaps pay twice.'),
    maxTakesPerShot: z.number().int().min(1).max(5).default(2).describe('Attempts a shot may cost, the first included.'),
  })
  .describe('How the job is judged, timed and kept.')

const providers = z
  .array(z.string().regex(/^[a-z][a-z0-9-]*(\/\S+)?$/))
  .max(5)
  .default([])
  .describe(
    'Who may make it, in order, as `provider` or `provider/model`. The next is asked when the one before could not and charged nothing.',
  )

const common = {
  seed: z
    .number()
    .int()
    .min(0)
    .max(2_147_483_647)
    .optional()
    .describe('Same request and seed, same result, with providers that honour it.'),
  policy: PolicyInput.prefault({}),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine((labels) => Object.keys(labels).length <= 16, { error: 'At most 16 labels.' })
    .default({})
    .describe('Your own labels, returned as they came.'),
}

export const JobInput = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('presentation'),
      text: words('The text'),
      durationSeconds: z.number().min(10).max(300).default(30),
      size: size.default('1280x720'),
      fps: fps.default(30),
      voice: voice.optional(),
      music: z.boolean().default(true),
      captions: z.boolean().default(true),
      formats: formats.default(['hls', 'mp4', 'webm', 'mp3', 'm4a']),
      ...common,
    }),
    z.strictObject({
      kind: z.literal('video'),
      prompt: words('The prompt'),
      durationSeconds: z.number().min(2).max(60).default(8),
      size: size.default('1280x720'),
      fps: fps.default(30),
      formats: formats.default(['hls', 'mp4', 'webm']),
      providers,
      imageUrl: z
        .url({ protocol: /^https$/ })
        .max(2_048)
        .optional()
        .describe('A picture to begin with, at a public https address.'),
      ...common,
    }),
    z.strictObject({
      kind: z.literal('speech'),
      text: words('The text'),
      voice: voice.optional(),
      formats: formats.default(['hls', 'mp3', 'm4a']),
      providers,
      ...common,
    }),
    z.strictObject({
      kind: z.literal('music'),
      prompt: words('The prompt'),
      durationSeconds: z.number().min(5).max(300).default(30),
      formats: formats.default(['hls', 'mp3', 'm4a']),
      providers,
      ...common,
    }),
    z.strictObject({
      kind: z.literal('sound'),
      prompt: words('The prompt'),
      durationSeconds: z.number().min(0.5).max(30).default(4),
      formats: formats.default(['hls', 'mp3', 'm4a']),
      providers,
      ...common,
    }),
  ])
  .meta({ id: 'JobRequest' })
export type JobInput = z.input<typeof JobInput>
export type ParsedJobInput = z.output<typeof JobInput>

const Time = z.iso.datetime().describe('RFC 3339, UTC.')

export const OutcomeView = z
  .object({
    class: z.enum([
      'refused_input',
      'refused_output',
      'quality',
      'transient',
      'throttled',
      'billing',
      'sunset',
      'cancelled',
      'expired',
      'lost',
      'submit_unknown',
      'internal',
    ]),
    detail: z.string(),
    code: z.string().optional().describe('The problem behind it; `/docs/errors/<code>` explains it.'),
    fix: z.string().optional().describe('How to mend it.'),
    field: z.string().optional(),
    retry: z.enum(['same', 'reseed', 'soften', 'other_provider', 'never']),
    charged: z.enum(['no', 'yes', 'unknown']),
    amountMicroUsd: z.number().int().optional(),
  })
  .meta({ id: 'Outcome' })
export type OutcomeView = z.output<typeof OutcomeView>

export const EtaView = z
  .object({
    p50Seconds: z.number().describe('Half of such jobs need at most this much longer.'),
    p90Seconds: z.number().describe('Nine of ten need at most this much longer.'),
    basis: z.enum(['quote', 'history']),
  })
  .meta({ id: 'Eta' })
export type EtaView = z.output<typeof EtaView>

export const StageView = z
  .object({
    key: z.enum(['analyse', 'keyframes', 'voice', 'render', 'check', 'optimise', 'publish']),
    label: z.string(),
    state: z.enum(['pending', 'running', 'done', 'skipped', 'failed']),
    progress: z.number().min(0).max(1).nullable().describe('0 to 1; null when unknown.'),
    startedAt: Time.nullable(),
    endedAt: Time.nullable(),
  })
  .meta({ id: 'Stage' })
export type StageView = z.output<typeof StageView>

export const PreviewView = z
  .object({ kind: z.literal('image'), url: z.string(), seq: z.number().int(), alt: z.string() })
  .meta({ id: 'Preview' })
export type PreviewView = z.output<typeof PreviewView>

export const PlaybackView = z
  .object({
    url: z.string().describe('Multivariant HLS playlist. Grows while the job runs, then is complete; the address stays.'),
    kind: z.enum(['video', 'audio']),
    plannedDurationSeconds: z.number(),
    readySeconds: z.number().describe('How much of it has passed the gate.'),
    captionsUrl: z.string().nullable(),
    posterUrl: z.string().nullable(),
  })
  .meta({ id: 'Playback' })
export type PlaybackView = z.output<typeof PlaybackView>

export const JobStateName = z.enum(['queued', 'running', 'held', 'succeeded', 'failed', 'cancelled', 'expired'])

/** The whole current state of a job: the only thing a view needs. */
export const JobView = z
  .object({
    id: z.string(),
    kind: z.enum(['presentation', 'video', 'speech', 'music', 'sound']),
    title: z.string().describe("The plan's title, or the first words of the prompt."),
    state: JobStateName,
    playable: z.boolean(),
    stages: z.array(StageView),
    progress: z.number().min(0).max(1).nullable().describe('0 to 1, never goes back, 1 only at the end; null while unknown.'),
    eta: EtaView.nullable(),
    queue: z.object({ ahead: z.number().int() }).nullable().describe('While queued: jobs before this one.'),
    preview: PreviewView.nullable(),
    playback: PlaybackView.nullable(),
    assetId: z.string().nullable(),
    notice: z.string().nullable(),
    reviews: z.array(ReviewView).describe('While held: what a person has to decide about, in the order it was held back.'),
    outcome: OutcomeView.nullable().describe('Why it ended without an asset.'),
    cost: z.object({ estimateMicroUsd: z.number().int(), actualMicroUsd: z.number().int() }),
    retryOf: z.string().nullable(),
    request: z.record(z.string(), z.unknown()).describe('The request with every default filled in.'),
    seq: z.number().int().describe('Id of the last event in it.'),
    createdAt: Time,
    startedAt: Time.nullable(),
    playableAt: Time.nullable(),
    endedAt: Time.nullable(),
    deadlineAt: Time.nullable(),
  })
  .meta({ id: 'Job' })
export type JobView = z.output<typeof JobView>

export const JobList = z
  .object({ jobs: z.array(JobView), next: z.string().nullable().describe('Pass as `before` for the next page.') })
  .meta({ id: 'JobList' })
export type JobList = z.output<typeof JobList>

export const JobListQuery = z.strictObject({
  state: z.union([JobStateName, z.array(JobStateName)]).optional(),
  kind: z.enum(['presentation', 'video', 'speech', 'music', 'sound']).optional(),
  before: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})

/** What a job would cost and take, before it is submitted. */
export const QuoteView = z
  .object({
    amountMicroUsd: z.number().int(),
    durationSeconds: z.number().describe('Length of the result as planned.'),
    eta: EtaView,
    takes: z.array(
      z.object({ role: z.string(), shot: z.number().int().nullable(), provider: z.string(), amountMicroUsd: z.number().int() }),
    ),
    notes: z.array(z.string()).describe('What the provider cannot honour or does in a draft form.'),
  })
  .meta({ id: 'Quote' })
export type QuoteView = z.output<typeof QuoteView>

/** Voices a script can be spoken with, the default first. */
export const VoiceList = z
  .object({ voices: z.array(z.object({ id: z.string(), label: z.string(), language: z.string() })) })
  .meta({ id: 'VoiceList' })
export type VoiceList = z.output<typeof VoiceList>

/** What was checked, with every figure. */
export const ReportView = z
  .object({
    jobId: z.string(),
    assetId: z.string().nullable(),
    state: JobStateName,
    profile: z.object({ name: z.string(), version: z.number().int() }),
    gate: z.enum(['segment', 'asset', 'off']),
    summary: z.object({
      pass: z.number().int(),
      warn: z.number().int(),
      repaired: z.number().int(),
      unknown: z.number().int(),
      fail: z.number().int(),
    }),
    verdicts: z.array(VerdictView),
  })
  .meta({ id: 'Report' })
export type ReportView = z.output<typeof ReportView>
