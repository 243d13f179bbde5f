import type { GenerateRequest } from '../../../domain/generate.ts'
import { cannot } from '../model-check.ts'
import { DEFAULT_VOICE, type RunwayModel, voices } from './models.ts'

/** Runway's words for an order that has been checked. */
export function orderOf(request: GenerateRequest, model: RunwayModel): { path: string; body: Record<string, unknown> } {
  const seed = model.seed === true && { seed: request.seed }
  switch (request.kind) {
    case 'video': {
      const { prompt, imageUrl, width, height, durationSeconds } = request
      const body = { model: model.id, promptText: prompt, ratio: `${width}:${height}`, duration: durationSeconds, ...seed }
      return imageUrl === undefined
        ? { path: '/v1/text_to_video', body }
        : { path: '/v1/image_to_video', body: { ...body, promptImage: imageUrl } }
    }
    case 'speech':
      return {
        path: '/v1/text_to_speech',
        body: {
          model: model.id,
          promptText: request.text,
          voice: { type: 'runway-preset', presetId: request.voice === DEFAULT_VOICE ? voices[0]?.id : request.voice },
          ...seed,
        },
      }
    case 'sound':
      return {
        path: '/v1/sound_effect',
        body: { model: model.id, promptText: request.prompt, duration: request.durationSeconds, ...seed },
      }
    default:
      throw cannot('kind', `Runway does not make ${request.kind}.`, 'Choose another provider for this.')
  }
}
