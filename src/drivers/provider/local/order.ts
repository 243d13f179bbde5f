import { SluiceError } from '../../../domain/errors.ts'
import type { GenerateRequest } from '../../../domain/generate.ts'
import type { Quote } from '../../../domain/money.ts'
import { undrawableWords } from './draw/letters.ts'
import { spokenSeconds } from './plan/speaking-time.ts'
import { soundFor, soundNames } from './sound/effects.ts'
import { hasWords, unspeakableWords } from './speech/sayable.ts'
import { voiceOf, voices } from './voices.ts'

const MAX_SPEECH_CHARACTERS = 30_000
const MAX_SOUND_SECONDS = 300
const MAX_CLIP_SECONDS = 600
const MAX_SIDE = 4096

/**
 * What an order would take, or why it will not be made. Seconds are from measured rates: 60 frames a second at 1280x720,
 * speech 20 times, music 40 times faster than it sounds.
 */
export function quoteOf(request: GenerateRequest): Quote {
  check(request)
  return { amountMicroUsd: 0, seconds: Math.round(secondsOf(request) * 100) / 100, basis: basisOf(request) }
}

function basisOf(request: GenerateRequest): string {
  if (request.kind !== 'sound') return 'local:free'
  const { name, known } = soundFor(request.prompt)
  return known ? `local:free (sound: ${name})` : `local:free (sound: ${name}, as none of ${soundNames.join(', ')} was asked for)`
}

function secondsOf(request: GenerateRequest): number {
  switch (request.kind) {
    case 'speech':
      return 0.1 + spokenSeconds(request.text) / 20
    case 'music':
      return 0.1 + request.durationSeconds / 40
    case 'sound':
      return 0.05 + request.durationSeconds / 60
    case 'keyframes':
      return 0.1 + request.scenes.length * 0.06 * pixelsOf(request)
    case 'video':
      return 0.25 + (request.durationSeconds * request.fps * pixelsOf(request)) / 60
  }
}

/** In frames of 1280x720. */
const pixelsOf = ({ width, height }: { width: number; height: number }): number => (width * height) / (1280 * 720)

function check(request: GenerateRequest): void {
  switch (request.kind) {
    case 'speech':
      checkSpeech(request)
      return
    case 'music':
    case 'sound':
      checkDuration(request.durationSeconds, MAX_SOUND_SECONDS)
      return
    case 'keyframes':
      checkSize(request)
      for (const scene of request.scenes) checkLetters([scene.headline, ...scene.lines].join(' '))
      return
    case 'video':
      checkSize(request)
      checkDuration(request.durationSeconds, MAX_CLIP_SECONDS)
      if (!(request.fps >= 1 && request.fps <= 120))
        cannot('fps', `The local provider draws 1 to 120 frames a second, not ${request.fps}.`, 'Ask for 30.')
      checkLetters(request.scene ? [request.scene.headline, ...request.scene.lines].join(' ') : withWords(request.prompt))
  }
}

function checkSpeech({ text, voice }: Extract<GenerateRequest, { kind: 'speech' }>): void {
  if (voiceOf(voice) === undefined) {
    cannot('voice', `The local provider has no voice ${JSON.stringify(voice)}.`, `Use one of ${voices.map(({ id }) => id).join(', ')}.`)
  }
  if (text.length > MAX_SPEECH_CHARACTERS) {
    cannot('text', `${text.length} characters are more than the draft voice speaks at once (${MAX_SPEECH_CHARACTERS}).`, 'Split the text.')
  }
  const foreign = unspeakableWords(text)
  const first = foreign.slice(0, 5).join(', ')
  if (foreign.length > 0) {
    throw new SluiceError(
      'script_not_speakable',
      `The draft voice speaks Latin letters only; it cannot say ${first}${foreign.length > 5 ? `, and ${foreign.length - 5} more` : ''}.`,
      {
        field: 'text',
        fix: 'Write these words in Latin letters, or choose a provider whose voice speaks the language.',
        facts: { words: foreign.slice(0, 20) },
      },
    )
  }
  if (!hasWords(text)) {
    throw new SluiceError(
      'script_not_speakable',
      `There is nothing to say in ${JSON.stringify(text.slice(0, 40))}: no letter and no figure.`,
      {
        field: 'text',
        fix: 'Write at least one word.',
      },
    )
  }
}

function checkDuration(seconds: number, most: number): void {
  if (!(seconds > 0 && seconds <= most))
    cannot('durationSeconds', `The local provider makes up to ${most} s, not ${seconds} s.`, `Ask for 0.1 to ${most} seconds.`)
}

function checkSize({ width, height }: { width: number; height: number }): void {
  for (const [field, side] of [
    ['width', width],
    ['height', height],
  ] as const) {
    if (!(Number.isInteger(side) && side % 2 === 0 && side >= 64 && side <= MAX_SIDE)) {
      cannot(
        field,
        `The local provider draws sides of 64 to ${MAX_SIDE} px in even numbers, not ${side}.`,
        'Ask for 1280x720, for example.',
      )
    }
  }
}

/** A clip is drawn from the words of its prompt. */
function withWords(prompt: string): string {
  if (!/[\p{L}\p{N}]/u.test(prompt)) {
    cannot(
      'prompt',
      `There is nothing to draw in ${JSON.stringify(prompt.slice(0, 40))}: no letter and no figure.`,
      'Write at least one word.',
    )
  }
  return prompt
}

function checkLetters(text: string): void {
  const foreign = undrawableWords(text)
  if (foreign.length > 0) {
    cannot(
      'prompt',
      `The built-in typeface has Latin, Greek and Cyrillic letters; it cannot draw ${foreign.slice(0, 5).join(', ')}.`,
      'Write these words in one of these scripts.',
    )
  }
}

function cannot(field: string, detail: string, fix: string): never {
  throw new SluiceError('provider_cannot', detail, { field, fix })
}
