/** What is to be delivered, and where. */
export interface Parcel {
  url: string
  /** The same for each attempt. */
  messageId: string
  /** JSON, sent and signed as it is. */
  body: string
  /** Each signs once. `whsec_` and base64. */
  secrets: readonly string[]
  /** So that a receiver that traces goes on in the trace of the job. Absent: nothing is traced. */
  traceparent?: string
}

/** How an attempt went. */
export interface Receipt {
  /** Of the answer; `null`: none came. */
  status: number | null
  /** `null`: the receiver has taken it (2xx). */
  error: string | null
  /** What the receiver asks to be left alone for, at most an hour. */
  retryAfterMs: number | null
  tookMs: number
}

/** Carries messages to addresses that users gave. */
export interface Courier {
  /** Throws `address_refused` for where it does not go, with `field` `url`. What a name leads to shows only when it is sent. */
  check(url: string): void
  /** Makes one attempt; whatever goes wrong is in the receipt. Rejects only with the reason of `signal`. */
  deliver(parcel: Parcel, signal: AbortSignal): Promise<Receipt>
}
