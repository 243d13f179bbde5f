import { SAMPLE_RATE } from '../sound.ts'

const HEADER_BYTES = 44
const SAMPLES_AT_ONCE = 32_768

export const wavBytes = (samples: Float32Array): number => HEADER_BYTES + 2 * samples.length

/** A RIFF/WAVE file: 16 kHz, mono, 16 bit. */
export async function* wavFile(samples: Float32Array): AsyncGenerator<Uint8Array> {
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(wavBytes(samples) - 8, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(SAMPLE_RATE, 24)
  header.writeUInt32LE(2 * SAMPLE_RATE, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(2 * samples.length, 40)
  yield header
  for (let at = 0; at < samples.length; at += SAMPLES_AT_ONCE) {
    const part = samples.subarray(at, at + SAMPLES_AT_ONCE)
    const bytes = Buffer.alloc(2 * part.length)
    for (const [n, sample] of part.entries()) bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), 2 * n)
    yield bytes
  }
}
