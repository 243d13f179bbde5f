import { Link } from '@tanstack/react-router'
import type { StuckView } from 'sluice/client'
import { ago, moment } from '../format/time.ts'

const names: Record<StuckView['kind'], string> = {
  lost: 'Lost again and again',
  late: 'Not begun',
  order: 'In doubt',
  review: 'Held',
  webhook: 'Not taken',
}
const tones: Record<StuckView['kind'], string> = {
  lost: 'text-danger',
  late: 'text-danger',
  order: 'text-warn',
  review: 'text-warn',
  webhook: 'text-danger',
}
const link = 'rounded-sm underline underline-offset-4 hover:text-fg'

/** What does not go on by itself, each with the place where something can be done about it. */
export function StuckList({ stuck, now }: { stuck: StuckView[]; now: Date }) {
  if (stuck.length === 0) return <p className="border-t border-line pt-3 text-muted">Nothing is. Everything of yours goes on by itself.</p>
  return (
    <ul className="divide-y divide-line border-y border-line">
      {stuck.map((item) => (
        <li key={keyOf(item)} className="py-2.5">
          <p>
            <span className={`font-medium ${tones[item.kind]}`}>{names[item.kind]}</span>{' '}
            <span className="font-medium wrap-anywhere">{item.kind === 'webhook' ? item.url : item.title}</span>{' '}
            <time dateTime={item.since} title={moment(item.since)} className="text-sm whitespace-nowrap text-muted">
              {ago(item.since, now)}
            </time>
          </p>
          <p className="text-sm text-muted wrap-anywhere">
            {item.detail} <Remedy item={item} />
          </p>
        </li>
      ))}
    </ul>
  )
}

function Remedy({ item }: { item: StuckView }) {
  switch (item.kind) {
    case 'review':
      return (
        <Link to="/review" search={{ id: item.reviewId }} className={link}>
          Decide
        </Link>
      )
    case 'webhook':
      return (
        <Link to="/webhooks" className={link}>
          See its messages
        </Link>
      )
    default:
      return (
        <Link to="/jobs/$id" params={{ id: item.jobId }} className={link}>
          {item.kind === 'order' ? 'Say what you found' : 'See its job'}
        </Link>
      )
  }
}

function keyOf(item: StuckView): string {
  switch (item.kind) {
    case 'order':
      return item.takeId
    case 'review':
      return item.reviewId
    case 'webhook':
      return item.webhookId
    default:
      return `${item.kind} ${item.stepId}`
  }
}
