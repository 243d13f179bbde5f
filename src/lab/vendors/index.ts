import type { LabVendor } from '../lab.ts'
import { elevenlabs } from './elevenlabs.ts'
import { fal } from './fal.ts'
import { google } from './google.ts'
import { openai, videoServers } from './openai.ts'
import { replicate } from './replicate.ts'
import { runway } from './runway.ts'
import { suno } from './suno.ts'

// biome-ignore format: one line each, so that two people can add one at the same time
/** Every vendor the lab plays. */
export const labVendors: readonly LabVendor[] = [
  openai,
  ...videoServers,
  runway,
  fal,
  google,
  elevenlabs,
  suno,
  replicate,
]
