import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { JobInput, QuoteView } from 'sluice/client'
import { useClient } from '../client.ts'

const SETTLE_MS = 350

export interface QuoteState {
  /** The last quote that came; for an older request while `fresh` is false. */
  quote: QuoteView | null
  fresh: boolean
  error: Error | null
}

/** Price and time of `request`, asked once typing has paused. `null` asks nothing. */
export function useQuote(request: JobInput | null): QuoteState {
  const client = useClient()
  const body = request && JSON.stringify(request)
  const settled = useSettled(body)
  const { data, error, isPlaceholderData, isFetching } = useQuery({
    queryKey: ['quote', settled],
    queryFn: ({ signal }) => client.quote(JSON.parse(settled ?? 'null') as JobInput, { signal }),
    enabled: settled !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  })
  const current = settled === body
  return {
    quote: body === null ? null : (data ?? null),
    fresh: current && !isPlaceholderData && !isFetching,
    error: current && body !== null ? error : null,
  }
}

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
