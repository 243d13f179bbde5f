import { Link } from '@tanstack/react-router'
import { count } from '../format/figures.ts'
import { ago } from '../format/time.ts'
import { partName } from './review-words.ts'
import type { Held } from './use-held.ts'

interface HeldListProps {
  held: Held[]
  chosen: string | undefined
  now: Date
}

/** What waits, the longest waiting first. */
export function HeldList({ held, chosen, now }: HeldListProps) {
  return (
    <nav aria-label="Held for review">
      <p className="eyebrow mb-1.5">{count(held.length, 'part is', 'parts are')} held</p>
      <ul className="divide-y divide-line border-y border-line max-lg:max-h-48 max-lg:overflow-y-auto">
        {held.map(({ job, review }) => (
          <li key={review.id}>
            <Link
              to="/review"
              search={{ id: review.id }}
              aria-current={review.id === chosen ? 'page' : undefined}
              className="block rounded-sm border-l-4 border-l-transparent py-2 pl-3 hover:bg-accent-soft aria-[current=page]:border-l-accent aria-[current=page]:bg-accent-soft"
            >
              <span className="block font-medium">{partName(review)}</span>
              <span className="line-clamp-1 text-sm">{job.title}</span>
              <span className="block text-sm text-muted">
                {count(review.findings.length, 'finding')}, {ago(review.createdAt, now)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
