import type { OperationsView } from 'sluice/client'
import { roughly } from '../format/time.ts'

type Jobs = OperationsView['limits']['jobs']

/** How many jobs may be in the making and wait, and how many are. */
export function JobLimits({ jobs: { running, atOnce, waiting, mostWaiting, perMinute, nextSeconds, weight } }: { jobs: Jobs }) {
  const figures = [
    {
      name: 'In the making',
      value: atOnce === null ? running.toLocaleString('en') : `${running} of ${atOnce}`,
      hint: atOnce === null ? 'No limit' : 'Further ones wait',
    },
    {
      name: 'Waiting to begin',
      value: waiting.toLocaleString('en'),
      hint: waiting === 0 ? `Up to ${mostWaiting.toLocaleString('en')} may` : `The next one for ${roughly(nextSeconds)}`,
    },
    {
      name: 'Submits a minute',
      value: perMinute === null ? 'Any' : `Up to ${perMinute.toLocaleString('en')}`,
      hint: perMinute === null ? 'No limit' : 'Further ones are refused',
    },
    { name: 'Share', value: weight.toLocaleString('en'), hint: 'Of what is scarce; 1 is usual' },
  ]
  return (
    <dl className="panel grid grid-cols-2 gap-x-6 gap-y-5 p-5 max-lg:p-4 sm:grid-cols-4">
      {figures.map(({ name, value, hint }) => (
        <div key={name} className="min-w-0">
          <dt className="eyebrow">{name}</dt>
          <dd className="text-2xl font-semibold tracking-[-0.02em]">{value}</dd>
          <dd className="hint">{hint}</dd>
        </div>
      ))}
    </dl>
  )
}
