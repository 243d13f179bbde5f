/** Paths of the API that appear in views and events. The one place that spells them; the routes in `delivery/` serve them. */
export const jobAddress = (jobId: string): string => `/v1/jobs/${jobId}`
export const previewAddress = (jobId: string, seq: number): string => `${jobAddress(jobId)}/previews/${seq}.jpg`
export const reviewMediaAddress = (reviewId: string): string => `/v1/reviews/${reviewId}/media`
const assetAddress = (assetId: string): string => `/v1/assets/${assetId}`
export const fileAddress = (assetId: string, name: string): string => `${assetAddress(assetId)}/files/${encodeURIComponent(name)}`
export const masterPlaylistAddress = (assetId: string): string => `${assetAddress(assetId)}/hls/master.m3u8`
