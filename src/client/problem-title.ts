import { problems } from '../domain/problems.ts'

/** What the problem `code` is called, the same for every occurrence; `null` for a code this version does not know. */
export function problemTitle(code: string): string | null {
  return Object.hasOwn(problems, code) ? problems[code as keyof typeof problems].title : null
}
