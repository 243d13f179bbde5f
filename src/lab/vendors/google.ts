import type { LabVendor } from '../lab.ts'
import { interactionRoutes, type RedirectTo } from './google/interactions.ts'
import { veoRoutes } from './google/veo.ts'

export interface GoogleLabOptions {
  /** Where downloads of files are sent to: another host, at Google. Default: as it is, below `/files` of the lab. */
  redirectTo?: RedirectTo
}

/** Both of Google's APIs for videos: Interactions of the Gemini Developer API, and Veo on Vertex AI. */
export function createGoogleVendor({ redirectTo = (url) => url }: GoogleLabOptions = {}): LabVendor {
  return {
    id: 'google',
    usage: (baseUrl) => `new GoogleGenAI({ apiKey: 'lab', httpOptions: { baseUrl: '${baseUrl}' } })`,
    async routes(app, lab) {
      await app.register(async (api) => {
        interactionRoutes(api, lab, redirectTo)
        veoRoutes(api, lab)
      })
    },
  }
}

export const google: LabVendor = createGoogleVendor()
