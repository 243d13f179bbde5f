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
  /** Who makes it, as `provider` or `provider/model`; empty lets the server make it itself. */
  routes: Partial<Record<Kind, string>>
  /** A voice by its id, for each provider that was chosen; the server's own is `voice`. */
  routeVoices: Record<string, string>
  /** In US dollars, as typed; empty sets none. */
  costLimit: string
  imageUrl: string
  onSubmitUnknown: 'ask' | 'accept-risk'
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
  routes: {},
  routeVoices: {},
  costLimit: '',
  imageUrl: '',
  onSubmitUnknown: 'ask',
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

/** The chosen provider or `provider/model`; empty for the server itself. */
export const routeOf = (draft: Draft): string => (draft.kind === 'presentation' ? '' : (draft.routes[draft.kind] ?? ''))

const providerOf = (draft: Draft): string => routeOf(draft).split('/', 1)[0] ?? ''

export function voiceOf(draft: Draft): string {
  return routeOf(draft) === '' ? draft.voice : (draft.routeVoices[providerOf(draft)] ?? '')
}

/** The change that names a voice where it belongs. */
export function withVoice(draft: Draft, voice: string): Partial<Draft> {
  return routeOf(draft) === '' ? { voice } : { routeVoices: { ...draft.routeVoices, [providerOf(draft)]: voice } }
}

/** The limit in millionths of a dollar; what is no number stays none, for the server to refuse. `undefined` without one. */
export function costLimitOf({ costLimit }: Draft): number | undefined {
  const typed = costLimit.trim().replace(/^\$/, '').replace(',', '.')
  return typed === '' ? undefined : Math.round(Number(typed) * 1_000_000)
}

export const pictureOf = (draft: Draft): string => (draft.kind === 'video' ? draft.imageUrl : '')

/** What only matters where somebody is paid. */
function spendingOf(draft: Draft): { providers?: string[]; policy: NonNullable<JobInput['policy']> } {
  const policy = { profile: draft.profile, gate: gateOf(draft) }
  const route = routeOf(draft)
  if (route === '') return { policy }
  const maxCostMicroUsd = costLimitOf(draft)
  return {
    providers: [route],
    policy: { ...policy, onSubmitUnknown: draft.onSubmitUnknown, ...(maxCostMicroUsd !== undefined && { maxCostMicroUsd }) },
  }
}

/** The body of `POST /v1/jobs`. The server judges it; nothing is mended silently here. */
export function requestOf(draft: Draft): JobInput {
  const { kind } = draft
  const common = {
    formats: formatsOf(draft),
    ...(draft.seed.trim() !== '' && { seed: Number(draft.seed) }),
  }
  const spending = spendingOf(draft)
  const text = textOf(draft)
  const named = voiceOf(draft).trim()
  const voice = named === '' ? {} : { voice: named }
  const durationSeconds = durationOf(draft)
  const picture = { size: draft.size, fps: draft.fps }
  switch (kind) {
    case 'presentation':
      return {
        kind,
        text,
        durationSeconds,
        ...picture,
        ...voice,
        music: draft.music,
        captions: draft.captions,
        ...common,
        policy: spending.policy,
      }
    case 'video': {
      const imageUrl = pictureOf(draft).trim()
      const start = spending.providers && imageUrl !== '' ? { imageUrl } : {}
      return { kind, prompt: text, durationSeconds, ...picture, ...start, ...common, ...spending }
    }
    case 'speech':
      return { kind, text, ...voice, ...common, ...spending }
    case 'music':
    case 'sound':
      return { kind, prompt: text, durationSeconds, ...common, ...spending }
  }
}
