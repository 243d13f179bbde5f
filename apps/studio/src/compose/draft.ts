import { useCallback, useState } from 'react'
import type { JobInput } from 'sluice/client'
import { type Format, type Kind, kinds } from './kinds.ts'

/** What the form holds. A text and a length for each kind, so that looking at another kind loses nothing. */
export interface Draft {
  kind: Kind
  texts: Partial<Record<Kind, string>>
  durations: Partial<Record<Kind, number>>
  size: Size
  fps: 24 | 25 | 30
  voice: string
  music: boolean
  captions: boolean
  /** As typed; empty lets the server draw one. */
  seed: string
  profile: 'draft' | 'standard' | 'strict'
  gate: 'segment' | 'asset' | 'off'
  /** Forms the user does not want. */
  without: Format[]
}

export const sizes = {
  '1280x720': '1280 x 720, wide',
  '1920x1080': '1920 x 1080, wide',
  '854x480': '854 x 480, wide',
  '640x360': '640 x 360, wide',
  '720x1280': '720 x 1280, tall',
  '720x720': '720 x 720, square',
} as const
export type Size = keyof typeof sizes

export const initialDraft: Draft = {
  kind: 'presentation',
  texts: {},
  durations: {},
  size: '1280x720',
  fps: 30,
  voice: '',
  music: true,
  captions: true,
  seed: '',
  profile: 'standard',
  gate: 'segment',
  without: [],
}

const KEY = 'sluice-draft'

/** The draft of this tab. It survives leaving the room and reloading the page. */
export function useDraft(): [Draft, (change: Partial<Draft>) => void] {
  const [draft, setDraft] = useState(read)
  const change = useCallback((part: Partial<Draft>) => {
    setDraft((before) => {
      const next = { ...before, ...part }
      try {
        sessionStorage.setItem(KEY, JSON.stringify(next))
      } catch {
        // Storage is off or full: the draft lives as long as the room.
      }
      return next
    })
  }, [])
  return [draft, change]
}

function read(): Draft {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Partial<Draft> | null
    return kept?.kind && kept.kind in kinds ? { ...initialDraft, ...kept } : initialDraft
  } catch {
    return initialDraft
  }
}

export const textOf = (draft: Draft): string => draft.texts[draft.kind] ?? ''

export const durationOf = (draft: Draft): number => draft.durations[draft.kind] ?? kinds[draft.kind].duration?.initial ?? 0

export const formatsOf = (draft: Draft): Format[] => kinds[draft.kind].formats.filter((format) => !draft.without.includes(format))

/** Only HLS comes in parts: without it the parts cannot be let out one by one. */
export function gateOf(draft: Draft): Draft['gate'] {
  return draft.gate === 'segment' && !formatsOf(draft).includes('hls') ? 'asset' : draft.gate
}

/** The body of `POST /v1/jobs`. The server judges it; nothing is mended silently here. */
export function requestOf(draft: Draft): JobInput {
  const { kind } = draft
  const common = {
    formats: formatsOf(draft),
    ...(draft.seed.trim() !== '' && { seed: Number(draft.seed) }),
    policy: { profile: draft.profile, gate: gateOf(draft) },
  }
  const text = textOf(draft)
  const voice = draft.voice.trim() === '' ? {} : { voice: draft.voice.trim() }
  const durationSeconds = durationOf(draft)
  const picture = { size: draft.size, fps: draft.fps }
  switch (kind) {
    case 'presentation':
      return { kind, text, durationSeconds, ...picture, ...voice, music: draft.music, captions: draft.captions, ...common }
    case 'video':
      return { kind, prompt: text, durationSeconds, ...picture, ...common }
    case 'speech':
      return { kind, text, ...voice, ...common }
    case 'music':
    case 'sound':
      return { kind, prompt: text, durationSeconds, ...common }
  }
}
