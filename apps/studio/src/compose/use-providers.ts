import { useQuery } from '@tanstack/react-query'
import type { ProviderList } from 'sluice/client'
import { useClient } from '../client.ts'

/** Who can make what at this server; `null` until it is known. */
export function useProviders(): ProviderList['providers'] | null {
  const client = useClient()
  const { data } = useQuery({
    queryKey: ['providers'],
    queryFn: ({ signal }) => client.providers({ signal }),
    staleTime: 10 * 60_000,
  })
  return data ?? null
}
