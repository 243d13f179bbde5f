import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AudioFormat, Made, Maker, MediaSpec, WordTime } from './maker.ts'
import { createPrograms, type Programs } from './programs.ts'

const CACHE_BYTES = 256 * 2 ** 20
/** Seeds give so many different pictures, colours and keys; more would only be more to make. */
const VARIANTS = 24
/** Of a calm reader; for the length of speech on a machine whose FFmpeg has no voice. */
const CHARACTERS_PER_SECOND = 15

const AUDIO: Record<AudioFormat, { mimeType: string; extension: string; args: string[]; sampleRate: number }> = {
  mp3: { mimeType: 'audio/mpeg', extension: 'mp3', args: ['-c:a', 'libmp3lame'], sampleRate: 44_100 },
  wav: { mimeType: 'audio/wav', extension: 'wav', args: ['-c:a', 'pcm_s16le'], sampleRate: 24_000 },
  opus: { mimeType: 'audio/ogg', extension: 'ogg', args: ['-c:a', 'libopus'], sampleRate: 48_000 },
  aac: { mimeType: 'audio/aac', extension: 'aac', args: ['-c:a', 'aac'], sampleRate: 44_100 },
  flac: { mimeType: 'audio/flac', extension: 'flac', args: ['-c:a', 'flac'], sampleRate: 44_100 },
  pcm: { mimeType: 'audio/pcm', extension: 'pcm', args: ['-f', 's16le', '-c:a', 'pcm_s16le'], sampleRate: 24_000 },
  ulaw: { mimeType: 'audio/basic', extension: 'ulaw', args: ['-f', 'mulaw', '-c:a', 'pcm_mulaw'], sampleRate: 8_000 },
  alaw: { mimeType: 'audio/x-alaw-basic', extension: 'alaw', args: ['-f', 'alaw', '-c:a', 'pcm_alaw'], sampleRate: 8_000 },
}

const IMAGE = {
  jpeg: { mimeType: 'image/jpeg', extension: 'jpg' },
  png: { mimeType: 'image/png', extension: 'png' },
  webp: { mimeType: 'image/webp', extension: 'webp' },
}

/**
 * Moving test pictures with a tone, speech by FFmpeg's `flite` where it is built in and a tone of its length where it is not, chords
 * for music, filtered noise for sounds. Small, exact in length and size, and kept by what was ordered.
 */
export function createFfmpegMaker({ ffmpegPath = 'ffmpeg' }: { ffmpegPath?: string } = {}): Maker {
  const programs = createPrograms(ffmpegPath)
  const cache = new Map<string, { making: Promise<Made>; sizeBytes: number }>()
  let cachedBytes = 0
  let voice: Promise<boolean> | undefined

  const speaks = () => {
    voice ??= programs.run(['-hide_banner', '-h', 'filter=flite']).then((out) => !out.includes('Unknown filter'))
    return voice
  }

  return {
    make(ordered) {
      const spec = 'seed' in ordered && ordered.seed !== undefined ? { ...ordered, seed: ordered.seed % VARIANTS } : ordered
      const key = JSON.stringify(spec)
      const kept = cache.get(key)
      if (kept) return kept.making
      const entry = { making: make(programs, spec, speaks), sizeBytes: 0 }
      cache.set(key, entry)
      entry.making.then(
        ({ bytes }) => {
          entry.sizeBytes = bytes.length
          cachedBytes += bytes.length
          for (const [oldest, { sizeBytes }] of cache) {
            if (cachedBytes <= CACHE_BYTES) break
            cache.delete(oldest)
            cachedBytes -= sizeBytes
          }
        },
        () => cache.delete(key),
      )
      return entry.making
    },
    async close() {
      await programs.close()
      // Until their folders are gone.
      await Promise.allSettled([...cache.values()].map(({ making }) => making))
    },
  }
}

async function make(programs: Programs, spec: MediaSpec, speaks: () => Promise<boolean>): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-lab-'))
  try {
    const target = (extension: string) => join(folder, `out.${extension}`)
    const write = async (args: string[], extension: string) => {
      await programs.run(['-hide_banner', '-v', 'error', '-nostdin', '-y', ...args, target(extension)])
      return readFile(target(extension))
    }

    if (spec.kind === 'video') {
      const bytes = await write(videoArgs(spec), 'mp4')
      return { bytes, mimeType: 'video/mp4', durationSeconds: spec.durationSeconds }
    }
    if (spec.kind === 'image') {
      const { mimeType, extension } = IMAGE[spec.format]
      return { bytes: await write([...picture(spec), '-frames:v', '1'], extension), mimeType, durationSeconds: 0 }
    }

    const { mimeType, extension, args, sampleRate: usual } = AUDIO[spec.format]
    const sampleRate = spec.sampleRate ?? usual
    const rate = spec.bitsPerSecond === undefined ? [] : ['-b:a', String(spec.bitsPerSecond)]
    const encode = ['-ac', '1', '-ar', String(sampleRate), ...rate, ...args]
    if (spec.kind !== 'speech') {
      const bytes = await write([...tune(spec), ...encode, '-t', String(spec.durationSeconds)], extension)
      return { bytes, mimeType, durationSeconds: spec.durationSeconds }
    }

    // Twice: the length of a voice is known when it has spoken.
    const text = spec.text.trim() || 'Nothing.'
    await writeFile(join(folder, 'text.txt'), text)
    const source = (await speaks())
      ? ['-f', 'lavfi', '-i', `flite=textfile=${filterPath(join(folder, 'text.txt'))}:voice=${voiceOf(spec.voice)}`]
      : ['-f', 'lavfi', '-i', `sine=frequency=180:duration=${Math.max(0.5, text.length / CHARACTERS_PER_SECOND)}`]
    const pcm = await write([...source, '-ac', '1', '-ar', '24000', '-f', 's16le', '-c:a', 'pcm_s16le'], 'raw')
    const durationSeconds = pcm.length / 2 / 24_000
    const bytes = await write(['-f', 's16le', '-ar', '24000', '-ac', '1', '-i', target('raw'), ...encode], extension)
    return { bytes, mimeType, durationSeconds, words: wordTimes(text, durationSeconds) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Video = Extract<MediaSpec, { kind: 'video' }>

function videoArgs({ durationSeconds, width, height, fps = 24, sound = true, seed = 0, cutAtSeconds }: Video): string[] {
  const source = `testsrc2=size=${width}x${height}:rate=${fps}:duration=${durationSeconds}`
  // The other shot is the same picture with its light turned round: a mirrored one in other colours is too much like it.
  const cut = cutAtSeconds === undefined ? '' : `,format=yuv420p,lutyuv=y=negval:enable='gte(t,${cutAtSeconds})'`
  return [
    ...['-f', 'lavfi', '-i', `${source}${cut},hue=h=${seed * 15}`],
    ...(sound ? ['-f', 'lavfi', '-i', `sine=frequency=${220 + (seed % 12) * 20}:sample_rate=48000:duration=${durationSeconds}`] : []),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '28', '-g', String(fps * 2), '-pix_fmt', 'yuv420p', '-threads', '1'],
    ...(sound ? ['-c:a', 'aac', '-b:a', '96k'] : []),
    ...['-t', String(durationSeconds), '-movflags', '+faststart'],
  ]
}

const picture = ({ width, height, seed = 0 }: { width: number; height: number; seed?: number }): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=1:duration=1,hue=h=${seed * 15}`],
]

function tune({ kind, durationSeconds, seed = 0 }: Extract<MediaSpec, { kind: 'music' | 'sound' }>): string[] {
  if (kind === 'sound')
    return ['-f', 'lavfi', '-i', `anoisesrc=color=pink:seed=${seed}:amplitude=0.3:duration=${durationSeconds},lowpass=f=1200`]
  const root = 110 * 2 ** ((seed % 12) / 12)
  const chord = [1, 1.25, 1.5].map((ratio) => `0.2*sin(2*PI*${(root * ratio).toFixed(2)}*t*(1+floor(mod(t,4)/2)/4))`).join('+')
  return ['-f', 'lavfi', '-i', `aevalsrc='(${chord})*(0.6+0.4*cos(PI*t))':s=44100:d=${durationSeconds}`]
}

/** flite's own, the same for the same name. */
function voiceOf(name = ''): string {
  const voices = ['slt', 'kal', 'awb', 'rms']
  return voices[[...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % voices.length] ?? 'slt'
}

/** A path inside a filter: `\` and `:` would end it. */
const filterPath = (path: string): string => path.replaceAll('\\', '/').replaceAll(':', '\\\\:')

/** Words share the time by their letters. */
function wordTimes(text: string, durationSeconds: number): WordTime[] {
  const words = text.split(/\s+/).filter(Boolean)
  const weight = (word: string) => word.length + 1
  const total = words.reduce((sum, word) => sum + weight(word), 0)
  let at = 0
  return words.map((word) => {
    const startSeconds = at
    at += (weight(word) / total) * durationSeconds
    return { text: word, startSeconds, endSeconds: at }
  })
}
