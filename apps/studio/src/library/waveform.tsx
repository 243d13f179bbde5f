import { useQuery } from '@tanstack/react-query'
import type { AssetView } from 'sluice/client'
import { barsOf, isPeaks } from './peaks.ts'

const BARS = 72

/** The sound's outline, drawn from the peaks made on the server; a flat line until they are there. */
export function Waveform({ asset }: { asset: AssetView }) {
  const url = asset.files.find(({ name }) => name === 'peaks.json')?.url
  const { data } = useQuery({
    queryKey: ['peaks', url],
    queryFn: async ({ signal }) => {
      const peaks: unknown = await (await fetch(url ?? '', { signal })).json()
      return isPeaks(peaks) ? barsOf(peaks, BARS) : null
    },
    enabled: url !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const bars = data ?? Array.from({ length: BARS }, () => 0)
  return (
    <svg aria-hidden viewBox={`0 0 ${BARS * 4} 100`} preserveAspectRatio="none" className="absolute inset-0 h-full w-full px-4 py-5">
      {bars.map((height, bar) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          key={bar}
          className="fill-accent"
          x={bar * 4}
          width={2.4}
          y={50 - Math.max(1, height * 50)}
          height={Math.max(2, height * 100)}
        />
      ))}
    </svg>
  )
}
