import type { BuiltInProfile, Check } from './check.ts'
import { fileChecks } from './file.ts'
import { guardChecks } from './guard.ts'
import { pictureChecks } from './picture.ts'
import { soundChecks } from './sound.ts'
import { speechChecks } from './speech.ts'

export type { BuiltInProfile, Check }

/** Every check there is, by its id. */
export const checks: Readonly<Record<string, Check>> = {
  ...fileChecks,
  ...soundChecks,
  ...pictureChecks,
  ...speechChecks,
  ...guardChecks,
}
