import type { MicroUsd } from './money.ts'
import type { RetentionClass } from './retention.ts'

/** What a job can make. A presentation is narrated, captioned video from a text. */
export type JobKind = 'presentation' | 'video' | 'speech' | 'music' | 'sound'

/** Files beside the HLS ladder. `mp4` and `m4a` are remuxed from it; `webm` and `mp3` are encoded after the job has succeeded. */
export type Format = 'hls' | 'mp4' | 'webm' | 'mp3' | 'm4a'

export type GateMode = 'segment' | 'asset' | 'off'

export interface Policy {
  /** A built-in profile of the gate, or one of the tenant's own. */
  profile: string
  /** Its version at acceptance. */
  profileVersion: number
  /** `segment`: each segment flows once judged; `asset`: all or nothing; `off`: checks report only. */
  gate: GateMode
  /** Seconds from acceptance until the job expires. `null`: none. */
  deadlineSeconds: number | null
  /** Higher goes first; -10 to 10, default 0. */
  priority: number
  retention: RetentionClass
  /** Takes the job may spend on one shot, the first included. Default 2. */
  maxTakesPerShot: number
  /** No order goes out that could bring the job's cost above this. `null`: no limit of its own. */
  maxCostMicroUsd: MicroUsd | null
  /** What to do about an order whose answer was lost and that cannot be found: wait for a decision, or order again. */
  onSubmitUnknown: 'ask' | 'accept-risk'
}

interface Common {
  /** Makes the result repeatable with providers that honour it; always set: drawn at acceptance when the user gave none. */
  seed: number
  policy: Policy
  formats: Format[]
  /** The user's own labels, returned as they came. */
  metadata: Record<string, string>
}

/** A provider and, after a slash, its model: `runway/gen4.5`, `local`. */
export type Route = string

/** Who may make it, in order: the next is asked when nothing was charged by the one before. Empty: whoever is the default. */
interface Routed {
  providers: Route[]
}

interface Picture {
  /** Even numbers, in pixels. */
  width: number
  height: number
  fps: number
}

export type JobRequest =
  | (Common &
      Picture & {
        kind: 'presentation'
        /** The news text or script, plain text. */
        text: string
        /** Wished length in seconds; the plan comes as near as whole sentences allow. */
        durationSeconds: number
        voice: string
        music: boolean
        captions: boolean
      })
  | (Common & Picture & Routed & { kind: 'video'; prompt: string; durationSeconds: number; imageUrl: string | null })
  | (Common & Routed & { kind: 'speech'; text: string; voice: string })
  | (Common & Routed & { kind: 'music'; prompt: string; durationSeconds: number })
  | (Common & Routed & { kind: 'sound'; prompt: string; durationSeconds: number })

/** The text the user wrote, whatever the kind calls it. */
export function promptOf(request: JobRequest): string {
  return 'text' in request ? request.text : request.prompt
}
