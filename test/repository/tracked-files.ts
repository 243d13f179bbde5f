import { execFileSync } from 'node:child_process'

/** Paths of the files under version control, and of new ones that are not ignored. */
export function trackedFiles(...under: string[]): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', ...under], {
    encoding: 'utf8',
    timeout: 30_000,
  })
  return [...new Set(listed.split('\0').filter((path) => path !== ''))].sort()
}
