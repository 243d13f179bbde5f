import type { LabVendor } from '../lab.ts'

/** Every vendor the lab plays, one line each. */
export const labVendors: readonly LabVendor[] = []
