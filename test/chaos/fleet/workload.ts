import type { JobInput, JobView } from '../../../src/wire/jobs.ts'

/** How a job is meant to end; faults may make another end of some (see {@link mayEndSo}). Kept among the job's own labels. */
type Fate = 'succeeds' | 'fails' | 'is-cancelled' | 'expires'

const draft = { profile: 'draft', maxTakesPerShot: 1 } as const
const sound = { kind: 'sound' as const, durationSeconds: 1, formats: ['hls' as const], policy: draft }
const fated = (fate: Fate) => ({ metadata: { fate } })

const fal = ['fal/beatoven/sound-effect-generation']
const runway = ['runway/eleven_text_to_sound_v2']
const elevenlabs = ['elevenlabs/eleven_text_to_sound_v2']

/** Trickles for longer than any broker here waits for an acknowledgement: the order as well as the download. */
export const longStep: JobInput = { ...sound, prompt: 'a long gong [lab:slow]', providers: runway, ...fated('succeeds') }

/**
 * What customers order, each as often as it stands here. A job whose media is made takes a second of CPU, mostly FFmpeg; the
 * others a tenth of it or less. So the two thirds that end otherwise, refused, failed, cancelled or overdue, are what lets thousands fit.
 */
export const orders: JobInput[] = [
  ...times(3, { ...sound, prompt: 'a bell', providers: fal, ...fated('succeeds') }),
  ...times(2, { ...sound, prompt: 'a door', providers: runway, ...fated('succeeds') }),
  ...times(2, { ...sound, prompt: 'a drum', providers: elevenlabs, ...fated('succeeds') }),
  ...times(2, { ...sound, prompt: 'rain', ...fated('succeeds') }),
  { kind: 'speech', text: 'The tide turns.', formats: ['hls'], policy: draft, ...fated('succeeds') },
  { kind: 'music', prompt: 'calm', durationSeconds: 5, formats: ['hls', 'mp3'], policy: draft, ...fated('succeeds') },
  { kind: 'video', prompt: 'waves', durationSeconds: 2, size: '640x360', fps: 24, formats: ['hls'], policy: draft, ...fated('succeeds') },
  ...times(6, { ...sound, prompt: 'a crash [lab:fail]', providers: runway, ...fated('fails') }),
  ...times(6, { ...sound, prompt: 'a curse [lab:refuse-input]', providers: runway, ...fated('fails') }),
  ...times(4, { ...sound, prompt: 'a gap [lab:fail]', providers: fal, ...fated('fails') }),
  ...times(4, { ...sound, prompt: 'a whistle', providers: fal, ...fated('is-cancelled') }),
  ...times(3, { ...sound, prompt: 'wind', ...fated('is-cancelled') }),
  { ...sound, prompt: 'silence [lab:zombie]', providers: runway, policy: { ...draft, deadlineSeconds: 15 }, ...fated('expires') },
]

const EXPECTED: Record<Fate, JobView['state'][]> = {
  succeeds: ['succeeded'],
  fails: ['failed'],
  // Its end may have come before the wish.
  'is-cancelled': ['cancelled', 'succeeded'],
  expires: ['expired'],
}

/** Whether a job ended as it was meant to, or in a way that a fault may bring about without anybody's mistake. */
export function mayEndSo({ state, outcome, request }: JobView): boolean {
  return EXPECTED[fateOf(request)].includes(state) || (state === 'failed' && isTorn(outcome))
}

/**
 * An order nobody could find again, an answer that was itself the output and was lost with the process that was reading it, or a take
 * of the local provider, which costs nothing, that had no room on the disk.
 */
export const isTorn = (outcome: JobView['outcome']): boolean =>
  outcome?.class === 'submit_unknown' || outcome?.class === 'lost' || outcome?.code === 'storage_full'

export const fateOf = (request: Record<string, unknown>): Fate => (request['metadata'] as { fate: Fate }).fate

function times(count: number, input: JobInput): JobInput[] {
  return Array.from({ length: count }, () => input)
}
