import type { OperationsView } from 'sluice/client'
import { ago, moment } from '../format/time.ts'
import { HeadRow } from './head-row.tsx'
import { dutiesOf } from './operations-words.ts'

type Process = OperationsView['processes'][number]

/** Who is at work, the oldest first. One that went without a word stays for an hour. */
export function ProcessTable({ processes, now }: { processes: Process[]; now: Date }) {
  if (processes.length === 0)
    return <p className="text-sm text-muted">No process has said that it is there. One does within seconds of its start.</p>
  return (
    <table className="w-full border-y border-line text-left">
      <caption className="sr-only">Processes, the oldest first</caption>
      <HeadRow columns={[{ name: 'Process' }, { name: 'Does' }, { name: 'Started', figures: true }]} />
      <tbody className="divide-y divide-line">
        {processes.map((process) => (
          <tr key={process.id} className="align-top">
            <th scope="row" className="min-w-32 py-2.5 pr-4 font-medium wrap-anywhere">
              {process.host}
              <span className="block text-sm font-normal text-muted">
                pid {process.pid}, {process.version}
              </span>
            </th>
            <td className="py-2.5 pr-4">
              {process.alive ? (
                dutiesOf(process).map((duty) => (
                  <span key={duty} className="block">
                    {duty}
                  </span>
                ))
              ) : (
                <span className="text-danger">Gone since {moment(process.seenAt)}, without a word</span>
              )}
            </td>
            <td className="py-2.5 text-right text-muted">
              <time dateTime={process.startedAt} title={moment(process.startedAt)}>
                {ago(process.startedAt, now)}
              </time>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
