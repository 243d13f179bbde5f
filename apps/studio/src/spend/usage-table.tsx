import type { UsageView } from 'sluice/client'
import { usd } from '../format/figures.ts'
import { providerName } from '../format/provider-name.ts'

/** One line for each model, dearest provider first. */
export function UsageTable({ usage, caption }: { usage: UsageView['usage']; caption: string }) {
  if (usage.length === 0) return <p className="text-sm text-muted">Nothing was ordered from a provider in this time.</p>
  return (
    <table className="w-full border-y border-line text-left">
      <caption className="caption-bottom pt-2 text-left text-sm text-muted">{caption}</caption>
      <thead>
        <tr className="border-b border-line align-baseline">
          <th scope="col" className="eyebrow py-2 pr-3">
            Model
          </th>
          <th scope="col" className="eyebrow py-2 pr-3 text-right">
            Takes
          </th>
          <th scope="col" className="eyebrow py-2 pr-3 text-right">
            Reserved
          </th>
          <th scope="col" className="eyebrow py-2 text-right">
            Spent
          </th>
        </tr>
      </thead>
      {groupsOf(usage).map(({ provider, rows }) => (
        <tbody key={provider} className="border-b border-line last:border-b-0">
          <tr>
            <th scope="rowgroup" colSpan={4} className="pt-2.5 font-semibold">
              {providerName(provider)}
            </th>
          </tr>
          {rows.map(({ model, takes, reservedMicroUsd, spentMicroUsd }) => (
            <tr key={model ?? ''} className="align-baseline last:*:pb-2.5">
              <th scope="row" className="py-1 pr-3 font-normal wrap-anywhere">
                {model ?? 'its only one'}
              </th>
              <td className="py-1 pr-3 text-right">{takes.toLocaleString('en')}</td>
              <td className="py-1 pr-3 text-right text-muted">{usd(reservedMicroUsd)}</td>
              <td className="py-1 text-right font-medium">{usd(spentMicroUsd)}</td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  )
}

function groupsOf(usage: UsageView['usage']): { provider: string; rows: UsageView['usage'] }[] {
  const total = (rows: UsageView['usage']): number => rows.reduce((sum, row) => sum + row.spentMicroUsd + row.reservedMicroUsd, 0)
  return [...Map.groupBy(usage, ({ provider }) => provider)]
    .map(([provider, rows]) => ({ provider, rows }))
    .sort((a, b) => total(b.rows) - total(a.rows))
}
