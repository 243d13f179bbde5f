import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import type { JobView } from 'sluice/client'
import { findingName, inOrder, partName } from '../review/review-words.ts'

/** What of this job a person has to look at, and the way there. */
export function HeldNote({ reviews, playable }: Pick<JobView, 'reviews' | 'playable'>) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="panel border-l-4 border-l-warn p-5 max-lg:p-4">
      <h2 id={id} className="text-lg">
        Held for review
      </h2>
      <p className="mt-1 max-w-prose">
        The job waits until a person has looked at this. {playable && 'What has passed its checks can be played meanwhile.'}
      </p>
      <ul className="mt-3 flex flex-col gap-2">
        {reviews.map((review) => (
          <li key={review.id} className="flex flex-wrap items-baseline gap-x-3">
            <Link to="/review" search={{ id: review.id }} className="rounded-sm font-medium text-accent underline underline-offset-4">
              Review: {partName(review)}
            </Link>
            <span className="text-sm text-muted">{inOrder(review.findings).map(findingName).join('; ')}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
