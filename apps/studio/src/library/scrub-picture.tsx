import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { AssetView } from 'sluice/client'
import { readStoryboard, type Still, stillAt } from './storyboard.ts'

/** The poster; under the pointer, the storyboard's still for that place. The storyboard is fetched on first approach. */
export function ScrubPicture({ asset }: { asset: AssetView }) {
  const [fraction, setFraction] = useState<number | null>(null)
  const [approached, setApproached] = useState(false)
  const sheet = asset.files.find(({ name }) => name === 'storyboard.jpg')
  const track = asset.files.find(({ name }) => name === 'storyboard.vtt')
  const { data: stills } = useQuery({
    queryKey: ['storyboard', track?.url],
    queryFn: async ({ signal }) => readStoryboard(await (await fetch(track?.url ?? '', { signal })).text()),
    enabled: approached && track !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const still = fraction !== null && stills && sheet ? stillAt(stills, fraction) : null
  return (
    <div
      className="absolute inset-0"
      onPointerEnter={() => setApproached(true)}
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        setFraction((event.clientX - box.left) / box.width)
      }}
      onPointerLeave={() => setFraction(null)}
    >
      {asset.posterUrl && <img src={asset.posterUrl} alt="" loading="lazy" className="h-full w-full object-cover" />}
      {still && sheet && stills && <StillPicture still={still} sheet={sheet.url} all={stills} />}
      {still && fraction !== null && (
        <span aria-hidden className="absolute inset-y-0 w-px bg-accent" style={{ left: `${fraction * 100}%` }} />
      )}
    </div>
  )
}

/** Shows one still of the sheet, as large as the tile: sizes and places in per cent of the sheet need no measuring. */
function StillPicture({ still, sheet, all }: { still: Still; sheet: string; all: Still[] }) {
  const across = Math.max(...all.map(({ x, width }) => x + width))
  const down = Math.max(...all.map(({ y, height }) => y + height))
  const place = (offset: number, part: number, whole: number): string => `${whole === part ? 0 : (offset / (whole - part)) * 100}%`
  return (
    <span
      aria-hidden
      data-testid="still"
      className="absolute inset-0 bg-no-repeat"
      style={{
        backgroundImage: `url("${sheet}")`,
        backgroundSize: `${(across / still.width) * 100}% ${(down / still.height) * 100}%`,
        backgroundPosition: `${place(still.x, still.width, across)} ${place(still.y, still.height, down)}`,
      }}
    />
  )
}
