import type { AssetFile } from '../domain/asset.ts'
import type { AssetId, JobId } from '../domain/ids.ts'
import type { StageDeps } from './deps.ts'
import { fileKey } from './keys.ts'

/** Puts an asset's files into the object store and remembers them for the commit. */
export interface FileKeeper {
  readonly files: AssetFile[]
  /** Takes the local file over. */
  file(name: string, label: string, path: string, mimeType: string): Promise<void>
  text(name: string, label: string, text: string, mimeType: string): Promise<void>
  json(name: string, label: string, value: unknown): Promise<void>
}

export function createFileKeeper(deps: Pick<StageDeps, 'objects'>, jobId: JobId, assetId: AssetId): FileKeeper {
  const files: AssetFile[] = []
  const keep = (name: string, label: string, stored: { key: string; mimeType: string; sizeBytes: number; sha256: string }) => {
    const { key, mimeType, sizeBytes, sha256 } = stored
    files.push({ name, label, objectKey: key, mimeType, sizeBytes, sha256 })
  }
  const text: FileKeeper['text'] = async (name, label, body, mimeType) =>
    keep(
      name,
      label,
      await deps.objects.put(fileKey(jobId, assetId, name), new TextEncoder().encode(body), { mimeType, keyed: 'by-content' }),
    )
  return {
    files,
    text,
    async file(name, label, path, mimeType) {
      keep(name, label, await deps.objects.putFile(fileKey(jobId, assetId, name), path, { mimeType, keyed: 'by-content' }))
    },
    json: (name, label, value) => text(name, label, `${JSON.stringify(value, null, 2)}\n`, 'application/json'),
  }
}
