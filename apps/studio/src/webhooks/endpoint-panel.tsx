import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import type { WebhookView } from 'sluice/client'
import { useClient } from '../client.ts'
import { moment } from '../format/time.ts'
import { DeliveryLog } from './delivery-log.tsx'

/** One receiver: what it is told, whether it takes it, and the log of its messages. */
export function EndpointPanel({ webhook, open }: { webhook: WebhookView; open: boolean }) {
  const { id, url, events, enabled } = webhook
  const heading = useId()
  const [shown, setShown] = useState(open)
  const client = useClient()
  const queries = useQueryClient()
  const change = useMutation({
    mutationFn: async () => {
      if (enabled) await client.webhooks.test(id)
      else await client.webhooks.update(id, { enabled: true })
      return enabled ? 'A test is on its way; the log says what becomes of it.' : 'It is enabled again.'
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['webhooks'] }),
  })
  return (
    <section aria-labelledby={heading} className="panel p-5 max-lg:p-4">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h2 id={heading} className="text-lg wrap-anywhere">
            {url}
          </h2>
          <Health webhook={webhook} />
          <p className="mt-1 text-sm text-muted">{events.join(', ')}</p>
        </div>
        <button
          type="button"
          aria-disabled={change.isPending}
          onClick={() => !change.isPending && change.mutate()}
          className="min-h-10 rounded-md border border-control px-4 font-medium hover:border-fg"
        >
          {enabled ? 'Send a test' : 'Enable again'}
        </button>
      </div>
      <p role="status" className={change.data ? 'mt-2 text-sm text-muted' : 'sr-only'}>
        {change.data}
      </p>
      {change.error && (
        <p role="alert" className="mt-2 text-sm text-danger">
          {change.error.message}
        </p>
      )}
      <details open={shown} onToggle={(event) => setShown(event.currentTarget.open)} className="mt-4 border-t border-line pt-3">
        <summary className="inline-block rounded-sm font-medium text-muted hover:text-fg">Messages</summary>
        {shown && <DeliveryLog webhookId={id} enabled={enabled} />}
      </details>
    </section>
  )
}

function Health({ webhook: { disabled, failingSince } }: { webhook: WebhookView }) {
  if (disabled) {
    return (
      <p className="mt-0.5 text-danger">
        <strong className="font-semibold">Disabled</strong> since {moment(disabled.at)}. {disabled.notice}
      </p>
    )
  }
  if (failingSince === null) return <p className="mt-0.5 text-ok">Enabled</p>
  return (
    <p className="mt-0.5 text-warn">
      <strong className="font-semibold">Failing</strong> since {moment(failingSince)}: nothing has got through.
    </p>
  )
}
