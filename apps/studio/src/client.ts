import { createContext, useContext } from 'react'
import type { Client } from 'sluice/client'

export const ClientContext = createContext<Client | null>(null)

/** The one client of the page. */
export function useClient(): Client {
  const client = useContext(ClientContext)
  if (!client) throw new Error('useClient needs a ClientContext above it')
  return client
}
