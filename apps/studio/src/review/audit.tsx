import type { ReviewView } from 'sluice/client'
import { moment } from '../format/time.ts'
import { decided } from './review-words.ts'

/** Who said what, when and why. */
export function Audit({ review }: { review: ReviewView }) {
  if (review.decisions.length === 0) return null
  return (
    <ol aria-label="What was decided" className="flex flex-col gap-2 border-l-2 border-control pl-3 text-sm">
      {review.decisions.map(({ decision, by, note, at }) => (
        <li key={at + by}>
          <span className="font-medium">{by}</span> {decided[decision]}, <time dateTime={at}>{moment(at)}</time>
          {note && <q className="block text-muted">{note}</q>}
        </li>
      ))}
    </ol>
  )
}
