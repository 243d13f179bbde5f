/** What the `index.js` of a plug-in's folder exports: `open`, called once. */
export interface Plugin {
  open(): Promise<OpenPlugin>
}

export interface OpenPlugin {
  /** One request after the other. */
  ask(request: unknown): Promise<unknown>
}

export type FromThread = { answer: unknown } | { failed: string }
