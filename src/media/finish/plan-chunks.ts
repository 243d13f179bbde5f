/** The first segment is a chunk of its own: nobody can watch before it is there. */
const FIRST_CHUNK_SEGMENTS = 1
/** Long enough that starting and fetching the clip is little beside encoding, short enough that one lost costs little. */
const CHUNK_SEGMENTS = 4

/** Segments of a stretch, counted from its first; `to` is the one after the last. */
export interface Chunk {
  from: number
  to: number
}

/**
 * How a stretch of so many segments is cut for encoders elsewhere. Depends on nothing else, so whoever continues a finish asks
 * for the very chunks that may be there already. Pure.
 */
export function planChunks(segments: number): Chunk[] {
  const chunks: Chunk[] = []
  for (let from = 0; from < segments; ) {
    const to = Math.min(segments, from + (from === 0 ? FIRST_CHUNK_SEGMENTS : CHUNK_SEGMENTS))
    chunks.push({ from, to })
    from = to
  }
  return chunks
}
