import { useQuery } from '@tanstack/react-query'
import type { AssetView, JobView } from 'sluice/client'
import { useClient } from '../client.ts'

const BACKGROUND_MS = 2_000

/** The asset of a job that has ended and left something, asked again while renditions are still being made in the background. */
export function useAsset(job: Pick<JobView, 'assetId' | 'endedAt' | 'playable'> | null): AssetView | null {
  const client = useClient()
  const id = job?.endedAt && job.playable ? job.assetId : null
  const { data } = useQuery({
    queryKey: ['asset', id],
    queryFn: ({ signal }) => client.assets.get(id ?? '', { signal }),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data?.renditions.some((rendition) => rendition.state === 'making') ? BACKGROUND_MS : false),
  })
  return id === null ? null : (data ?? null)
}
