import { randomInt } from 'node:crypto'
import { SluiceError } from '../domain/errors.ts'
import type { Format, JobRequest, Policy } from '../domain/request.ts'
import type { RetentionClass } from '../domain/retention.ts'
import type { QualityProfile } from '../domain/verdict.ts'
import { MAX_TEXT_LENGTH, type ParsedJobInput } from '../wire/jobs.ts'

/** Seeds are 31 bits: every provider's field takes them. */
const SEED_LIMIT = 2 ** 31
const DEFAULT_VOICE = 'default'

/**
 * What a user asked for, as the engine takes it: size in numbers, every default filled in, a seed drawn when none was given.
 * @param profile the one the request names, as it is now
 * @param defaultRetention the tenant's
 * Throws `prompt_too_long`, `options_contradict`.
 */
export function toJobRequest(input: ParsedJobInput, profile: QualityProfile, defaultRetention: RetentionClass): JobRequest {
  checkLength(input)
  const formats = [...new Set(input.formats)]
  checkFormats(input.kind, formats)
  const policy = policyOf(input, formats, profile, defaultRetention)
  const common = { seed: input.seed ?? randomInt(SEED_LIMIT), policy, formats, metadata: input.metadata }
  switch (input.kind) {
    case 'presentation': {
      const { kind, text, durationSeconds, fps, voice, music, captions } = input
      return { ...common, kind, text, durationSeconds, ...pixels(input.size), fps, voice: voice ?? DEFAULT_VOICE, music, captions }
    }
    case 'video': {
      const { kind, prompt, durationSeconds, fps, providers, imageUrl = null } = input
      return { ...common, kind, prompt, durationSeconds, ...pixels(input.size), fps, providers, imageUrl }
    }
    case 'speech':
      return { ...common, kind: input.kind, text: input.text, voice: input.voice ?? DEFAULT_VOICE, providers: input.providers }
    default:
      return { ...common, kind: input.kind, prompt: input.prompt, durationSeconds: input.durationSeconds, providers: input.providers }
  }
}

function checkLength(input: ParsedJobInput): void {
  const field = 'text' in input ? 'text' : 'prompt'
  const { length } = 'text' in input ? input.text : input.prompt
  if (length <= MAX_TEXT_LENGTH) return
  throw new SluiceError('prompt_too_long', `\`${field}\` has ${length} characters; at most ${MAX_TEXT_LENGTH} are taken.`, {
    field,
    fix: 'Shorten it, or make several jobs of it.',
    facts: { length, maximum: MAX_TEXT_LENGTH },
  })
}

const pictureFormats: readonly Format[] = ['mp4', 'webm']
const soundFormats: readonly Format[] = ['mp3', 'm4a']

function checkFormats(kind: ParsedJobInput['kind'], formats: Format[]): void {
  const odd = kind === 'presentation' ? [] : formats.filter((format) => (kind === 'video' ? soundFormats : pictureFormats).includes(format))
  if (odd.length === 0) return
  throw new SluiceError(
    'options_contradict',
    `\`kind\` is "${kind}", which has no ${kind === 'video' ? 'sound' : 'picture'}, but \`formats\` has ${odd.join(' and ')}.`,
    {
      field: 'formats',
      fix: `Leave ${odd.join(' and ')} out, or ask for another kind.`,
    },
  )
}

/** Segments can only be let out one by one where there are segments; without `hls` the gate is all or nothing by default. */
function policyOf(input: ParsedJobInput, formats: Format[], profile: QualityProfile, defaultRetention: RetentionClass): Policy {
  const { deadlineSeconds, gate, maxCostMicroUsd, retention = defaultRetention, ...rest } = input.policy
  const streams = formats.includes('hls')
  if (!streams && gate === 'segment') {
    throw new SluiceError('options_contradict', '`policy.gate` is "segment", but `formats` lacks "hls": only HLS has segments.', {
      field: 'policy.gate',
      fix: 'Add "hls" to `formats`, or set `policy.gate` to "asset".',
    })
  }
  return {
    ...rest,
    retention,
    profileVersion: profile.version,
    gate: gate ?? (streams ? profile.gate : 'asset'),
    deadlineSeconds: deadlineSeconds ?? null,
    maxCostMicroUsd: maxCostMicroUsd ?? null,
  }
}

function pixels(size: string): { width: number; height: number } {
  const [width = 0, height = 0] = size.split('x').map(Number)
  return { width, height }
}
