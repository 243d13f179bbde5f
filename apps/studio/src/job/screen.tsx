import { useState } from 'react'
import type { AssetView, Job, JobSnapshot, JobView } from 'sluice/client'
import type { SluiceEventMap, SluicePlayerElement } from 'sluice/elements'
import { kinds } from '../compose/kinds.ts'
import { Waveform } from '../library/waveform.tsx'
import type { Frame } from './frame.ts'

/** What the viewer's side measured: seconds from `playable` to a painted frame, and how often playback ran dry. */
export interface Watching {
  engine: string | null
  firstFrameMs: number | null
  stalls: number
  vod: boolean
}
export const notWatching: Watching = { engine: null, firstFrameMs: null, stalls: 0, vod: false }

interface ScreenProps {
  frame: Frame
  kind: JobView['kind']
  title: string
  snapshot: JobView | JobSnapshot | null
  /** Once it is there, a sound's outline is drawn from it. */
  asset?: AssetView | null
  /** Absent in the gallery, where nothing is played. */
  job?: Job
  player?: React.Ref<SluicePlayerElement>
  onWatch?(change: (before: Watching) => Watching): void
}

/** The box in which the preview becomes the player. Its size comes from the request and never changes. */
export function Screen({ frame, kind, title, snapshot, asset = null, job, player, onWatch }: ScreenProps) {
  // Someone who comes to a job that has ended has asked for nothing to start by itself, and its previews are gone.
  const [cameLate] = useState(Boolean(job && snapshot?.endedAt))
  const playable = Boolean(job && snapshot?.playable && snapshot.playback)
  const live = playable && job && (
    <sluice-player
      ref={player}
      job={job}
      kind={frame.media}
      label={title}
      autoplay={cameLate ? 'off' : 'when-safe'}
      className="block w-full"
      onsluice-attached={({ detail }: SluiceEventMap['sluice-attached']) => onWatch?.((before) => ({ ...before, engine: detail.engine }))}
      onsluice-first-frame={({ detail }: SluiceEventMap['sluice-first-frame']) =>
        onWatch?.((before) => ({ ...before, firstFrameMs: before.firstFrameMs ?? detail.ms }))
      }
      onsluice-starved={({ detail }: SluiceEventMap['sluice-starved']) => onWatch?.((before) => ({ ...before, stalls: detail.count }))}
      onsluice-vod={() => onWatch?.((before) => ({ ...before, vod: true }))}
    />
  )
  // Whatever a job has made can be played until its time is over.
  const gone = snapshot?.state === 'succeeded' && !snapshot.playable
  const waiting = <Waiting kind={kind} gone={gone} ended={Boolean(snapshot?.endedAt)} playable={playable} />
  const busy = !playable && snapshot?.endedAt === null

  if (frame.media === 'audio') {
    return (
      <div data-testid="screen" aria-busy={busy} className="flex w-full flex-col gap-2">
        <div className="relative h-40 overflow-hidden rounded-lg bg-sunken ring-1 ring-line">
          {asset ? <Waveform asset={asset} /> : waiting}
        </div>
        <div className="min-h-21">{live}</div>
      </div>
    )
  }
  return (
    <div data-testid="screen" aria-busy={busy} style={boxOf(frame)} className="mx-auto w-full">
      {live || (
        <div className="relative aspect-(--sluice-player-ratio) overflow-hidden rounded-lg bg-sunken ring-1 ring-line">
          {snapshot?.preview && !cameLate ? (
            <sluice-preview {...(job ? { job } : { snapshot })} className="absolute inset-0 block h-full w-full" />
          ) : (
            waiting
          )}
        </div>
      )}
    </div>
  )
}

/** The shape for both the preview and the player, and a width at which a tall picture still fits a window. */
function boxOf({ width, height }: { width: number; height: number }): React.CSSProperties {
  return { '--sluice-player-ratio': `${width} / ${height}`, maxWidth: `calc(78vh * ${width / height})` } as React.CSSProperties
}

function Waiting({ kind, gone, ended, playable }: { kind: JobView['kind']; gone: boolean; ended: boolean; playable: boolean }) {
  const { Icon, picture } = kinds[kind]
  const coming = picture ? 'The first picture appears here.' : 'It can be heard as soon as the first part is checked.'
  const nothing = gone ? 'Its time is over: its files are deleted.' : 'There is nothing to show.'
  const text = playable ? null : ended ? nothing : coming
  return (
    <div className="absolute inset-0 grid place-items-center text-muted">
      <div className="flex flex-col items-center gap-3 px-6 text-center text-sm">
        <Icon aria-hidden size={28} strokeWidth={1.25} />
        {text}
      </div>
    </div>
  )
}
