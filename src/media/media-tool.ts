import type { Logger } from '../ports/logger.ts'
import type { MediaTool } from '../ports/media-tool.ts'
import type { Tracer } from '../ports/tracer.ts'
import type { Transcoder } from '../ports/transcoder.ts'
import { readVersions } from './ffmpeg/capabilities.ts'
import type { FfmpegPaths } from './ffmpeg/locate.ts'
import { probe } from './ffmpeg/probe.ts'
import { createToolRunner } from './ffmpeg/run.ts'
import { decodeAudio, measureMix } from './ffmpeg/sound.ts'
import { tracedRunner } from './ffmpeg/traced-runner.ts'
import { finish } from './finish/finish.ts'
import { finishInChunks } from './finish/finish-in-chunks.ts'
import { joinPcm } from './mix/join.ts'
import { mixBlocks, openMixer } from './mix/mixer.ts'
import { waveformPeaks } from './renditions/peaks.ts'
import { createRenditions } from './renditions/renditions.ts'
import { rewrite } from './renditions/rewrite.ts'

export interface MediaToolOptions extends FfmpegPaths {
  /** `auto`: under bubblewrap where it works, limits always; `off`: limits only. */
  sandbox: 'auto' | 'off'
  log: Logger
  /** Absent: runs of FFmpeg are not traced. */
  tracer?: Tracer
  /** Encodes the pictures of a finish that says where they are. Absent: all is encoded here. */
  transcoder?: Transcoder | null
}

/** FFmpeg's command line behind the port. Starts nothing by itself. */
export function createMediaTool(options: MediaToolOptions): MediaTool {
  const { tracer } = options
  const plain = createToolRunner(options)
  const runner = tracer ? tracedRunner(plain, tracer) : plain
  let versions: Promise<Record<string, string>> | undefined
  return {
    versions() {
      versions ??= readVersions(runner)
      // A failure is not remembered: the program may be there the next time.
      versions.catch(() => {
        versions = undefined
      })
      return versions
    },
    probe: (path, signal) => probe(runner, path, signal),
    decodeAudio: (order) => decodeAudio(runner, order),
    measureMix: (order) => measureMix(runner, order),
    joinPcm,
    remux: (order) => rewrite(runner, order),
    finish: (order) => {
      const { video, elsewhere } = order
      return options.transcoder && video && elsewhere
        ? finishInChunks(runner, options.transcoder, { ...order, video, elsewhere })
        : finish(runner, order)
    },
    ...createRenditions(runner),
    async peaks({ stems, durationSeconds, points }) {
      await using mixer = await openMixer(stems)
      return await waveformPeaks(mixBlocks(mixer, durationSeconds), { durationSeconds, points })
    },
  }
}
