import type { StoredError } from '../../../../domain/errors.ts'
import type { GenerateRequest } from '../../../../domain/generate.ts'
import type { TakeOutput } from '../../../../domain/take.ts'

/** One take as a thread makes it. Files go into `folder`, which exists and belongs to the take. */
export interface Order {
  takeId: string
  request: GenerateRequest
  folder: string
  ffmpegPath: string
}

/** What a worker thread makes: pictures take seconds, sounds must never wait behind them. */
export type Lane = 'picture' | 'sound'

export function laneOf(request: GenerateRequest): Lane {
  return request.kind === 'video' || request.kind === 'keyframes' ? 'picture' : 'sound'
}

export type ToThread = { type: 'make'; order: Order } | { type: 'cancel'; takeId: string }

export interface Picture {
  bytes: Uint8Array
  alt: string
}

export type FromThread =
  | { type: 'ready' }
  | { type: 'progress'; takeId: string; fraction: number; picture?: Picture }
  | { type: 'made'; takeId: string; outputs: MadeFile[] }
  | { type: 'failed'; takeId: string; error: StoredError }
  | { type: 'cancelled'; takeId: string }

/** An output file, by its name in the take's folder. */
export interface MadeFile {
  role: TakeOutput['role']
  mimeType: string
  name: string
  sizeBytes: number
}
