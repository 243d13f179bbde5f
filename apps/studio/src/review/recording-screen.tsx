import { Maximize, Pause, Play } from 'lucide-react'
import { timecode } from '../format/time.ts'
import type { Frame } from '../job/frame.ts'
import { type Finding, findingName } from './review-words.ts'
import type { Recording } from './use-recording.ts'

interface RecordingScreenProps {
  url: string
  frame: Frame
  name: string
  recording: Recording
  findings: Finding[]
  current: Finding | null
}

/** What is held, and below it where each finding lies in it. The controls are ours, so that a key means the same everywhere. */
export function RecordingScreen({ url, frame, name, recording, findings, current }: RecordingScreenProps) {
  const { media, playing, atSeconds, durationSeconds, failed } = recording
  const box = frame.media === 'video' ? { aspectRatio: `${frame.width} / ${frame.height}` } : undefined
  return (
    <div className="flex flex-col gap-2">
      <div className="relative">
        {/* biome-ignore lint/a11y/useMediaCaption: what is held has not passed; its words are among what is judged */}
        <video
          ref={media}
          src={url}
          aria-label={name}
          playsInline
          preload="auto"
          style={box}
          className={frame.media === 'video' ? 'max-h-[60vh] w-full rounded-lg bg-[#0b1110]' : 'hidden'}
        />
        {failed && (
          <div
            role="alert"
            className={`grid place-items-center gap-2 bg-sunken p-6 text-center ${frame.media === 'video' ? 'absolute inset-0 rounded-lg' : 'rounded-lg'}`}
          >
            <p>
              The recording is not there yet, or this browser cannot play it.{' '}
              <button type="button" onClick={recording.reload} className="rounded-sm text-accent underline underline-offset-4">
                Try again
              </button>
            </p>
          </div>
        )}
      </div>
      <div className="flex items-center gap-3">
        <button
          type="button"
          onClick={recording.toggle}
          aria-label={playing ? 'Pause' : 'Play'}
          className="grid size-11 shrink-0 place-items-center rounded-md border border-control bg-surface hover:bg-accent-soft"
        >
          {playing ? <Pause aria-hidden size={18} /> : <Play aria-hidden size={18} />}
        </button>
        <Track atSeconds={atSeconds} durationSeconds={durationSeconds} findings={findings} current={current} onSeek={recording.seek} />
        <span className="w-14 shrink-0 text-sm whitespace-nowrap text-muted sm:w-32">
          {timecode(atSeconds)}
          <span className="max-sm:hidden"> / {durationSeconds === null ? '–' : timecode(durationSeconds)}</span>
        </span>
        {frame.media === 'video' && (
          <button
            type="button"
            onClick={() => void media.current?.requestFullscreen().catch(() => undefined)}
            aria-label="Full screen"
            className="grid size-11 shrink-0 place-items-center rounded-md border border-control bg-surface hover:bg-accent-soft max-sm:hidden"
          >
            <Maximize aria-hidden size={18} />
          </button>
        )}
      </div>
    </div>
  )
}

interface TrackProps {
  atSeconds: number
  durationSeconds: number | null
  findings: Finding[]
  current: Finding | null
  onSeek(seconds: number): void
}

/** The recording's length with a mark over each finding. The marks are for the eye: the list below has them as buttons. */
function Track({ atSeconds, durationSeconds, findings, current, onSeek }: TrackProps) {
  const length = durationSeconds ?? 0
  const share = (seconds: number): string => `${length === 0 ? 0 : Math.min(100, (seconds / length) * 100)}%`
  return (
    <div className="relative h-11 min-w-0 flex-1">
      {/* As far in from each side as the slider's thumb stands at its ends. */}
      <div aria-hidden className="pointer-events-none absolute inset-x-2 inset-y-0">
        <div className="absolute inset-x-0 top-1/2 h-1.5 -translate-y-1/2 rounded-full bg-track" />
        <div className="absolute left-0 top-1/2 h-1.5 -translate-y-1/2 rounded-full bg-control" style={{ width: share(atSeconds) }} />
        {findings.map((finding) => {
          if (!finding.inMedia) return null
          const { startSeconds, endSeconds } = finding.inMedia
          return (
            <span
              key={`${findingName(finding)} ${finding.detail}`}
              data-mark={finding.check}
              className={`absolute top-1/2 min-w-1 -translate-y-1/2 rounded-[2px] ${finding === current ? 'h-7 bg-danger' : 'h-4 bg-warn'}`}
              style={{ left: share(startSeconds), width: `calc(${share(endSeconds)} - ${share(startSeconds)})` }}
            />
          )
        })}
      </div>
      <input
        type="range"
        aria-label="Place in the recording"
        aria-valuetext={`${timecode(atSeconds)} of ${timecode(length)}`}
        min={0}
        max={length}
        step={0.01}
        value={Math.min(atSeconds, length)}
        disabled={durationSeconds === null}
        onChange={(event) => onSeek(Number(event.target.value))}
        className="scrubber absolute inset-0 w-full"
      />
    </div>
  )
}
