import { useId } from 'react'
import type { UsageView } from 'sluice/client'
import { percent, usd } from '../format/figures.ts'

type Budget = UsageView['budget']

/** What may be spent, what was, what is set aside, what is left; as figures and, with a limit, as a bar. */
export function BudgetFigures({ budget }: { budget: Budget }) {
  const id = useId()
  const { limitMicroUsd, spentMicroUsd, reservedMicroUsd } = budget
  const left = limitMicroUsd === null ? null : limitMicroUsd - spentMicroUsd - reservedMicroUsd
  const figures = [
    { name: 'Spent', value: usd(spentMicroUsd), hint: 'Since the beginning' },
    { name: 'Reserved', value: usd(reservedMicroUsd), hint: 'Set aside for orders under way' },
    limitMicroUsd === null
      ? { name: 'Budget', value: 'No limit', hint: 'The command sluice budget sets one' }
      : { name: 'Budget', value: usd(limitMicroUsd), hint: 'Orders beyond it are refused' },
    ...(left === null
      ? []
      : [{ name: 'Left', value: usd(Math.max(0, left)), hint: left <= 0 ? 'Nothing more is ordered' : 'For new orders' }]),
  ]
  return (
    <section aria-labelledby={id} className="panel flex flex-col gap-5 p-5 max-lg:p-4">
      <h2 id={id} className="sr-only">
        Budget
      </h2>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-5 sm:grid-cols-4">
        {figures.map(({ name, value, hint }) => (
          <div key={name} className="min-w-0">
            <dt className="eyebrow">{name}</dt>
            <dd className="text-2xl font-semibold tracking-[-0.02em]">{value}</dd>
            <dd className="hint">{hint}</dd>
          </div>
        ))}
      </dl>
      {limitMicroUsd !== null && <BudgetBar budget={budget} limitMicroUsd={limitMicroUsd} />}
    </section>
  )
}

function BudgetBar({ budget, limitMicroUsd }: { budget: Budget; limitMicroUsd: number }) {
  const share = (amount: number): number => (limitMicroUsd === 0 ? 1 : Math.min(1, amount / limitMicroUsd))
  const spent = share(budget.spentMicroUsd)
  const taken = share(budget.spentMicroUsd + budget.reservedMicroUsd)
  return (
    <div>
      <div aria-hidden className="flex h-2.5 overflow-hidden rounded-[2px] bg-track">
        <span className={spent >= 1 ? 'bg-danger' : 'bg-accent'} style={{ width: `${spent * 100}%` }} />
        <span className="bg-control" style={{ width: `${(taken - spent) * 100}%` }} />
      </div>
      <p className="hint mt-1.5">
        {percent(spent)} of the budget is spent, {percent(taken - spent)} reserved.
      </p>
    </div>
  )
}
