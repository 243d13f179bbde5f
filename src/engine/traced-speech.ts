import type { SpeechJudge } from '../ports/inspector.ts'
import type { Tracer } from '../ports/tracer.ts'

/** Who listens to voices, with a span for each: it takes seconds here, and a call to somebody elsewhere. Nothing of what is said is in it. */
export function tracedSpeech(judge: SpeechJudge, tracer: Tracer): SpeechJudge {
  return {
    ...judge,
    judge: (profile, recording, script, context, kept) =>
      tracer.span('check speech', { signal: context.signal }, async (span) => {
        const judged = await judge.judge(profile, recording, script, context, kept)
        span.set({ 'sluice.heard': judged.reading !== null })
        return judged
      }),
  }
}
