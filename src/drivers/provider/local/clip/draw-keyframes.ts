import { createCanvas } from '@napi-rs/canvas'
import type { GenerateRequest } from '../../../../domain/generate.ts'
import { registerFonts } from '../draw/fonts.ts'
import { prepareScene, revealedAt } from '../draw/scene.ts'
import type { Watch } from '../work/make.ts'
import { previewOf } from './preview.ts'

/** Stills are taken from a scene of this many seconds. */
const SCENE_SECONDS = 6

/** One JPEG per scene with everything of it revealed. */
export async function* drawKeyframes(request: Extract<GenerateRequest, { kind: 'keyframes' }>, watch: Watch): AsyncGenerator<Uint8Array> {
  registerFonts()
  const { width, height, scenes } = request
  const canvas = createCanvas(width, height)
  for (const [index, scene] of scenes.entries()) {
    watch.signal.throwIfAborted()
    prepareScene(scene, { width, height, durationSeconds: SCENE_SECONDS })(canvas.getContext('2d'), revealedAt(SCENE_SECONDS))
    yield await canvas.encode('jpeg', 88)
    watch.progress((index + 1) / (scenes.length + 1), { bytes: await previewOf(canvas), alt: scene.headline })
    await new Promise((resolve) => setImmediate(resolve))
  }
}
