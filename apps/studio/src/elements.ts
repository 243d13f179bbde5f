import type { DetailedHTMLProps, HTMLAttributes } from 'react'
import type {
  JobSource,
  SluiceEventMap,
  SluicePlayerElement,
  SluicePreviewElement,
  SluiceProgressElement,
  SnapshotInput,
} from 'sluice/elements'

type Events = { [Name in keyof SluiceEventMap as `on${Name}`]?: (event: SluiceEventMap[Name]) => void }
type Custom<T> = DetailedHTMLProps<HTMLAttributes<T>, T> & Events
/** React 19 hands objects to a custom element as properties and binds `onsluice-...` as listeners. */
type Followed = { job?: JobSource | null; snapshot?: SnapshotInput | null }

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'sluice-progress': Custom<SluiceProgressElement> &
        Followed & {
          label?: string
          density?: 'full' | 'compact' | 'line'
          eta?: 'range' | 'point' | 'none'
          announce?: 'stages' | 'terminal' | 'off'
          'hide-cancel'?: boolean
        }
      'sluice-preview': Custom<SluicePreviewElement> & Followed
      'sluice-player': Custom<SluicePlayerElement> & {
        job?: JobSource | null
        src?: string
        poster?: string
        captions?: string
        'planned-duration'?: number
        kind?: 'video' | 'audio'
        label?: string
        autoplay?: 'when-safe' | 'first-segment' | 'off'
        muted?: boolean
      }
    }
  }
}
