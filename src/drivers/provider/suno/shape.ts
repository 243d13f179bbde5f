import type { RemoteRef } from '../../../domain/take.ts'
import type { Provider, StartContext, TakeStatus } from '../../../ports/provider.ts'
import type { MusicRequest } from './order.ts'

/** One of the two unofficial ways to Suno. */
export interface Shape extends Pick<Provider, 'adopt' | 'reconcile' | 'webhook'> {
  order(request: MusicRequest, model: string, context: StartContext): Promise<RemoteRef>
  status(ref: RemoteRef, context: { signal: AbortSignal }): Promise<TakeStatus>
}
