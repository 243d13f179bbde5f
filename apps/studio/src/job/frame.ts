import type { JobView } from 'sluice/client'

/** The box a job's picture fills, known from the request so that nothing moves when the picture comes. */
export type Frame = { media: 'video'; width: number; height: number } | { media: 'audio' }

const DEFAULT = { media: 'video', width: 1280, height: 720 } as const

export function frameOf(kind: JobView['kind'], request: JobView['request'] | { size?: string }): Frame {
  if (kind !== 'presentation' && kind !== 'video') return { media: 'audio' }
  const { size, width, height } = request as Record<string, unknown>
  if (typeof width === 'number' && typeof height === 'number') return { media: 'video', width, height }
  const [across, down] = typeof size === 'string' ? size.split('x').map(Number) : []
  return across && down ? { media: 'video', width: across, height: down } : DEFAULT
}
