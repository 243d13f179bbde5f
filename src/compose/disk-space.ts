import { statfs } from 'node:fs/promises'
import type { GaugeReading } from '../ports/metrics.ts'

/** How full the disk of the data folder is, as its file system tells an ordinary user. */
export async function diskSpace(folder: string): Promise<GaugeReading[]> {
  const { bsize, blocks, bfree, bavail } = await statfs(folder)
  return [
    { name: 'sluice_storage_free_bytes', labels: {}, value: bavail * bsize },
    { name: 'sluice_storage_used_bytes', labels: {}, value: (blocks - bfree) * bsize },
  ]
}
