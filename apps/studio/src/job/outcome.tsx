import { useId } from 'react'
import { type Outcome, outcomeCharge, outcomeInput, outcomeTitle } from './outcome-words.ts'

const advice: Record<Outcome['retry'], string | null> = {
  same: 'Trying again as it is may well work.',
  reseed: 'Try again: another seed gives another result.',
  soften: 'Reword the text more mildly, then try again.',
  other_provider: 'Another provider may be able to make it.',
  never: null,
}

/** How a job ended without its asset: what happened, what it cost, what to do. */
export function OutcomeNote({ outcome, playable }: { outcome: Outcome; playable: boolean }) {
  const id = useId()
  const own = outcome.class === 'cancelled'
  const next = own ? null : (outcome.fix ?? advice[outcome.retry])
  const input = outcomeInput(outcome)
  return (
    <section aria-labelledby={id} className={`border-l-2 py-0.5 pl-4 ${own ? 'border-control' : 'border-danger'}`}>
      <h2 id={id} className={`text-lg ${own ? '' : 'text-danger'}`}>
        {outcomeTitle(outcome)}
      </h2>
      <p className="max-w-prose">
        {outcome.detail}
        {input && ` It was about ${input}.`}
      </p>
      <p className="mt-1 max-w-prose text-sm text-muted">
        {outcomeCharge(outcome)} {playable && 'What had passed its checks can still be played.'} {next}
        {outcome.code && !own && (
          <>
            {' '}
            <a href={`/docs/errors/${outcome.code}`} className="rounded-sm text-accent underline underline-offset-4">
              More about this
            </a>
          </>
        )}
      </p>
    </section>
  )
}
