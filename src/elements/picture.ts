import type { JobSource } from './contract.ts'

export interface Picture {
  image: HTMLImageElement
  /** Gives back the memory, when the picture is shown no more. */
  release(): void
}

const TIMEOUT_MS = 15_000

/** A URL an `<img>` can use: itself, or a blob where the server asks for headers, which an `<img>` cannot send. */
export async function pictureUrl(url: string, source: JobSource | null, signal: AbortSignal): Promise<{ url: string; release(): void }> {
  const headers = (await source?.headersFor?.(url)) ?? {}
  if (Object.keys(headers).length === 0) return { url, release: () => {} }
  const response = await fetch(url, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
  if (!response.ok) throw new Error(`The picture answered ${response.status}.`)
  const made = URL.createObjectURL(await response.blob())
  return { url: made, release: () => URL.revokeObjectURL(made) }
}

/** A picture that has arrived and is decoded. */
export async function loadPicture(url: string, source: JobSource | null, signal: AbortSignal): Promise<Picture> {
  const usable = await pictureUrl(url, source, signal)
  const image = new Image()
  image.src = usable.url
  try {
    await image.decode()
  } catch (error) {
    usable.release()
    throw error
  }
  return { image, release: usable.release }
}
