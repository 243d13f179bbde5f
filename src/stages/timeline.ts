import type { Job } from '../domain/job.ts'
import type { Cue, Master, Take } from '../domain/take.ts'
import { mastersOf } from '../domain/take.ts'

/** A stretch of the timeline: from one joint to the next. */
export interface Stretch {
  /** Its shot; `null` when the asset is one sound. */
  shot: number | null
  startSeconds: number
  durationSeconds: number
  /** What of the clip's beginning is left out, in seconds. */
  useFromSeconds: number
  /** The picture; `null` for sound only. */
  clip: { take: Take; master: Master } | null
  /** The narration, or the sound itself. */
  speech: { take: Take; master: Master } | null
  final: boolean
}

export interface Timeline {
  /** In order, without a gap; ends before the first shot that is not there yet. */
  stretches: Stretch[]
  /** Whether every shot is there. */
  complete: boolean
  music: Master | null
  /** Captions on the timeline, for as many shots in a row as have been spoken. */
  cues: Cue[]
  /** Ranges in which someone speaks. */
  spoken: { startSeconds: number; endSeconds: number }[]
  /** Seconds of silence before the narration, by shot. */
  leads: Map<number | null, number>
  /** Length of what is known; of the whole when `complete`. */
  durationSeconds: number
}

/** Lays accepted takes on the timeline. Pure: the same takes give the same timeline, whoever asks and when. */
export function timelineOf(job: Job, takes: Take[]): Timeline {
  const plan = job.plan
  const leads = new Map((plan?.shots ?? []).map((shot): [number | null, number] => [shot.index, shot.leadSeconds]))
  if (!plan) return { stretches: [], complete: false, music: null, cues: [], spoken: [], leads, durationSeconds: 0 }
  const accepted = (key: string) => {
    const take = takes.find((candidate) => candidate.key === key && candidate.state.state === 'accepted')
    const master = take && mediaOf(take)
    return take && master ? { take, master } : null
  }
  const cues: Cue[] = []
  const spoken: Timeline['spoken'] = []
  const hear = (speech: { take: Take; master: Master } | null, at: number) => {
    if (!speech) return
    // Of the voice itself where it tells them, else of who listened to it.
    const masters = mastersOf(speech.take)
    const own = (masters.find(({ role }) => role === 'timings') ?? masters.find(({ cues }) => cues !== undefined))?.cues ?? []
    cues.push(...own.map((cue) => ({ ...cue, startSeconds: cue.startSeconds + at, endSeconds: cue.endSeconds + at })))
    spoken.push({ startSeconds: at, endSeconds: at + (speech.master.durationSeconds ?? 0) })
  }

  if (plan.shots.length === 0) {
    const sound = accepted(plan.takes[0]?.key ?? '')
    const durationSeconds = sound?.master.durationSeconds ?? 0
    if (!sound) return { stretches: [], complete: false, music: null, cues, spoken, leads, durationSeconds: 0 }
    hear(sound.take.role === 'speech' ? sound : null, 0)
    const stretch: Stretch = { shot: null, startSeconds: 0, durationSeconds, useFromSeconds: 0, clip: null, speech: sound, final: true }
    return { stretches: [stretch], complete: true, music: null, cues, spoken, leads, durationSeconds }
  }

  const stretches: Stretch[] = []
  let at = 0
  let pictured = true
  for (const shot of plan.shots) {
    const wantsSpeech = plan.takes.some((planned) => planned.role === 'speech' && planned.shot === shot.index)
    const speech = accepted(`speech:${shot.index}`)
    const clip = accepted(`clip:${shot.index}`)
    if (wantsSpeech && !speech) break
    hear(speech, at + shot.leadSeconds)
    const ordered = takes.find((take) => take.key === `clip:${shot.index}` && take.request.kind === 'video')?.request
    if (ordered?.kind !== 'video') break
    if (!clip) pictured = false
    const use = clip?.master.use ?? { startSeconds: 0, endSeconds: ordered.durationSeconds }
    const durationSeconds = use.endSeconds - use.startSeconds
    if (pictured)
      stretches.push({
        shot: shot.index,
        startSeconds: at,
        durationSeconds,
        useFromSeconds: use.startSeconds,
        clip,
        speech,
        final: shot.index === plan.shots.length - 1,
      })
    at += durationSeconds
  }
  const last = stretches.at(-1)
  return {
    stretches,
    complete: stretches.length === plan.shots.length,
    music: accepted('music')?.master ?? null,
    cues,
    spoken,
    leads,
    durationSeconds: last ? last.startSeconds + last.durationSeconds : 0,
  }
}

function mediaOf(take: Take): Master | undefined {
  return mastersOf(take).find((master) => master.role === 'media')
}
