import type { JobSnapshot, JobView } from 'sluice/client'
import { count } from '../format/figures.ts'
import type { JobLog } from './job-log.ts'
import type { Watching } from './screen.tsx'

interface DeveloperProps {
  snapshot: JobView | JobSnapshot
  log: JobLog
  watching: Watching
}

/** For whoever builds on Sluice: what was measured here, and the event log itself. */
export function Developer({ snapshot, log, watching }: DeveloperProps) {
  return (
    <section aria-label="For developers" className="flex flex-col gap-3 border-t border-line pt-5 text-sm text-muted">
      <p data-testid="measured" className="font-mono text-2xs">
        {measurements(snapshot, watching).join('  /  ')}
      </p>
      <details>
        <summary className="inline-block rounded-sm underline decoration-line underline-offset-4 hover:text-fg">
          Event log, {count(log.count, 'event')}
        </summary>
        <section
          aria-label="Event log"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          className="mt-2 max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-2xs"
        >
          <ol>
            {log.events.map((event) => (
              <li
                key={event.id}
                className="grid grid-cols-[3rem_4.5rem_5.5rem_minmax(0,1fr)] gap-x-2 max-sm:grid-cols-[2.5rem_4rem_minmax(0,1fr)]"
              >
                <span>{event.id}</span>
                <span>{((Date.parse(event.at) - Date.parse(snapshot.createdAt)) / 1000).toFixed(2)} s</span>
                <span className="text-fg">{event.type}</span>
                <span className="break-all max-sm:col-span-3 max-sm:mb-1">{JSON.stringify(event.data)}</span>
              </li>
            ))}
          </ol>
        </section>
      </details>
      <details>
        <summary className="inline-block rounded-sm underline decoration-line underline-offset-4 hover:text-fg">Request</summary>
        <section
          aria-label="Request"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
          className="mt-2 max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3"
        >
          <pre className="font-mono text-2xs whitespace-pre-wrap">{JSON.stringify(snapshot.request, null, 2)}</pre>
        </section>
      </details>
    </section>
  )
}

function measurements(snapshot: JobView | JobSnapshot, watching: Watching): string[] {
  const since = (iso: string | null): string | null =>
    iso === null ? null : `${((Date.parse(iso) - Date.parse(snapshot.createdAt)) / 1000).toFixed(2)} s`
  const playable = since(snapshot.playableAt)
  const ended = since(snapshot.endedAt)
  return [
    snapshot.id,
    `event ${snapshot.seq}`,
    'connection' in snapshot && snapshot.connection,
    playable && `first checked segment ${playable}`,
    watching.firstFrameMs !== null && `first frame +${(watching.firstFrameMs / 1000).toFixed(2)} s`,
    watching.engine && `${watching.engine}, ${watching.vod ? 'complete' : 'growing'}`,
    watching.firstFrameMs !== null && count(watching.stalls, 'stall'),
    ended && `ended ${ended}`,
  ].filter((part) => typeof part === 'string')
}
