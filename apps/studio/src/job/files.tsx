import { Download } from 'lucide-react'
import type { AssetView } from 'sluice/client'
import { count, size } from '../format/figures.ts'
import { Section } from './section.tsx'

const formats: Record<AssetView['renditions'][number]['format'], string> = { hls: 'HLS', mp4: 'MP4', webm: 'WebM', mp3: 'MP3', m4a: 'M4A' }

type File = AssetView['files'][number]

/** Where a file stands in the list: what people watch and hear first, what machines read last. */
const ranks = [/^video\//, /^audio\//, /^captions\./, /^image\//, /\.vtt$/, /./] as const
const rankOf = ({ mimeType, name }: File): number => ranks.findIndex((pattern) => pattern.test(mimeType) || pattern.test(name))

/** What can be taken home. Renditions still being made stand at the end of the list until their file is there. */
export function Files({ asset }: { asset: AssetView }) {
  const files = asset.files.toSorted((a, b) => rankOf(a) - rankOf(b) || b.sizeBytes - a.sizeBytes)
  const pending = asset.renditions.filter(({ state }) => state !== 'ready')
  return (
    <Section title="Files" aside={count(files.length, 'file')}>
      <ul className="grid gap-x-8 border-t border-line lg:grid-cols-2">
        {files.map((file) => (
          <li key={file.name} className="border-b border-line">
            <a
              // Where it lies elsewhere, the attribute alone would show it in place of the Studio.
              href={`${file.url}?download`}
              download={file.name}
              className="group grid min-h-11 grid-cols-[minmax(0,1fr)_auto_auto] items-center gap-x-4 py-1.5 hover:text-accent"
            >
              <span className="min-w-0">
                {file.label} <span className="ml-1 text-sm text-muted max-sm:block max-sm:ml-0">{file.name}</span>
              </span>
              <span className="text-sm text-muted">{size(file.sizeBytes)}</span>
              <Download aria-hidden size={16} strokeWidth={1.75} className="text-muted group-hover:text-accent" />
            </a>
          </li>
        ))}
        {pending.map(({ format, state, detail }) => (
          <li key={format} className="flex min-h-11 items-center justify-between gap-4 border-b border-line text-muted">
            <span className="min-w-0">
              {formats[format]}
              {detail && <span className="ml-2 text-sm">{detail}</span>}
            </span>
            <span className={state === 'failed' ? 'text-sm text-danger' : 'text-sm'}>{state === 'failed' ? 'failed' : 'being made'}</span>
          </li>
        ))}
      </ul>
      {asset.playbackUrl && (
        <p className="mt-3 text-sm text-muted">
          To stream it elsewhere, give a player the HLS address{' '}
          <a href={asset.playbackUrl} className="break-all text-accent underline underline-offset-4">
            {new URL(asset.playbackUrl, window.location.href).pathname}
          </a>
        </p>
      )}
    </Section>
  )
}
