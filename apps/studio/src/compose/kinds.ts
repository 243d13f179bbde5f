import { AudioLines, Clapperboard, Mic, Music, Presentation } from 'lucide-react'
import type { JobView } from 'sluice/client'

export type Kind = JobView['kind']

export interface KindFacts {
  label: string
  /** What is asked for, above the text area. */
  ask: string
  /** The request's name for the text, and so the one problem documents use. */
  textField: 'text' | 'prompt'
  /** Length in seconds; `null` when the text decides it. The bounds are those of the wire schema. */
  duration: { min: number; max: number; step: number; initial: number } | null
  picture: boolean
  voice: boolean
  formats: readonly Format[]
  /** How many lines the empty text area shows. */
  lines: number
  Icon: typeof Mic
}

export type Format = 'hls' | 'mp4' | 'webm' | 'mp3' | 'm4a'

const audioFormats = ['hls', 'mp3', 'm4a'] as const

export const kinds: Record<Kind, KindFacts> = {
  presentation: {
    label: 'Presentation',
    ask: 'The news text or script. It is cut into shots, narrated, set in type and put to music.',
    textField: 'text',
    duration: { min: 10, max: 300, step: 5, initial: 30 },
    picture: true,
    voice: true,
    formats: ['hls', 'mp4', 'webm', 'mp3', 'm4a'],
    lines: 13,
    Icon: Presentation,
  },
  video: {
    label: 'Video',
    ask: 'Describe one clip: what is seen, how it moves, the light.',
    textField: 'prompt',
    duration: { min: 2, max: 60, step: 1, initial: 8 },
    picture: true,
    voice: false,
    formats: ['hls', 'mp4', 'webm'],
    lines: 6,
    Icon: Clapperboard,
  },
  speech: {
    label: 'Speech',
    ask: 'The words to be spoken, as they are written.',
    textField: 'text',
    duration: null,
    picture: false,
    voice: true,
    formats: audioFormats,
    lines: 9,
    Icon: Mic,
  },
  music: {
    label: 'Music',
    ask: 'Describe the piece: mood, tempo, instruments.',
    textField: 'prompt',
    duration: { min: 5, max: 300, step: 5, initial: 30 },
    picture: false,
    voice: false,
    formats: audioFormats,
    lines: 5,
    Icon: Music,
  },
  sound: {
    label: 'Sound',
    ask: 'Describe one sound.',
    textField: 'prompt',
    duration: { min: 0.5, max: 30, step: 0.5, initial: 4 },
    picture: false,
    voice: false,
    formats: audioFormats,
    lines: 4,
    Icon: AudioLines,
  },
}

export const kindNames = Object.keys(kinds) as Kind[]

export const formatLabels: Record<Format, string> = {
  hls: 'HLS, plays while it is made',
  mp4: 'MP4',
  webm: 'WebM',
  mp3: 'MP3',
  m4a: 'M4A (AAC)',
}

/** The wire schema's limit, in characters; said beside the count. The server is the one who refuses. */
export const MAX_TEXT_LENGTH = 20_000
