import { describe, expect, it } from 'vitest'
import { readLoudness } from './loudness.ts'
import { readAnswer } from './probe.ts'

describe("ffprobe's answer", () => {
  const video = {
    codec_type: 'video',
    codec_name: 'h264',
    width: 1280,
    height: 720,
    avg_frame_rate: '30000/1001',
    duration: '2.5',
    nb_frames: '75',
  }
  const audio = { codec_type: 'audio', codec_name: 'aac', sample_rate: '48000', channels: 2, duration: '2.6' }

  it('becomes sizes and lengths', () => {
    expect(readAnswer({ format: { format_name: 'mov,mp4', duration: '2.6' }, streams: [video, audio] })).toEqual({
      container: 'mov,mp4',
      durationSeconds: 2.6,
      video: { codec: 'h264', width: 1280, height: 720, fps: 30_000 / 1_001, durationSeconds: 2.5, frames: 75, transfer: 'sdr' },
      audio: { codec: 'aac', sampleRate: 48_000, channels: 2, durationSeconds: 2.6, packetSeconds: 1_024 / 48_000 },
    })
  })

  it('says when the packets of each stream are due', () => {
    const packets = [
      { stream_index: 1, pts_time: '0.000000', flags: 'K_' },
      { stream_index: 0, pts_time: '0.033333', flags: '__' },
      { stream_index: 0, flags: 'K_' },
      { stream_index: 2, pts_time: '7', flags: 'K_' },
    ]
    const read = readAnswer({
      streams: [
        { ...video, index: 0 },
        { ...audio, index: 1 },
      ],
      packets,
    })
    expect(read.video?.packets).toEqual([{ seconds: 0.033333, key: false }])
    expect(read.audio?.packets).toEqual([{ seconds: 0, key: true }])
  })

  it.each([
    ['aac', 'LC', '48000', 1_024 / 48_000],
    ['aac', 'HE-AAC', '44100', 2_048 / 44_100],
    ['mp3', undefined, '22050', 576 / 22_050],
    ['mp3', undefined, '44100', 1_152 / 44_100],
    ['opus', undefined, '48000', null],
  ])('knows how long a packet of %s (%s) at %s Hz sounds', (codec_name, profile, sample_rate, packetSeconds) => {
    expect(readAnswer({ streams: [{ ...audio, codec_name, sample_rate, ...(profile && { profile }) }] }).audio?.packetSeconds).toBe(
      packetSeconds,
    )
  })

  it('says how brightness is written', () => {
    const transferOf = (color_transfer: string) => readAnswer({ streams: [{ ...video, color_transfer }] }).video?.transfer
    expect(['smpte2084', 'arib-std-b67', 'bt709', 'unknown'].map(transferOf)).toEqual(['pq', 'hlg', 'sdr', 'sdr'])
  })

  it('is turned as the picture is shown', () => {
    expect(readAnswer({ streams: [{ ...video, side_data_list: [{ rotation: -90 }] }] }).video).toMatchObject({ width: 720, height: 1280 })
  })

  it('does not take a cover for a video, nor a picture without a size', () => {
    expect(readAnswer({ streams: [{ ...video, disposition: { attached_pic: 1 } }, audio] }).video).toBeNull()
    expect(() => readAnswer({ format: { format_name: 'png_pipe' }, streams: [{ codec_type: 'video', codec_name: 'png' }] })).toThrow(
      'neither a picture nor a sound',
    )
  })

  it('finds the length in a tag where Matroska keeps it', () => {
    const { duration, ...bare } = audio
    expect(duration).toBe('2.6')
    expect(
      readAnswer({ format: { duration: '9' }, streams: [{ ...bare, tags: { DURATION: '00:01:02.500000000' } }] }).audio?.durationSeconds,
    ).toBe(62.5)
  })
})

describe('the loudness summary', () => {
  const summary = (integrated: string, peak: string) =>
    `x\n[Parsed_ebur128_0 @ 0x1] Summary:\n\n  Integrated loudness:\n    I:         ${integrated} LUFS\n    Threshold: -31.8 LUFS\n\n  Loudness range:\n    LRA:         4.3 LU\n    Threshold: -41.8 LUFS\n    LRA low:   -24.0 LUFS\n    LRA high:  -19.7 LUFS\n\n  True peak:\n    Peak:      ${peak} dBFS\n`

  it('gives all three figures', () => {
    expect(readLoudness(summary('-21.8', '-19.1'))).toEqual({ integratedLufs: -21.8, truePeakDbtp: -19.1, loudnessRangeLu: 4.3 })
  })

  it('says null, not a number, of silence and of what was too short', () => {
    expect(readLoudness(summary('-70.0', '-inf'))).toEqual({ integratedLufs: null, truePeakDbtp: null, loudnessRangeLu: null })
    expect(readLoudness('')).toEqual({ integratedLufs: null, truePeakDbtp: null, loudnessRangeLu: null })
  })
})
