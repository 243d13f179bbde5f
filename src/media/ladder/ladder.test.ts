import { expect, it } from 'vitest'
import { ladderFor } from './ladder.ts'

const sizes = (width: number, height: number) => ladderFor({ width, height }).map((rung) => `${rung.name} ${rung.width}x${rung.height}`)

it('climbs from the source downwards', () => {
  expect(sizes(1280, 720)).toEqual(['720p 1280x720', '360p 640x360'])
  expect(sizes(1920, 1080)).toEqual(['1080p 1920x1080', '720p 1280x720', '360p 640x360'])
})

it('turns with the picture', () => {
  expect(sizes(720, 1280)).toEqual(['720p 720x1280', '360p 360x640'])
  expect(sizes(1080, 1080)).toEqual(['1080p 1080x1080', '720p 720x720', '360p 360x360'])
})

it('is never larger than the source and never has an odd side', () => {
  expect(sizes(640, 360)).toEqual(['360p 640x360'])
  expect(sizes(854, 480)).toEqual(['480p 854x480', '360p 640x360'])
  expect(sizes(320, 240)).toEqual(['240p 320x240'])
})

it('has falling rates', () => {
  const rates = ladderFor({ width: 1920, height: 1080 }).map((rung) => rung.videoBitsPerSecond)
  expect(rates).toEqual([4_500_000, 2_500_000, 700_000])
  expect(ladderFor({ width: 854, height: 480 })[0]?.videoBitsPerSecond).toBeGreaterThan(700_000)
})

it('is one rung of sound without a picture', () => {
  expect(ladderFor(null)).toEqual([{ name: 'audio', width: null, height: null, videoBitsPerSecond: 0, audioBitsPerSecond: 128_000 }])
})
