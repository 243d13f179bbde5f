import type { JobKind } from '../domain/request.ts'
import type { Planner } from '../ports/planner.ts'
import type { Provider } from '../ports/provider.ts'
import type { Pipeline } from '../ports/stages.ts'
import { presentationPipeline } from './presentation.ts'
import { singleTakePlan } from './single.ts'

export interface Providers {
  all: ReadonlyMap<string, Provider>
  /** Makes what no provider was named for. */
  default: Provider
  /** Throws `address_refused` for an address that leads into a private network. */
  assertPublicUrl(url: URL, field: string): void
}

/** The pipeline of each kind. */
export function createPipelines(planner: Planner, providers: Providers): Record<JobKind, Pipeline> {
  return {
    presentation: presentationPipeline(planner, providers.default),
    video: {
      stages: ['analyse', 'render', 'check', 'optimise', 'publish'],
      plan(request) {
        if (request.kind !== 'video') throw new Error(`not a video: ${request.kind}`)
        const { prompt, durationSeconds, width, height, fps, seed, imageUrl } = request
        // The vendor fetches it, from wherever it runs: a private one is a mistake or worse.
        if (imageUrl !== null) providers.assertPublicUrl(new URL(imageUrl), 'imageUrl')
        const picture = { durationSeconds, width, height, fps, ...(imageUrl !== null && { imageUrl }) }
        return singleTakePlan(providers, request, 'clip', { kind: 'video', prompt, ...picture, seed })
      },
    },
    speech: {
      stages: ['analyse', 'voice', 'check', 'optimise', 'publish'],
      plan(request) {
        if (request.kind !== 'speech') throw new Error(`not speech: ${request.kind}`)
        const { text, voice, seed } = request
        return singleTakePlan(providers, request, 'speech', { kind: 'speech', text, voice, seed })
      },
    },
    music: {
      stages: ['analyse', 'voice', 'check', 'optimise', 'publish'],
      plan(request) {
        if (request.kind !== 'music') throw new Error(`not music: ${request.kind}`)
        const { prompt, durationSeconds, seed } = request
        return singleTakePlan(providers, request, 'music', { kind: 'music', prompt, durationSeconds, seed })
      },
    },
    sound: {
      stages: ['analyse', 'voice', 'check', 'optimise', 'publish'],
      plan(request) {
        if (request.kind !== 'sound') throw new Error(`not a sound: ${request.kind}`)
        const { prompt, durationSeconds, seed } = request
        return singleTakePlan(providers, request, 'sound', { kind: 'sound', prompt, durationSeconds, seed })
      },
    },
  }
}
