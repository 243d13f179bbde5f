import { SluiceError } from '../domain/errors.ts'

/** The address of a running server as `--server` gives it, without a slash at its end. Throws `config_invalid`. */
export function serverAddress(given: string): string {
  const url = URL.parse(given)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return given.replace(/\/+$/, '')
  throw new SluiceError('config_invalid', `--server ${JSON.stringify(given)} is not an address.`, {
    fix: 'Write it as http://127.0.0.1:8787.',
  })
}
