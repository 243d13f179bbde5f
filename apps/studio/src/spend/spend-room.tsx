import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { ApiError, type UsageView } from 'sluice/client'
import { useClient } from '../client.ts'
import { usd } from '../format/figures.ts'
import { Section } from '../job/section.tsx'
import { useTitle } from '../shell/use-title.ts'
import { BudgetFigures } from './budget-figures.tsx'
import { UsageTable } from './usage-table.tsx'

const spans = { 1: 'Last 24 hours', 7: 'Last 7 days', 30: 'Last 30 days', 365: 'Last year' } as const
type Days = keyof typeof spans

/** Orders under way change the figures without a word to this page. */
const LOOK_AGAIN_MS = 15_000

/** The money: what may be spent, what was, and on whom. */
export function SpendRoom() {
  useTitle('Spend')
  const client = useClient()
  const [days, setDays] = useState<Days>(30)
  const span = useId()
  const { data, error } = useQuery({
    queryKey: ['usage', days],
    queryFn: ({ signal }) => client.usage({ since: new Date(Date.now() - days * 24 * 3_600_000).toISOString() }, { signal }),
    refetchInterval: LOOK_AGAIN_MS,
    placeholderData: (before) => before,
  })
  return (
    <div className="flex flex-col gap-10">
      <header>
        <h1 className="text-3xl tracking-[-0.025em]">Spend</h1>
        <p className="mt-1 max-w-prose text-muted">
          Each order is entered before it goes out and closed by what the provider took. What this server makes itself is free and not
          listed.
        </p>
      </header>
      {error && !data && <Unread error={error} />}
      {data && (
        <>
          <BudgetFigures budget={data.budget} />
          <Section
            title="By provider and model"
            aside={
              <span className="flex items-center gap-2">
                <label htmlFor={span} className="sr-only">
                  Time span
                </label>
                <select
                  id={span}
                  value={days}
                  onChange={(event) => setDays(Number(event.target.value) as Days)}
                  className="field text-base text-fg"
                >
                  {Object.entries(spans).map(([value, label]) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </select>
              </span>
            }
          >
            <UsageTable usage={data.usage} caption={captionOf(data, spans[days])} />
          </Section>
        </>
      )}
    </div>
  )
}

function captionOf({ usage }: UsageView, span: string): string {
  const spent = usage.reduce((sum, { spentMicroUsd }) => sum + spentMicroUsd, 0)
  return `${span}: ${usd(spent)} spent`
}

function Unread({ error }: { error: Error }) {
  return (
    <div role="alert" className="border-l-2 border-danger pl-3">
      <p className="font-semibold text-danger">{error instanceof ApiError ? error.problem.title : 'The server did not answer'}</p>
      <p>{error.message}</p>
    </div>
  )
}
