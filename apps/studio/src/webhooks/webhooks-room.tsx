import { useQuery } from '@tanstack/react-query'
import { ApiError } from 'sluice/client'
import { useClient } from '../client.ts'
import { useTitle } from '../shell/use-title.ts'
import { EndpointPanel } from './endpoint-panel.tsx'

/** Receivers fail and are disabled without a word to this page. */
const LOOK_AGAIN_MS = 15_000

/** Where this server tells others what happens, and how each message got on. */
export function WebhooksRoom() {
  useTitle('Webhooks')
  const client = useClient()
  const { data, error } = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => client.webhooks.list({ signal }),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return (
    <div className="flex flex-col gap-8">
      <header>
        <h1 className="text-3xl tracking-[-0.025em]">Webhooks</h1>
        <p className="mt-1 max-w-prose text-muted">
          Servers that are told when a job can be played, has ended or is held for review. A message that is not taken is sent again for a
          day.
        </p>
      </header>
      {error && !data && (
        <div role="alert" className="border-l-2 border-danger pl-3">
          <p className="font-semibold text-danger">{error instanceof ApiError ? error.problem.title : 'The server did not answer'}</p>
          <p>{error.message}</p>
        </div>
      )}
      {data?.length === 0 && (
        <div className="max-w-prose border-t border-line pt-6">
          <p className="text-lg">Nobody is told yet.</p>
          <p className="mt-1 text-muted">
            The command <code className="font-mono text-sm wrap-anywhere">sluice webhooks add https://your.example/hook</code> adds a
            receiver and prints its secret.
          </p>
        </div>
      )}
      {data?.map((webhook, index) => (
        <EndpointPanel key={webhook.id} webhook={webhook} open={index === 0} />
      ))}
    </div>
  )
}
