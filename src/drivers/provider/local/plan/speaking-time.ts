import { sayable } from '../speech/sayable.ts'

/** Seconds a text takes when spoken. */
export function spokenSeconds(text: string): number {
  return 0.12 + sayable(text).length * 0.066
}
