import { createCanvas } from '@napi-rs/canvas'
import type { GenerateRequest } from '../../../../domain/generate.ts'
import { registerFonts } from '../draw/fonts.ts'
import { prepareMotif } from '../draw/motif.ts'
import { readPixels } from '../draw/pixels.ts'
import { prepareScene } from '../draw/scene.ts'
import type { Watch } from '../work/make.ts'
import { encodeFrames } from './encode.ts'
import { previewOf } from './preview.ts'

/** Draws the frames of a clip and encodes them on the way. Exactly `durationSeconds * fps` frames, no sound track. */
export async function drawClip(
  request: Extract<GenerateRequest, { kind: 'video' }>,
  target: { ffmpegPath: string; path: string },
  watch: Watch,
): Promise<number> {
  registerFonts()
  const { width, height, fps, durationSeconds } = request
  const frames = Math.max(1, Math.round(durationSeconds * fps))
  const canvas = createCanvas(width, height)
  const context = canvas.getContext('2d')
  const draw = request.scene
    ? prepareScene(request.scene, { width, height, durationSeconds })
    : prepareMotif(request, { width, height, durationSeconds })
  const alt = request.scene?.headline ?? request.prompt.slice(0, 120)
  // A picture about each second of film or each quarter of the work, whichever is rarer.
  const pictureEvery = Math.max(fps, Math.ceil(frames / 4))
  const firstPicture = Math.min(frames - 1, Math.round(fps * 0.9))

  // Two sheets in turn: one is drawn into while the other is on its way to FFmpeg.
  const sheets = [Buffer.alloc(width * height * 4), Buffer.alloc(width * height * 4)] as const
  const encoder = encodeFrames({ ...target, width, height, fps })
  try {
    for (let frame = 0; frame < frames; frame++) {
      watch.signal.throwIfAborted()
      draw(context, frame / fps)
      const sheet = sheets[frame % 2] as Buffer
      readPixels(context, sheet)
      await encoder.write(sheet)
      const due = frame === firstPicture || (frame > firstPicture && (frame - firstPicture) % pictureEvery === 0)
      watch.progress((frame + 1) / (frames + 2), due ? { bytes: await previewOf(canvas), alt } : undefined)
      // Lets a cancellation in.
      await new Promise((resolve) => setImmediate(resolve))
    }
    return await encoder.end()
  } finally {
    encoder.kill()
  }
}
