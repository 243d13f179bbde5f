import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'

/**
 * Mounts a file system of this size (as `mount` writes it, e.g. `3m`) at the folder, which is made.
 * @returns how to take it away, or in words why it cannot be had here
 */
export async function mountSmall(folder: string, size: string): Promise<{ unmount: () => void } | { reason: string }> {
  await mkdir(folder, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n').join(' ') : String(error)
    return { reason: `needs a small file system, and mounting one failed: ${why}` }
  }
  return { unmount: () => execFileSync('umount', ['-l', folder], { stdio: 'pipe' }) }
}
