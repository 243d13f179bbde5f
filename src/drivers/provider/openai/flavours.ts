import type { GenerateRequest } from '../../../domain/generate.ts'
import type { ModelFacts } from '../../../ports/provider.ts'

/** Servers with `/v1/videos`. `openai`: the shape as OpenAI described it, without additions. */
export type Flavour = 'openai' | 'litellm' | 'vllm-omni' | 'sglang' | 'fastvideo'

/** How a server differs from the shape; read in the servers' own sources and documentation in November 2026. */
export interface FlavourFacts {
  label: string
  /** Runs on the operator's own machine: unless models are listed, any name will do and an order costs nothing. */
  own: boolean
  /** Honours `seed`. */
  seed: boolean
  /** Takes a picture to begin with, by its address. */
  image: boolean
  /** What it is known to make as asked, whatever the model. Absent: sizes are the model's affair. */
  sizes?: ModelFacts['sizes']
  /** Its list names every video, so that an order whose answer was lost is in it or was not taken. */
  lists: boolean
  /** Sent with every call. */
  headers?: Record<string, string>
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

/**
 * LiteLLM's proxy before OpenAI, Azure, Gemini, Vertex AI and Runway (`litellm/proxy/video_endpoints` and
 * `litellm/llms/<vendor>/videos/transformation.py`). What is claimed is what holds for all of them: two sizes reach each vendor as
 * they are (for Gemini any other becomes 16:9), and a picture has no form that they share. Its list asks one vendor, and of most
 * there is none. Progress is passed on in the scale of the vendor. By itself it sends an order that failed twice more, unless
 * the header says otherwise (docs.litellm.ai/docs/proxy/request_headers).
 */
const litellm: FlavourFacts = {
  label: 'LiteLLM',
  own: false,
  seed: false,
  image: false,
  sizes: ['1280x720', '720x1280'],
  lists: false,
  headers: { 'x-litellm-num-retries': '0' },
  deleteStops: false,
  progress: false,
  body: plain,
}

const own = { own: true, seed: true, image: true, lists: true } as const

export const flavours: Record<Flavour, FlavourFacts> = {
  openai: {
    label: 'The video server',
    own: false,
    seed: false,
    image: true,
    lists: true,
    deleteStops: false,
    progress: true,
    body: plain,
  },
  litellm,
  'vllm-omni': { ...own, label: 'vLLM-Omni', deleteStops: true, progress: true, body: form },
  sglang: { ...own, label: 'SGLang', deleteStops: false, progress: true, body: extended },
  // It tells 100 from the beginning.
  fastvideo: { ...own, label: 'FastVideo', deleteStops: false, progress: false, body: extended },
}

/** A model as an operator lists it, by name and price: it takes what its server is known to take. */
export function servedModel(flavour: Flavour, id: string, price: ModelFacts['price']): ModelFacts {
  const { seed, image, sizes } = flavours[flavour]
  return { id, kind: 'video', seed, image, ...(sizes && { sizes }), price }
}
