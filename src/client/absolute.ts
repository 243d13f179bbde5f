import type { AssetView } from '../wire/assets.ts'
import type { StreamMessage } from '../wire/events.ts'
import type { JobView, PlaybackView, PreviewView } from '../wire/jobs.ts'
import type { ReviewView } from '../wire/reviews.ts'

/** The server names its own things by paths; a reader elsewhere needs whole addresses. */
function absolute(url: string, baseUrl: string): string
function absolute(url: string | null, baseUrl: string): string | null
function absolute(url: string | null, baseUrl: string): string | null {
  return url === null ? null : new URL(url, `${baseUrl}/`).href
}

const preview = (view: PreviewView, base: string): PreviewView => ({ ...view, url: absolute(view.url, base) })

const playback = (view: PlaybackView, base: string): PlaybackView => ({
  ...view,
  url: absolute(view.url, base),
  captionsUrl: absolute(view.captionsUrl, base),
  posterUrl: absolute(view.posterUrl, base),
})

export function absoluteJob(job: JobView, base: string): JobView {
  return {
    ...job,
    preview: job.preview && preview(job.preview, base),
    playback: job.playback && playback(job.playback, base),
    reviews: job.reviews.map((review) => absoluteReview(review, base)),
  }
}

export function absoluteReview(review: ReviewView, base: string): ReviewView {
  return { ...review, media: review.media && { ...review.media, url: absolute(review.media.url, base) } }
}

export function absoluteMessage<M extends StreamMessage>(message: M, base: string): M {
  if (message.type === 'snapshot') return { ...message, data: absoluteJob(message.data, base) }
  if (message.type === 'preview') return { ...message, data: preview(message.data, base) }
  if (message.type === 'playable') return { ...message, data: playback(message.data, base) }
  if (message.type === 'review') return { ...message, data: absoluteReview(message.data, base) }
  return message
}

export function absoluteAsset(asset: AssetView, base: string): AssetView {
  return {
    ...asset,
    renditions: asset.renditions.map((rendition) => ({ ...rendition, url: absolute(rendition.url, base) })),
    files: asset.files.map((file) => ({ ...file, url: absolute(file.url, base) })),
    playbackUrl: absolute(asset.playbackUrl, base),
    posterUrl: absolute(asset.posterUrl, base),
    captionsUrl: absolute(asset.captionsUrl, base),
  }
}
