import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { DeliveryView } from 'sluice/client'
import { useClient } from '../client.ts'
import { count } from '../format/figures.ts'
import { ago, moment } from '../format/time.ts'
import { useNow } from '../job/use-now.ts'

const LOOK_AGAIN_MS = 3_000
const PAGE = 20

const looks = {
  delivered: { word: 'Delivered', tone: 'text-ok' },
  pending: { word: 'Waiting', tone: 'text-warn' },
  failed: { word: 'Failed', tone: 'text-danger' },
} as const

/** What was sent to a receiver, newest first, each with what became of it and a way to send it again. */
export function DeliveryLog({ webhookId, enabled }: { webhookId: string; enabled: boolean }) {
  const client = useClient()
  const queries = useQueryClient()
  const now = useNow(15_000)
  const log = useInfiniteQuery({
    queryKey: ['webhooks', webhookId, 'deliveries'],
    queryFn: ({ pageParam, signal }) =>
      client.webhooks.deliveries(webhookId, { limit: PAGE, ...(pageParam !== null && { before: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: LOOK_AGAIN_MS,
  })
  const replay = useMutation({
    mutationFn: (delivery: DeliveryView) => client.webhooks.replay(webhookId, delivery.id),
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks', webhookId] }),
  })
  const deliveries = log.data?.pages.flatMap((page) => page.deliveries) ?? []
  return (
    <>
      <p role="status" className="sr-only">
        {replay.isSuccess && `${replay.data.type} is sent again.`}
      </p>
      {(log.error ?? replay.error) && (
        <p role="alert" className="mt-2 text-sm text-danger">
          {(log.error ?? replay.error)?.message}
        </p>
      )}
      {log.isSuccess && deliveries.length === 0 && <p className="mt-2 text-sm text-muted">Nothing was sent yet.</p>}
      {deliveries.length > 0 && (
        <ul aria-label="Messages, newest first" className="mt-1 divide-y divide-line">
          {deliveries.map((delivery) => (
            <li key={delivery.id} className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-4 gap-y-0.5 py-2.5">
              <p>
                <span className={`font-medium ${looks[delivery.state].tone}`}>{looks[delivery.state].word}</span>{' '}
                <span className="font-medium wrap-anywhere">{delivery.type}</span>{' '}
                <time dateTime={delivery.createdAt} title={moment(delivery.createdAt)} className="text-sm whitespace-nowrap text-muted">
                  {ago(delivery.createdAt, now)}
                </time>
              </p>
              <button
                type="button"
                aria-disabled={!enabled || replay.isPending}
                aria-label={`Send again: ${delivery.type}, ${ago(delivery.createdAt, now)}`}
                onClick={() => enabled && !replay.isPending && replay.mutate(delivery)}
                className="row-span-2 min-h-9 rounded-md border border-control px-3 text-sm font-medium hover:border-fg aria-disabled:border-line aria-disabled:text-muted"
              >
                Send again
              </button>
              <p className="text-sm text-muted wrap-anywhere">
                {howOf(delivery)}
                {delivery.jobId !== null && (
                  <>
                    {' '}
                    <Link to="/jobs/$id" params={{ id: delivery.jobId }} className="rounded-sm underline underline-offset-4 hover:text-fg">
                      its job
                    </Link>
                  </>
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
      {log.hasNextPage && (
        <button
          type="button"
          onClick={() => void log.fetchNextPage()}
          className="mt-3 min-h-10 rounded-md border border-control px-4 font-medium hover:border-fg"
        >
          Show older
        </button>
      )}
    </>
  )
}

/** `2 attempts: answered 200 in 12 ms.` */
function howOf({ attempts, last, state, nextAttemptAt }: DeliveryView): string {
  if (last === null) return 'Not tried yet.'
  const tried = attempts === 0 ? 'Before' : count(attempts, 'attempt')
  const told = last.error ?? `Answered ${last.status} in ${last.tookMs} ms.`
  const next = state === 'pending' && nextAttemptAt !== null && attempts > 0 ? ` Next attempt: ${moment(nextAttemptAt)}.` : ''
  return `${tried}: ${told}${next}`
}
