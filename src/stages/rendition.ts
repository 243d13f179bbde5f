import type { StepHandler } from '../ports/stages.ts'
import type { StageDeps } from './deps.ts'
import { createFileKeeper } from './file-keeper.ts'
import { remuxed } from './remuxed.ts'

const targets = {
  webm: { name: 'video.webm', label: 'Video, VP9 and Opus', mimeType: 'video/webm' },
  mp3: { name: 'audio.mp3', label: 'Sound, MP3', mimeType: 'audio/mpeg' },
} as const

/** A further form of a published asset, encoded in the background; the asset says when it is there. */
export function rendition(deps: StageDeps): StepHandler {
  return async (run) => {
    const { work } = run.step
    if (work.name !== 'rendition') throw new Error(`not a rendition step: ${work.name}`)
    const asset = run.job.assetId ? await deps.store.assets.get(run.job.assetId) : undefined
    if (asset?.state.state !== 'ready' || asset.durationSeconds === null) return { then: 'done' }
    const { name, label, mimeType } = targets[work.format]
    await using scratch = await deps.scratch.folder(`rendition-${run.step.id}`)
    const input = `${scratch.path}/whole.mp4`
    await remuxed(deps, asset, input, run.signal)
    const output = `${scratch.path}/${name}`
    const order = {
      input,
      output,
      durationSeconds: asset.durationSeconds,
      title: asset.title,
      signal: run.signal,
      progress: () => undefined,
    }
    await (work.format === 'webm' ? deps.media.encodeWebm(order) : deps.media.encodeMp3(order))
    const keeper = createFileKeeper(deps, run.job.id, asset.id)
    await keeper.file(name, label, output, mimeType)
    return {
      then: 'done',
      write: async (tx) => {
        await tx.addFiles(keeper.files)
        const { renditions } = await tx.asset()
        await tx.changeAsset({
          renditions: renditions.map((known) => (known.format === work.format ? { ...known, state: 'ready' } : known)),
        })
      },
    }
  }
}
