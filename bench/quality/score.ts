/** What one check said of one piece of the test set. */
export interface Point {
  /** The piece, e.g. `hum at -30 dB`. */
  piece: string
  /** Whether it has the fault this check is there for. `false`: a control, also a hard one. */
  faulty: boolean
  /** As measured, in the check's unit; `null`: it could not be measured. */
  value: number | null
  /** Whether the check, with the threshold as shipped, found fault. */
  found: boolean
  /** The check said that it does not know. */
  unknown: boolean
}

/** A check over the whole test set. */
export interface CheckScore {
  check: string
  unit: string
  threshold: number
  faultIs: 'above' | 'below'
  points: Point[]
  /** CPU time the check took, and how much media it judged with that, both in seconds. */
  cpuSeconds: number
  mediaSeconds: number
  /** Not a part of the gate as it comes: a plug-in, or one in the place of another. Default `false`. */
  optional?: boolean
}
