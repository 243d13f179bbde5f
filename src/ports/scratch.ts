/** Folders for work in progress. What a killed process left is removed at the next start. */
export interface Scratch {
  /** A new empty folder; `await using` removes it with everything in it. */
  folder(name: string): Promise<AsyncDisposable & { path: string }>
  /** Writes a small text file inside such a folder. */
  write(path: string, text: string): Promise<void>
}
