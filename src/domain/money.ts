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

/** `4500000` as `$4.50`; below a cent as many digits as it takes. */
export function usd(amountMicroUsd: MicroUsd): string {
  const digits = amountMicroUsd % 10_000 === 0 ? 2 : 6
  return `$${(amountMicroUsd / 1_000_000).toFixed(digits)}`
}
