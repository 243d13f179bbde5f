import { type PlannedTake, type Shot, takeKey } from '../domain/plan.ts'
import type { JobRequest } from '../domain/request.ts'
import type { Planner } from '../ports/planner.ts'
import type { Provider } from '../ports/provider.ts'
import type { Pipeline } from '../ports/stages.ts'

/** Silence around the narration inside a shot: room for the picture to arrive and for the music to come back. */
const LEAD_SECONDS = 0.35
const TAIL_SECONDS = 0.4
/** The music is ordered before the narration's length is known; the finish fades it out where the timeline ends. */
const MUSIC_RESERVE = 1.35

/**
 * A text becomes shots; each shot is a spoken sentence and a clip as long as it. Stills of all shots and the music
 * concern the whole. The first shot's takes go first, so that it can be watched while the rest is made.
 */
export function presentationPipeline(planner: Planner, provider: Provider): Pipeline {
  return {
    stages: ['analyse', 'keyframes', 'voice', 'render', 'check', 'optimise', 'publish'],
    plan(request) {
      if (request.kind !== 'presentation') throw new Error(`not a presentation: ${request.kind}`)
      const { title, scenes, music } = planner.plan(request)
      const { width, height, fps, seed } = request
      const shots = scenes.map(
        (scene, index): Shot => ({
          index,
          title: scene.title,
          narration: scene.narration,
          estimatedSeconds: scene.estimatedSeconds + LEAD_SECONDS + TAIL_SECONDS,
          leadSeconds: LEAD_SECONDS,
          tailSeconds: TAIL_SECONDS,
        }),
      )
      const estimatedSeconds = shots.reduce((sum, shot) => sum + shot.estimatedSeconds, 0)
      const take = (planned: Omit<PlannedTake, 'key' | 'provider'>): PlannedTake => ({
        ...planned,
        key: takeKey(planned.role, planned.shot),
        provider: provider.id,
      })
      // Takes made on this machine's own cores would slow the first shot down, which somebody waits for. The second one's
      // speech is early all the same: its clip is to begin when the first is done.
      const firstClip = provider.capabilities.volatile ? [takeKey('clip', 0)] : []
      const takes: PlannedTake[] = shots.flatMap((shot, index) => {
        const scene = scenes[index]?.scene
        return [
          take({
            role: 'speech',
            shot: index,
            needs: index > 1 ? firstClip : [],
            rank: rankOf(index, 0),
            request: { kind: 'speech', text: shot.narration, voice: voiceOf(request), seed },
          }),
          take({
            role: 'clip',
            shot: index,
            needs: [takeKey('speech', index), ...(index > 0 ? firstClip : [])],
            rank: rankOf(index, 1),
            request: {
              kind: 'video',
              prompt: shot.title,
              durationSeconds: shot.estimatedSeconds,
              width,
              height,
              fps,
              seed: seed + index,
              ...(scene && { scene }),
            },
          }),
        ]
      })
      takes.push(
        take({
          role: 'keyframes',
          shot: null,
          needs: [],
          rank: 2,
          request: { kind: 'keyframes', scenes: scenes.map(({ scene }) => scene), width, height, seed },
        }),
      )
      if (request.music) {
        const durationSeconds = Math.ceil(estimatedSeconds * MUSIC_RESERVE)
        takes.push(
          take({ role: 'music', shot: null, needs: [], rank: 1, request: { kind: 'music', prompt: music, durationSeconds, seed } }),
        )
      }
      const quotes = takes.map((planned) => provider.quote(planned.request))
      return {
        title,
        shots,
        takes,
        estimatedSeconds,
        quotedSeconds: quotes.reduce((sum, quote) => sum + quote.seconds, 2),
        notes: notesOf(provider, voiceOf(request)),
      }
    },
  }
}

/** Shot 0 before everything, then sound before pictures of later shots: clips wait for their speech anyway. */
function rankOf(shot: number, part: number): number {
  return shot === 0 ? 0 : part === 0 ? 3 + shot : 100 + shot
}

function voiceOf(request: JobRequest): string {
  return 'voice' in request ? request.voice : 'default'
}

function notesOf(provider: Provider, voice: string): string[] {
  const found = provider.capabilities.voices?.find(({ id }) => id === voice) ?? provider.capabilities.voices?.[0]
  return found ? [`Narrated by ${found.label}.`] : []
}
