import type { OperationsView } from 'sluice/client'
import { roughly } from '../format/time.ts'
import { HeadRow } from './head-row.tsx'
import { ShareBar } from './share-bar.tsx'

type Lane = OperationsView['lanes'][number]

const meanings: Record<Lane['lane'], string> = {
  io: 'Asks providers, downloads',
  cpu: 'Checks and encodes',
  resident: 'Draws and speaks on one server',
}
/** As the alert of the same matter. */
const OLD_SECONDS = 300

/** What each kind of work has in hand, could have, and has waiting. */
export function LaneTable({ lanes }: { lanes: Lane[] }) {
  return (
    <table className="w-full border-y border-line text-left">
      <caption className="sr-only">Steps by lane</caption>
      <HeadRow columns={[{ name: 'Lane' }, { name: 'Running' }, { name: 'Waiting', figures: true }, { name: 'Oldest', figures: true }]} />
      <tbody className="divide-y divide-line">
        {lanes.map(({ lane, running, slots, depth, oldestSeconds }) => (
          <tr key={lane} className="align-top">
            <th scope="row" className="py-2.5 pr-4 font-medium">
              {lane}
              <span className="block text-sm font-normal text-muted">{meanings[lane]}</span>
            </th>
            <td className="py-2.5 pr-4 sm:w-48">
              {slots === 0 ? (
                <span className={depth > 0 ? 'text-danger' : 'text-muted'}>Nobody runs it</span>
              ) : (
                <>
                  <span className="mb-1.5 block whitespace-nowrap tabular-nums">
                    {running} of {slots}
                  </span>
                  <ShareBar taken={running} of={slots} />
                </>
              )}
            </td>
            <td className="py-2.5 pr-4 text-right tabular-nums">{depth.toLocaleString('en')}</td>
            <td className={`py-2.5 text-right whitespace-nowrap ${oldestSeconds > OLD_SECONDS ? 'font-medium text-danger' : 'text-muted'}`}>
              {depth === 0 ? '–' : roughly(oldestSeconds)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
