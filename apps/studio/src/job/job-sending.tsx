import type { JobInput } from 'sluice/client'
import { kinds } from '../compose/kinds.ts'
import { frameOf } from './frame.ts'
import { Screen } from './screen.tsx'

/** The job's room before the server has named the job: same places, so nothing moves when it does. */
export function JobSending({ request }: { request: JobInput }) {
  const words = 'text' in request ? request.text : request.prompt
  return (
    <article className="flex flex-col gap-8" aria-busy>
      <header>
        <p className="eyebrow">{kinds[request.kind].label}, ordered just now</p>
        <h1 className="mt-1 max-w-3xl text-2xl tracking-[-0.02em] sm:text-3xl">{firstWords(words)}</h1>
      </header>
      <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Screen
          frame={frameOf(request.kind, 'size' in request && request.size ? { size: request.size } : {})}
          kind={request.kind}
          title={firstWords(words)}
          snapshot={null}
        />
        <div className="panel p-5 max-lg:p-4">
          <p role="status">Sending the request</p>
        </div>
      </div>
    </article>
  )
}

function firstWords(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? ''
  return line.length <= 80 ? line : `${line.slice(0, 80).replace(/\s+\S*$/, '')}…`
}
