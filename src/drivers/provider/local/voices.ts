/** The voices inside the flite package, the default first. All are drafts: clear, and plainly a machine. */
export const voices = [
  { id: 'rms', label: 'Rms (draft voice, male, clearest)', language: 'en-US' },
  { id: 'slt', label: 'Slt (draft voice, female)', language: 'en-US' },
  { id: 'awb', label: 'Awb (draft voice, male, Scottish)', language: 'en-GB' },
  { id: 'kal16', label: 'Kal16 (draft voice, male, robotic)', language: 'en-US' },
] as const

/** `default` and the empty string name the first voice. `undefined`: there is no such voice. */
export function voiceOf(name: string): string | undefined {
  if (name === '' || name === 'default') return voices[0].id
  return voices.find((voice) => voice.id === name)?.id
}
