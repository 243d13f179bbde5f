/** Money is whole micro-US-dollars (1 USD = 1,000,000): no fraction is lost in a sum. */
export type MicroUsd = number

/** What something will cost and take, said before anything is sent. */
export interface Quote {
  amountMicroUsd: MicroUsd
  /** Median wall time of the making, in seconds; a first guess until there is history. */
  seconds: number
  /** The part of the price table or formula this came from, e.g. `local:free`. */
  basis: string
}
