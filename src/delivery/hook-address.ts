import { createHmac, timingSafeEqual } from 'node:crypto'
import type { TakeId } from '../domain/ids.ts'

/** The address a provider is given with an order. Nobody who was not given it can guess the token. */
export function hookAddress(publicUrl: string, secret: string, provider: string, takeId: TakeId): string {
  return `${publicUrl.replace(/\/+$/, '')}/hooks/${provider}/${takeId}/${tokenOf(secret, provider, takeId)}`
}

export function sameToken(secret: string, provider: string, takeId: TakeId, token: string): boolean {
  const [mine, given] = [Buffer.from(tokenOf(secret, provider, takeId)), Buffer.from(token)]
  return mine.length === given.length && timingSafeEqual(mine, given)
}

const tokenOf = (secret: string, provider: string, takeId: TakeId): string =>
  createHmac('sha256', secret).update(`${provider}/${takeId}`).digest('base64url')
