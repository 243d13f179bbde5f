import { randomBytes } from 'node:crypto'
import type { ErrorStyle } from './errors.ts'

/** How a server that has the `/v1/videos` shape differs from the others (providers.md 1.3). */
export interface Flavour {
  id: string
  label: string
  takesJson: boolean
  /** Fields it takes; others are refused. `null`: others are ignored. */
  fields: readonly string[] | null
  errorStyle: ErrorStyle
  newId(model: string): string
  /** Micro-USD per second. 0 for one's own machine. */
  price(model: string): number
  defaultModel: string
  models: readonly string[] | null
  lengths: readonly number[] | null
  sizes: readonly string[] | null
  /** `error` of a failed video. */
  failure(code: string | undefined, message: string, refused: boolean): Record<string, unknown>
  /** Of `GET content` of a failed video. */
  failedContentStatus: number
  /** What DELETE does to a video that is not finished, and what it answers. `no-route`: there is no DELETE. */
  deleteRunning: 'refuse' | 'abort' | 'forget' | 'no-route'
  deleteAnswer: 'deleted' | 'video'
  /** Fields that only its videos have. */
  extra(seconds: number): Record<string, unknown>
  needsKey: boolean
  /** Its `progress` is 100 from the beginning. */
  alwaysHundred?: boolean
  /** How it tells of a video, where that is not as OpenAI does. */
  told?(video: Record<string, unknown>): Record<string, unknown>
  /** There is no list for all that it makes: asked for one, it fails. */
  withoutList?: boolean
  /** Content comes as a whole, whatever range is asked for. */
  withoutRanges?: boolean
}

const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const own = { price: () => 0, models: null, lengths: null, sizes: null, needsKey: false, extra: () => ({}) } as const

/**
 * OpenAI as it was until 24 September 2026. How a running video is deleted and that its content is 404 until it is done are
 * UNVERIFIED, as is the code of a refused result.
 */
export const hosted: Flavour = {
  id: 'openai',
  label: 'OpenAI',
  takesJson: true,
  fields: ['prompt', 'model', 'seconds', 'size', 'input_reference'],
  errorStyle: 'openai',
  newId: () => `video_${hex(24)}`,
  price: (model) => (model.startsWith('sora-2-pro') ? 300_000 : 100_000),
  defaultModel: 'sora-2',
  models: ['sora-2', 'sora-2-pro', 'sora-2-2025-10-06', 'sora-2-pro-2025-10-06', 'sora-2-2025-12-08'],
  lengths: [4, 8, 12],
  sizes: ['720x1280', '1280x720', '1024x1792', '1792x1024'],
  failure: (code, message, refused) => ({ code: code ?? (refused ? 'moderation_blocked' : 'video_generation_failed'), message }),
  failedContentStatus: 404,
  deleteRunning: 'refuse',
  deleteAnswer: 'deleted',
  extra: () => ({}),
  needsKey: true,
}

/** Forms only; `error.code` a number (HTTP) or, given with the marker, the name of an exception; DELETE aborts. */
export const vllmOmni: Flavour = {
  ...own,
  id: 'vllm-omni',
  label: 'vLLM-Omni',
  takesJson: false,
  fields: null,
  errorStyle: 'fastapi',
  newId: () => `video_gen_${hex(16)}`,
  defaultModel: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
  failure: (code, message) => ({ code: code ?? 500, message }),
  failedContentStatus: 422,
  deleteRunning: 'abort',
  deleteAnswer: 'deleted',
  extra: (seconds) => ({
    media_type: 'video/mp4',
    file_name: 'video.mp4',
    inference_time_s: seconds,
    stage_durations: { diffusion: seconds },
    peak_memory_mb: 48_000,
  }),
}

/** `error` without a code; DELETE answers with the video, status `deleted`, and does not abort. */
export const sglang: Flavour = {
  ...own,
  id: 'sglang',
  label: 'SGLang diffusion',
  takesJson: true,
  fields: null,
  errorStyle: 'fastapi',
  newId: () => hex(16),
  defaultModel: 'Wan-AI/Wan2.1-T2V-1.3B-Diffusers',
  failure: (_code, message) => ({ message }),
  failedContentStatus: 404,
  deleteRunning: 'forget',
  deleteAnswer: 'video',
}

/** Refuses fields it does not know; a deleted video that runs is finished all the same; `progress` says nothing. Which fields it knows is UNVERIFIED. */
export const fastVideo: Flavour = {
  ...own,
  alwaysHundred: true,
  id: 'fastvideo',
  label: 'FastVideo',
  takesJson: true,
  fields: [
    ...['prompt', 'model', 'seconds', 'size', 'input_reference', 'width', 'height', 'fps', 'num_frames', 'seed'],
    ...['reference_url', 'num_inference_steps', 'guidance_scale', 'negative_prompt'],
  ],
  errorStyle: 'fastapi',
  newId: () => `video_${hex(16)}`,
  defaultModel: 'FastVideo/FastWan2.1-T2V-1.3B-Diffusers',
  failure: (code, message) => ({ code: code ?? 'generation_failed', message }),
  failedContentStatus: 422,
  deleteRunning: 'forget',
  deleteAnswer: 'deleted',
}

/** What the lab's LiteLLM serves, in micro-USD per second, and who makes it. */
const served: Record<string, { maker: string; microUsdPerSecond: number }> = {
  'sora-2': { maker: 'openai', microUsdPerSecond: 100_000 },
  'veo-3': { maker: 'gemini', microUsdPerSecond: 400_000 },
}

/**
 * A proxy before other vendors (`litellm/proxy/video_endpoints` of BerriAI/litellm): ids are its own, no video has a prompt, Gemini's
 * are `processing` and tell neither progress nor what was ordered. That a list is answered with a failure is so for Gemini,
 * Vertex AI and Runway; for OpenAI alone it would list. Which of its errors come with which words is UNVERIFIED.
 */
export const liteLlm: Flavour = {
  id: 'litellm',
  label: 'LiteLLM',
  takesJson: true,
  fields: null,
  errorStyle: 'openai',
  newId: (model) => {
    const id = `litellm:custom_llm_provider:${served[model]?.maker};model_id:${model};video_id:video_${hex(16)}`
    return `video_${Buffer.from(id).toString('base64')}`
  },
  price: (model) => served[model]?.microUsdPerSecond ?? 0,
  defaultModel: 'sora-2',
  models: Object.keys(served),
  lengths: null,
  sizes: null,
  failure: (code, message, refused) => ({ code: code ?? (refused ? 'moderation_blocked' : 'video_generation_failed'), message }),
  failedContentStatus: 500,
  deleteRunning: 'no-route',
  deleteAnswer: 'deleted',
  extra: (seconds) => ({ usage: { duration_seconds: seconds } }),
  needsKey: true,
  told({ prompt: _, ...video }) {
    if (served[String(video['model'])]?.maker !== 'gemini') return video
    const unfinished = video['status'] === 'queued' || video['status'] === 'in_progress'
    return { ...video, ...(unfinished && { status: 'processing' }), model: null, seconds: null, size: null, progress: null }
  },
  withoutList: true,
  withoutRanges: true,
}
