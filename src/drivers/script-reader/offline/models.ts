import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { SluiceError } from '../../../domain/errors.ts'

/** The folder of the models, one for each language. Throws `provider_unavailable`. */
export function modelsOfThePackage(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('soundswallower')), 'model')
  } catch (cause) {
    throw new SluiceError('provider_unavailable', 'The package soundswallower, which listens offline, is not installed.', {
      fix: 'npm install --no-save soundswallower, or set SLUICE_TRANSCRIBER.',
      cause,
    })
  }
}
