import { createOfflineReader } from '../drivers/script-reader/offline/reader.ts'
import type { SpeechJudge } from '../ports/inspector.ts'
import type { Logger } from '../ports/logger.ts'
import { createSpeechJudge } from '../quality/speech/judge.ts'

const pronouncer = new URL('../drivers/provider/local/speech/pronounce.ts', import.meta.url)

/** Who listens to voices. `stack` lets go of it. */
export function openSpeechJudge(log: Logger, stack: AsyncDisposableStack): SpeechJudge {
  const judge = createSpeechJudge({ reader: createOfflineReader({ log, pronouncer }), log })
  stack.defer(async () => judge.close?.())
  return judge
}
