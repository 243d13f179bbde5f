import { uuidv7obj } from 'uuidv7'
import { ID_ALPHABET, type IdPrefix, type IdTypes } from '../domain/ids.ts'
import type { Ids } from '../ports/clock.ts'

/** UUIDv7 (RFC 9562) in 26 base 32 characters: ordered by millisecond, unique without asking anyone. */
export const ids: Ids = {
  next<P extends IdPrefix>(prefix: P) {
    let rest = BigInt(`0x${uuidv7obj().toHex()}`)
    let text = ''
    for (let i = 0; i < 26; i++) {
      text = ID_ALPHABET.charAt(Number(rest & 31n)) + text
      rest >>= 5n
    }
    return `${prefix}_${text}` as unknown as IdTypes[P]
  },
}
