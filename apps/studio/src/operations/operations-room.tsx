import { useQuery } from '@tanstack/react-query'
import { ApiError } from 'sluice/client'
import { useClient } from '../client.ts'
import { count } from '../format/figures.ts'
import { Section } from '../job/section.tsx'
import { useNow } from '../job/use-now.ts'
import { useTitle } from '../shell/use-title.ts'
import { BudgetFigures } from '../spend/budget-figures.tsx'
import { AccountTable } from './account-table.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { JobLimits } from './job-limits.tsx'
import { LaneTable } from './lane-table.tsx'
import { ProcessTable } from './process-table.tsx'
import { StuckList } from './stuck-list.tsx'

/** Nothing of it is told by itself. */
const LOOK_AGAIN_MS = 4_000

/** The house at work: what waits for a person first, then who does what, and how much of it. */
export function OperationsRoom() {
  useTitle('Operations')
  const client = useClient()
  const now = useNow(5_000)
  const { data, error } = useQuery({
    queryKey: ['operations'],
    queryFn: ({ signal }) => client.operations.get({ signal }),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return (
    <div className="flex flex-col gap-10">
      <header>
        <h1 className="text-3xl tracking-[-0.025em]">Operations</h1>
        <p className="mt-1 max-w-prose text-muted">
          What waits for a person, and what the servers and providers do at this moment. It looks again every few seconds.
        </p>
      </header>
      {error && (
        <div role="alert" className="border-l-2 border-danger pl-3">
          <p className="font-semibold text-danger">{error instanceof ApiError ? error.problem.title : 'The server did not answer'}</p>
          <p>{data ? `${error.message} What is shown is older.` : error.message}</p>
        </div>
      )}
      {data && (
        <>
          <Section title="Stuck" aside={data.stuck.length > 0 && `${data.stuck.length} to look at`}>
            <StuckList stuck={data.stuck} now={now} />
          </Section>
          <Section title="Given up" aside={data.deadLetters > 0 && count(data.deadLetters, 'dead letter')}>
            <DeadLetters lookAgainMs={LOOK_AGAIN_MS} now={now} />
          </Section>
          <Section title="Lanes" aside={`${count(waiting(data.lanes), 'step is', 'steps are')} waiting`}>
            <LaneTable lanes={data.lanes} />
          </Section>
          <Section title="Processes" aside={`${count(data.processes.filter(({ alive }) => alive).length, 'is', 'are')} alive`}>
            <ProcessTable processes={data.processes} now={now} />
          </Section>
          <Section title="Providers">
            <AccountTable accounts={data.providers} now={now} />
          </Section>
          <Section title="Your limits">
            <div className="flex flex-col gap-4">
              <JobLimits jobs={data.limits.jobs} />
              <BudgetFigures budget={data.limits.budget} />
            </div>
          </Section>
        </>
      )}
    </div>
  )
}

const waiting = (lanes: { depth: number }[]): number => lanes.reduce((sum, { depth }) => sum + depth, 0)
