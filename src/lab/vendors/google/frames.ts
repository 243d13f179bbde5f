export type Resolution = '360p' | '720p' | '1080p' | '4k'

type Frame = { width: number; height: number }

const both = (long: number, short: number): Record<'16:9' | '9:16', Frame> => ({
  '16:9': { width: long, height: short },
  '9:16': { width: short, height: long },
})

/** Google’s words for sizes. */
export const frames: Record<Resolution, Record<'16:9' | '9:16', Frame>> = {
  '360p': both(640, 360),
  '720p': both(1280, 720),
  '1080p': both(1920, 1080),
  '4k': both(3840, 2160),
}
