export interface Entry {
  workId: string
  vendor: string
  /** Negative for a refund. */
  amountMicroUsd: number
  at: Date
}

/** What the vendors charged: the truth that a ledger is held against. */
export interface Book {
  charge(workId: string, vendor: string, amountMicroUsd: number): void
  /** Gives back what is left of the charge, or `amountMicroUsd` of it. */
  refund(workId: string, vendor: string, amountMicroUsd?: number): void
  entries(): readonly Entry[]
  /** Charges less refunds of a work. */
  of(workId: string): number
  /** Charges less refunds per vendor. */
  totals(): Record<string, number>
}

export function createBook(now: () => Date): Book {
  const entries: Entry[] = []
  const byWork = new Map<string, number>()
  const byVendor = new Map<string, number>()
  const of = (workId: string) => byWork.get(workId) ?? 0
  const write = (workId: string, vendor: string, amountMicroUsd: number) => {
    if (!Number.isInteger(amountMicroUsd)) throw new RangeError(`An amount is whole micro-USD, not ${amountMicroUsd}`)
    if (amountMicroUsd === 0) return
    entries.push({ workId, vendor, amountMicroUsd, at: now() })
    byWork.set(workId, of(workId) + amountMicroUsd)
    byVendor.set(vendor, (byVendor.get(vendor) ?? 0) + amountMicroUsd)
  }
  return {
    charge: write,
    refund: (workId, vendor, amountMicroUsd = of(workId)) => write(workId, vendor, -amountMicroUsd),
    entries: () => entries,
    of,
    totals: () => Object.fromEntries(byVendor),
  }
}
