/** What playing one playlist tells. Times are media seconds. */
export interface EngineHooks {
  /** The playlist reaches to here. */
  onProduced(endSeconds: number): void
  /** The playlist has its end: from here on this is a finished file at the same address. */
  onComplete(durationSeconds: number): void
  onError(error: { fatal: boolean; recovered: boolean; detail: string }): void
}

export interface EngineInput {
  /** Multivariant playlist. */
  url: string
  /** Length of the scrub bar until the end is known. */
  plannedSeconds: number | null
  /** Where to begin: 0, or where an earlier attachment of the same playlist stood. */
  startSeconds: number
  headersFor(url: string): Promise<Record<string, string>>
  /** More of it is being made, so it is worth trying on after an outage. */
  alive(): boolean
  hooks: EngineHooks
}

export interface Engine {
  readonly kind: 'hls' | 'native'
  destroy(): void
}
