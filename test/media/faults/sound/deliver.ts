import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { wavFile } from '../../../../src/drivers/provider/local/wav.ts'
import type { Loudness } from '../../../../src/ports/media-tool.ts'
import { ffmpeg, media, unaborted } from '../../helpers/masters.ts'
import type { SoundPiece } from '../sound.ts'
import { gain } from './damage.ts'
import type { Sound } from './sources.ts'

/** A piece as an ingest has it: decoded, and its loudness. */
export interface Delivered {
  pcm: Int16Array
  durationSeconds: number
  loudness: Loudness
}

const ENCODERS = { mp3: ['-c:a', 'libmp3lame', '-b:a', '128k'], m4a: ['-c:a', 'aac', '-b:a', '128k'] }

/** Writes the piece as the file that a provider would send, and takes it in with the decoder of the ingest. */
export async function deliver(piece: SoundPiece, folder: string): Promise<Delivered> {
  const delivered = await throughFile(piece.samples, piece.container, folder)
  const wanted = piece.asset?.lufs ?? null
  if (wanted === null || delivered.loudness.integratedLufs === null) return delivered
  return throughFile(gain(piece.samples, wanted - delivered.loudness.integratedLufs), piece.container, folder)
}

async function throughFile(sound: Sound, container: SoundPiece['container'], folder: string): Promise<Delivered> {
  const wav = join(folder, 'piece.wav')
  await writeFile(wav, wavFile(sound.channels, sound.sampleRate))
  const file = join(folder, `piece.${container}`)
  if (container !== 'wav') await ffmpeg('-i', wav, ...ENCODERS[container], file)
  const pcmPath = join(folder, 'piece.pcm')
  const { durationSeconds, ...loudness } = await media.decodeAudio({ input: file, pcmPath, signal: unaborted })
  const bytes = await readFile(pcmPath)
  await Promise.all([wav, file, pcmPath].map((path) => rm(path, { force: true })))
  return { pcm: new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2), durationSeconds, loudness }
}
