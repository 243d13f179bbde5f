import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SluiceError } from '../../../../domain/errors.ts'
import type { TakeOutput } from '../../../../domain/take.ts'
import { drawClip } from '../clip/draw-clip.ts'
import { drawKeyframes } from '../clip/draw-keyframes.ts'
import { compose, MUSIC_SAMPLE_RATE } from '../music/compose.ts'
import { SOUND_SAMPLE_RATE, soundEffect } from '../sound/effects.ts'
import type { Flite } from '../speech/flite.ts'
import { narrate } from '../speech/narrate.ts'
import { voiceOf } from '../voices.ts'
import { wavFile } from '../wav.ts'
import type { MadeFile, Order, Picture } from './messages.ts'

export interface Watch {
  signal: AbortSignal
  /** 0 to 1; `picture` is a small JPEG of the work so far. */
  progress: (fraction: number, picture?: Picture) => void
}

/** Makes what was ordered into the take's folder. Every file appears whole or not at all. */
export async function make(order: Order, flite: () => Promise<Flite>, watch: Watch): Promise<MadeFile[]> {
  const { request, folder } = order

  async function keep(role: TakeOutput['role'], mimeType: string, name: string, bytes: Uint8Array): Promise<MadeFile> {
    watch.signal.throwIfAborted()
    const part = join(folder, `part-${name}`)
    await writeFile(part, bytes)
    await rename(part, join(folder, name))
    return { role, mimeType, name, sizeBytes: bytes.byteLength }
  }

  switch (request.kind) {
    case 'speech': {
      const voice = voiceOf(request.voice)
      if (voice === undefined) throw new SluiceError('provider_cannot', `There is no voice ${request.voice}`)
      const narration = await narrate(await flite(), request.text, voice, watch)
      return [
        await keep('media', 'audio/wav', 'speech.wav', wavFile([narration.samples], narration.sampleRate)),
        await keep('timings', 'application/json', 'timings.json', Buffer.from(JSON.stringify(narration.cues))),
      ]
    }
    case 'music': {
      const { left, right } = await compose(request, watch)
      return [await keep('media', 'audio/wav', 'music.wav', wavFile([left, right], MUSIC_SAMPLE_RATE))]
    }
    case 'sound': {
      const { left, right } = soundEffect(request)
      watch.progress(0.9)
      return [await keep('media', 'audio/wav', 'sound.wav', wavFile([left, right], SOUND_SAMPLE_RATE))]
    }
    case 'keyframes': {
      const files: MadeFile[] = []
      for await (const still of drawKeyframes(request, watch)) {
        files.push(await keep('still', 'image/jpeg', `still-${String(files.length + 1).padStart(2, '0')}.jpg`, still))
      }
      return files
    }
    case 'video': {
      const part = join(folder, 'part-clip.mp4')
      const sizeBytes = await drawClip(request, { ffmpegPath: order.ffmpegPath, path: part }, watch)
      await rename(part, join(folder, 'clip.mp4'))
      return [{ role: 'media', mimeType: 'video/mp4', name: 'clip.mp4', sizeBytes }]
    }
  }
}
