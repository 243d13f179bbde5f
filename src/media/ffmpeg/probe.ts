import { SluiceError } from '../../domain/errors.ts'
import { type MediaProbe, PACKETS_UNTIL_SECONDS, type PacketTime } from '../../ports/media-tool.ts'
import type { ToolRunner } from './run.ts'

const TIMEOUT_MS = 10_000

const ENTRIES = [
  'format=format_name,duration',
  'stream=index,codec_type,codec_name,profile,width,height,avg_frame_rate,r_frame_rate,duration,nb_frames,sample_rate,channels,color_transfer',
  'stream_disposition=attached_pic',
  'stream_tags=DURATION',
  'stream_side_data=rotation',
  'packet=stream_index,pts_time,flags',
]
const ARGS = ['-read_intervals', `%+${PACKETS_UNTIL_SECONDS}`, '-show_entries', ENTRIES.join(':'), '-of', 'json=compact=1']

/** Samples in a packet (ISO/IEC 14496-3; ISO/IEC 11172-3, 13818-3). HE-AAC counts in the doubled rate. */
const PACKET_SAMPLES: Record<string, (stream: Stream) => number> = {
  aac: ({ profile }) => (profile?.startsWith('HE-AAC') ? 2_048 : 1_024),
  mp3: ({ sample_rate }) => (Number(sample_rate) < 32_000 ? 576 : 1_152),
}

/** FFmpeg's names of the transfers that are HDR. */
const TRANSFERS: Record<string, 'pq' | 'hlg'> = { smpte2084: 'pq', 'arib-std-b67': 'hlg' }

/** What ffprobe answers, as far as it is read. Every value may be missing. */
interface Answer {
  format?: { format_name?: string; duration?: string }
  streams?: Stream[]
  packets?: { stream_index?: number; pts_time?: string; flags?: string }[]
}
interface Stream {
  index?: number
  codec_type?: string
  codec_name?: string
  profile?: string
  width?: number
  height?: number
  avg_frame_rate?: string
  r_frame_rate?: string
  duration?: string
  nb_frames?: string
  sample_rate?: string
  channels?: number
  color_transfer?: string
  disposition?: { attached_pic?: number }
  tags?: { DURATION?: string }
  side_data_list?: { rotation?: number }[]
}

/**
 * Container, first picture and first sound of a file, from its headers, and when the packets of its first minutes are due.
 * Throws `media_unreadable` for what is no media, has neither picture nor sound, or is of a kind we do not open.
 */
export async function probe(runner: ToolRunner, path: string, signal: AbortSignal): Promise<MediaProbe> {
  const { stdout } = await runner.run({
    tool: 'ffprobe',
    inputs: [{ path, stills: true }],
    args: ARGS,
    signal,
    timeoutMs: TIMEOUT_MS,
    limits: { cpuSeconds: 10 },
  })
  return readAnswer(JSON.parse(stdout.toString('utf8')) as Answer)
}

/** Pure. */
export function readAnswer({ format = {}, streams = [], packets }: Answer): MediaProbe {
  const whole = seconds(format.duration) ?? 0
  const video = streams.find(({ codec_type, disposition }) => codec_type === 'video' && disposition?.attached_pic !== 1)
  const audio = streams.find(({ codec_type }) => codec_type === 'audio')
  const picture = video && readVideo(video, whole, packets)
  const sound = audio && readAudio(audio, whole, packets)
  if (!picture && !sound) {
    throw new SluiceError(
      'media_unreadable',
      `the file (${format.format_name ?? 'unknown format'}) has neither a picture nor a sound that can be read`,
    )
  }
  return {
    container: format.format_name ?? 'unknown',
    durationSeconds: whole || Math.max(picture?.durationSeconds ?? 0, sound?.durationSeconds ?? 0),
    video: picture ?? null,
    audio: sound ?? null,
  }
}

function readVideo(stream: Stream, whole: number, packets: Answer['packets']): MediaProbe['video'] {
  const { width, height } = stream
  // ffprobe names a stream whose picture it refused to decode (too many pixels), but without a size.
  if (!width || !height) return null
  const turned = stream.side_data_list?.some(({ rotation }) => Math.abs(rotation ?? 0) % 180 === 90) ?? false
  return {
    codec: stream.codec_name ?? 'unknown',
    width: turned ? height : width,
    height: turned ? width : height,
    fps: ratio(stream.avg_frame_rate) || ratio(stream.r_frame_rate),
    durationSeconds: streamSeconds(stream) ?? whole,
    frames: stream.nb_frames === undefined ? null : Number(stream.nb_frames),
    transfer: TRANSFERS[stream.color_transfer ?? ''] ?? 'sdr',
    ...(packets && { packets: timesOf(stream, packets) }),
  }
}

function readAudio(stream: Stream, whole: number, packets: Answer['packets']): MediaProbe['audio'] {
  if (!stream.channels || !stream.sample_rate) return null
  const samples = PACKET_SAMPLES[stream.codec_name ?? '']?.(stream)
  return {
    codec: stream.codec_name ?? 'unknown',
    sampleRate: Number(stream.sample_rate),
    channels: stream.channels,
    durationSeconds: streamSeconds(stream) ?? whole,
    packetSeconds: samples === undefined ? null : samples / Number(stream.sample_rate),
    ...(packets && { packets: timesOf(stream, packets) }),
  }
}

function timesOf({ index }: Stream, packets: NonNullable<Answer['packets']>): PacketTime[] {
  return packets.flatMap(({ stream_index, pts_time, flags }) => {
    const at = seconds(pts_time)
    return stream_index === index && at !== undefined ? [{ seconds: at, key: flags?.startsWith('K') ?? false }] : []
  })
}

/** Matroska keeps a stream's length in a tag, as `00:00:03.200000000`. */
function streamSeconds({ duration, tags }: Stream): number | undefined {
  const clock = /^(\d+):(\d+):([\d.]+)$/.exec(tags?.DURATION ?? '')
  return seconds(duration) ?? (clock ? Number(clock[1]) * 3_600 + Number(clock[2]) * 60 + Number(clock[3]) : undefined)
}

function seconds(text: string | undefined): number | undefined {
  const value = Number(text)
  return text !== undefined && Number.isFinite(value) ? value : undefined
}

/** `30000/1001` as a number; 0 for `0/0`. */
function ratio(text = '0/0'): number {
  const [over = 0, under = 0] = text.split('/').map(Number)
  return under === 0 ? 0 : over / under
}
