import { JobSheet } from '../job/job-sheet.tsx'
import { useTitle } from '../shell/use-title.ts'
import { exhibits, NOW } from './snapshots.ts'

/** Every state of a job on one page. An address like `/dev/gallery#playable` goes to one of them. */
export function Gallery() {
  useTitle('Gallery')
  return (
    <div className="flex flex-col gap-16">
      <header>
        <h1 className="text-3xl tracking-[-0.025em]">Every state of a job</h1>
        <p className="mt-1 max-w-prose text-muted">
          Fixed snapshots, drawn by what draws the live ones. Nothing here is connected to a server.
        </p>
      </header>
      {exhibits.map(({ name, snapshot, log, asset }) => (
        <div key={name} id={slug(name)} data-exhibit={slug(name)} className="border-t-2 border-fg pt-4">
          <p className="mb-6 text-sm font-semibold">{name}</p>
          <JobSheet snapshot={snapshot} log={log} asset={asset} orders={[]} now={NOW} />
        </div>
      ))}
    </div>
  )
}

const slug = (name: string): string => name.toLowerCase().replaceAll(',', '').replaceAll(' ', '-')
