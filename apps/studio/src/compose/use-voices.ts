import { useQuery } from '@tanstack/react-query'
import { useClient } from '../client.ts'

export interface Voice {
  id: string
  label: string
  language: string
}

/** The voices a script can be spoken with, the default first; empty until they are known. */
export function useVoices(): Voice[] {
  const client = useClient()
  const { data } = useQuery({
    queryKey: ['voices'],
    queryFn: async ({ signal }) => {
      const url = new URL('/v1/voices', window.location.origin).href
      const response = await fetch(url, { signal, headers: await client.headersFor(url) })
      if (!response.ok) throw new Error(`The voices could not be fetched (${response.status}).`)
      return ((await response.json()) as { voices: Voice[] }).voices
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data ?? []
}
