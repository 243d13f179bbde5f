import type { OperationsView } from 'sluice/client'
import { count } from '../format/figures.ts'
import { providerName } from '../format/provider-name.ts'
import { HeadRow } from './head-row.tsx'
import { accountSays } from './operations-words.ts'
import { ShareBar } from './share-bar.tsx'

type Account = OperationsView['providers'][number]

/** Orders under way at each provider, and what the provider has to say about it. */
export function AccountTable({ accounts, now }: { accounts: Account[]; now: Date }) {
  return (
    <table className="w-full border-y border-line text-left">
      <caption className="sr-only">Accounts at providers</caption>
      <HeadRow columns={[{ name: 'Provider' }, { name: 'Orders under way' }, { name: 'Answers' }]} />
      <tbody className="divide-y divide-line">
        {accounts.map((account) => (
          <tr key={account.provider} className="align-top">
            <th scope="row" className="py-2.5 pr-4 font-medium">
              {providerName(account.provider)}
            </th>
            <td className="py-2.5 pr-4 sm:w-48">
              {account.limit === null ? (
                account.inFlight.toLocaleString('en')
              ) : (
                <>
                  <span className="mb-1.5 block whitespace-nowrap tabular-nums">
                    {account.inFlight} of {account.limit}
                  </span>
                  <ShareBar taken={account.inFlight} of={account.limit} />
                </>
              )}
              {account.inDoubt > 0 && <span className="block text-sm text-warn">{count(account.inDoubt, 'in doubt', 'in doubt')}</span>}
            </td>
            <td className="py-2.5">
              {accountSays(account, now).map(({ text, tone }) => (
                <span key={text} className={`block ${tone}`}>
                  {text}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
