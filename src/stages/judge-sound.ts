import type { QualityProfile, Verdict } from '../domain/verdict.ts'
import type { InspectedStretch } from '../ports/inspector.ts'
import { PCM_BYTES_PER_SAMPLE_FRAME, PCM_SAMPLE_RATE } from '../ports/media-tool.ts'
import type { StageDeps } from './deps.ts'

/**
 * Judges a decoded take at its own level, before any gain: what is flattened at full scale stays flattened when it is
 * made quieter, but can no longer be seen. Gives faults only; what passes is told of the mix.
 */
export async function judgeSound(
  deps: StageDeps,
  profile: QualityProfile,
  stemKey: string,
  heard: Required<Pick<InspectedStretch, 'durationSeconds' | 'audible' | 'sound'>>,
): Promise<Verdict[]> {
  const inspection = deps.inspector.inspect(profile, {
    startSeconds: 0,
    fps: null,
    ...heard,
  })
  let rest: Uint8Array = new Uint8Array()
  let frames = 0
  for await (const chunk of (await deps.objects.get(stemKey)).stream) {
    const bytes = new Uint8Array(rest.length + chunk.length)
    bytes.set(rest)
    bytes.set(chunk, rest.length)
    const whole = bytes.length - (bytes.length % PCM_BYTES_PER_SAMPLE_FRAME)
    inspection.sound(frames / PCM_SAMPLE_RATE, new Int16Array(bytes.buffer, 0, whole / 2))
    frames += whole / PCM_BYTES_PER_SAMPLE_FRAME
    rest = bytes.subarray(whole)
  }
  return inspection.end().filter(({ verdict }) => verdict !== 'pass')
}
