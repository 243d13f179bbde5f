import type { AssetId, JobId, TakeId } from '../domain/ids.ts'
import { jobPrefix, takesPrefix } from '../domain/object-keys.ts'

export const previewKey = (jobId: JobId, seq: number): string => `${jobPrefix(jobId)}previews/${seq}.jpg`
const takeKeyPrefix = (jobId: JobId, takeId: TakeId): string => `${takesPrefix(jobId)}${takeId}/`
export const masterKey = (jobId: JobId, takeId: TakeId, name: string): string => `${takeKeyPrefix(jobId, takeId)}${name}`
/** What came with the answer to an order, before it is taken in. */
export const keptKey = (jobId: JobId, takeId: TakeId, name: string): string => masterKey(jobId, takeId, `kept-${name}`)
export const fileKey = (jobId: JobId, assetId: AssetId, name: string): string => `${jobPrefix(jobId)}assets/${assetId}/${name}`
/** Stands before the key of everything of the ladder. */
export const ladderPrefix = (jobId: JobId, assetId: AssetId): string => fileKey(jobId, assetId, 'hls/')
export const initKey = (jobId: JobId, assetId: AssetId, rung: string): string => `${ladderPrefix(jobId, assetId)}${rung}/init.mp4`
export const segmentKey = (jobId: JobId, assetId: AssetId, rung: string, index: number): string =>
  `${ladderPrefix(jobId, assetId)}${rung}/${String(index).padStart(5, '0')}.m4s`
