import type { Faults } from '../dials.ts'
import { withoutMarkers } from '../dials.ts'
import type { MediaSpec } from './maker.ts'

/** What is really made of what was ordered: markers are not spoken, and the faults of a bad take are built in. */
export function spoilt(specs: readonly MediaSpec[], faults: Faults): MediaSpec[] {
  const partial = faults.has('partial-result')
  const kept = partial && specs.length > 1 ? specs.slice(0, -1) : specs
  const short = partial && specs.length === 1
  return kept.map((spec): MediaSpec => {
    switch (spec.kind) {
      case 'video': {
        const durationSeconds = short ? spec.durationSeconds / 2 : spec.durationSeconds
        return { ...spec, durationSeconds, ...(faults.has('cut-inside') && { cutAtSeconds: durationSeconds / 2 }) }
      }
      case 'speech': {
        const sentences = withoutMarkers(spec.text).split(/(?<=[.!?])\s+/)
        const spoken = short ? sentences.slice(0, Math.ceil(sentences.length / 2)) : sentences
        const skipped = Math.floor(spoken.length / 2)
        return { ...spec, text: (faults.has('skipped-sentence') ? spoken.filter((_, index) => index !== skipped) : spoken).join(' ') }
      }
      case 'image':
        return spec
      default:
        return { ...spec, prompt: withoutMarkers(spec.prompt), durationSeconds: short ? spec.durationSeconds / 2 : spec.durationSeconds }
    }
  })
}
