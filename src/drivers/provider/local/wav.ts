/**
 * A RIFF/WAVE file of 16-bit little-endian PCM.
 * @param channels samples in -1 to 1, one array per channel, all of the same length; what is outside is clipped
 */
export function wavFile(channels: Float32Array[], sampleRate: number): Uint8Array {
  const count = channels[0]?.length ?? 0
  const blockBytes = channels.length * 2
  const file = Buffer.alloc(44 + count * blockBytes)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(36 + count * blockBytes, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(channels.length, 22)
  file.writeUInt32LE(sampleRate, 24)
  file.writeUInt32LE(sampleRate * blockBytes, 28)
  file.writeUInt16LE(blockBytes, 32)
  file.writeUInt16LE(16, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(count * blockBytes, 40)
  const samples = new Int16Array(file.buffer, file.byteOffset + 44, count * channels.length)
  channels.forEach((channel, c) => {
    for (let i = 0; i < count; i++) {
      const sample = channel[i] as number
      samples[i * channels.length + c] = Math.round(Math.max(-1, Math.min(1, sample)) * 32767)
    }
  })
  return file
}
