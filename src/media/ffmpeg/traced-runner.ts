import { faultOf } from '../../domain/trace.ts'
import type { Tracer } from '../../ports/tracer.ts'
import type { ToolOrder, ToolRunner } from './run.ts'

/** The runner, with a span for every run, from its start until the process has ended. */
export function tracedRunner(runner: ToolRunner, tracer: Tracer): ToolRunner {
  return {
    sandbox: runner.sandbox,
    run: (order) => tracer.span(nameOf(order), { signal: order.signal }, () => runner.run(order)),
    async start(order) {
      const span = tracer.open(nameOf(order), { signal: order.signal })
      const fail = (error: unknown) => span.fail(faultOf(error))
      try {
        const process = await runner.start(order)
        void process.done.catch(fail).finally(span.end)
        return process
      } catch (error) {
        fail(error)
        span.end()
        throw error
      }
    },
  }
}

function nameOf({ tool = 'ffmpeg', purpose }: ToolOrder): string {
  return purpose === undefined ? tool : `${tool} ${purpose}`
}
