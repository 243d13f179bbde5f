import type { GenerateRequest } from '../../../domain/generate.ts'

/** Servers with `/v1/videos`. `openai`: the shape as OpenAI described it, without additions. */
export type Flavour = 'openai' | 'litellm' | 'vllm-omni' | 'sglang' | 'fastvideo'

/** How a server differs from the shape; read in the servers' own sources and documentation in November 2026. */
export interface FlavourFacts {
  label: string
  /** Runs on the operator's own machine: an order costs nothing and any name of a model will do. */
  own: boolean
  /** Honours `seed`. */
  seed: boolean
  /** What `DELETE` does to a video that is being made. `nothing`: it is made all the same, or not allowed. */
  deleteStops: boolean
  /** Its `progress` can be believed. */
  progress: boolean
  body(order: VideoOrder): FormData | Record<string, unknown>
}

export type VideoOrder = Omit<Extract<GenerateRequest, { kind: 'video' }>, 'kind' | 'scene'>

const sizeOf = ({ width, height }: VideoOrder): string => `${width}x${height}`

/** `seconds` is a string in the shape. */
const plain = ({ model, prompt, durationSeconds, imageUrl, ...order }: VideoOrder): Record<string, unknown> => ({
  ...(model !== undefined && { model }),
  prompt,
  seconds: String(durationSeconds),
  size: `${order.width}x${order.height}`,
  ...(imageUrl !== undefined && { input_reference: { image_url: imageUrl } }),
})

/** SGLang's members, which FastVideo has as well: `seconds` is a number, a picture comes by its address. FastVideo refuses others. */
const extended = (order: VideoOrder): Record<string, unknown> => ({
  ...(order.model !== undefined && { model: order.model }),
  prompt: order.prompt,
  seconds: order.durationSeconds,
  size: sizeOf(order),
  fps: order.fps,
  seed: order.seed,
  ...(order.imageUrl !== undefined && { reference_url: order.imageUrl }),
})

/** vLLM-Omni takes forms only; a picture by its address is JSON inside one. */
function form(order: VideoOrder): FormData {
  const fields = new FormData()
  if (order.model !== undefined) fields.set('model', order.model)
  fields.set('prompt', order.prompt)
  fields.set('seconds', String(order.durationSeconds))
  fields.set('size', sizeOf(order))
  fields.set('fps', String(order.fps))
  fields.set('seed', String(order.seed))
  if (order.imageUrl !== undefined) fields.set('image_reference', JSON.stringify({ image_url: order.imageUrl }))
  return fields
}

export const flavours: Record<Flavour, FlavourFacts> = {
  openai: { label: 'The video server', own: false, seed: false, deleteStops: false, progress: true, body: plain },
  litellm: { label: 'LiteLLM', own: false, seed: false, deleteStops: false, progress: true, body: plain },
  'vllm-omni': { label: 'vLLM-Omni', own: true, seed: true, deleteStops: true, progress: true, body: form },
  sglang: { label: 'SGLang', own: true, seed: true, deleteStops: false, progress: true, body: extended },
  // It tells 100 from the beginning.
  fastvideo: { label: 'FastVideo', own: true, seed: true, deleteStops: false, progress: false, body: extended },
}
