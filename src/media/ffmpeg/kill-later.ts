import type { ToolProcess } from './run.ts'

/** Kills the process, unless it has ended, when the stack is let go of. Returns what has it. */
export function killLater<T extends { readonly process: ToolProcess }>(stack: AsyncDisposableStack, owner: T): T {
  stack.defer(async () => {
    owner.process.kill()
    await owner.process.done.catch(() => {})
  })
  return owner
}
