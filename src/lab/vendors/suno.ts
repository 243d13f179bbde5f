import type { LabVendor } from '../lab.ts'
import { reseller } from './suno/reseller.ts'
import { selfHosted } from './suno/self-hosted.ts'

/**
 * The two unofficial ways to Suno under one address: `suno-api` (gcui-art/suno-api: `/api/generate`, `/api/get`) without a key, and
 * sunoapi.org (`/api/v1/generate`, `record-info`) with one. Suno itself has no public API. Each order makes two songs.
 *
 * Chosen where nothing readable says it: songs are 12 s long; suno-api says `submitted`, `queued`, `streaming`, `complete` or `error`
 * and refuses a prompt at once with a 400 (`[lab:refuse-input=402]`: no credits); sunoapi.org judges it while it works; while a song
 * is made it has an address that is not served; of `partial-result` the second song is in error, of `partial-result=first` the first;
 * nothing is refunded but what fails with 531; a callback address below `.invalid` is not called and shows as CALLBACK_EXCEPTION
 * until the songs are done. A key with `invalid` in it is not accepted, one with `broke` has no credits.
 */
export const suno: LabVendor = {
  id: 'suno',
  usage: (baseUrl) => `SUNO_BASE_URL=${baseUrl}`,
  routes(app, lab) {
    selfHosted(app, lab)
    reseller(app, lab)
  },
}
