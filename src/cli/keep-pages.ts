/**
 * Tells glibc to keep freed memory instead of handing it back to the system. Every drawn frame is a fresh buffer of 3.7 MB
 * at 720p, which glibc maps and unmaps each time; where new pages are dear (virtual machines), that cost 13 of the 25 ms a
 * frame took, and 0.6 ms with these settings (measured with `getImageData` at 1280x720).
 *
 * They are read once, when a process begins (mallopt(3)), so the process begins again in place, with the same id and files.
 */
const settings = {
  /** Blocks below this come from the heap, which is kept; the greatest value glibc takes. */
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 * 1024),
  /** The heap grows by this, and so much stays free at its top. */
  MALLOC_TOP_PAD_: String(64 * 1024 * 1024),
}

/** Call before anything is opened. Does nothing but on Linux, and where any of these is set already. */
export function keepPages(): void {
  if (process.platform !== 'linux' || Object.keys(settings).some((name) => name in process.env)) return
  if (typeof process.execve !== 'function') return
  process.execve(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], { ...process.env, ...settings })
}
