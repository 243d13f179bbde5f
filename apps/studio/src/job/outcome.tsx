import { useId } from 'react'
import type { JobView } from 'sluice/client'
import { money } from '../format/figures.ts'

type Outcome = NonNullable<JobView['outcome']>

const titles: Record<Outcome['class'], string> = {
  refused_input: 'The request was refused',
  refused_output: 'The provider would not deliver the result',
  quality: 'The result did not pass its checks',
  transient: 'The provider could not be reached',
  throttled: 'The provider asked to slow down',
  billing: 'The provider refused the payment',
  sunset: 'The provider no longer offers this',
  cancelled: 'Cancelled',
  expired: 'The time allowed ran out',
  lost: 'The provider lost the work',
  submit_unknown: 'It is not known whether the provider took the order',
  internal: 'Something went wrong inside Sluice',
}

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
  return (
    <section aria-labelledby={id} className={`border-l-2 py-0.5 pl-4 ${own ? 'border-control' : 'border-danger'}`}>
      <h2 id={id} className={`text-lg ${own ? '' : 'text-danger'}`}>
        {titles[outcome.class]}
      </h2>
      <p className="max-w-prose">{outcome.detail}</p>
      <p className="mt-1 max-w-prose text-sm text-muted">
        {charge(outcome)} {playable && 'What had passed its checks can still be played.'} {next}
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

function charge(outcome: Outcome): string {
  if (outcome.charged === 'no') return 'Nothing was charged.'
  if (outcome.charged === 'unknown') return 'Whether the provider charged for it is not known yet.'
  return outcome.amountMicroUsd ? `${money(outcome.amountMicroUsd)} was charged.` : 'Nothing was charged.'
}
