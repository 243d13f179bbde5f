const names: Record<string, string> = {
  decodes: 'Decodes to the end',
  duration: 'Length',
  size: 'Picture size',
  fps: 'Frame rate',
  av_mismatch: 'Sound and picture end together',
  black: 'Black picture',
  freeze: 'Frozen picture',
  silence: 'Silence',
  loudness: 'Loudness',
  clipping: 'Clipping',
}

/** What a check is called. One that is not here is called by its id, in words. */
export function checkName(check: string): string {
  const spoken = check.replaceAll('_', ' ')
  return names[check] ?? spoken.charAt(0).toUpperCase() + spoken.slice(1)
}
