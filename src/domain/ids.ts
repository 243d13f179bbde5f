/**
 * Ids are prefixed, so a log line says what it names, and time-ordered (UUIDv7 in base 32), so an index stays dense.
 * The domain only names them; {@link ../ports/ids.ts} makes them.
 */
declare const brand: unique symbol
type Branded<Prefix extends string> = string & { readonly [brand]: Prefix }

export type TenantId = Branded<'ten'>
export type ApiKeyId = Branded<'key'>
export type JobId = Branded<'job'>
export type StepId = Branded<'stp'>
export type TakeId = Branded<'tak'>
export type AssetId = Branded<'ast'>
export type ReviewId = Branded<'rev'>
export type WebhookId = Branded<'whk'>
export type MessageId = Branded<'evt'>
export type ProcessId = Branded<'prc'>
export type DeadLetterId = Branded<'dlt'>

export interface IdTypes {
  ten: TenantId
  key: ApiKeyId
  job: JobId
  stp: StepId
  tak: TakeId
  ast: AssetId
  rev: ReviewId
  whk: WebhookId
  evt: MessageId
  prc: ProcessId
  dlt: DeadLetterId
}
export type IdPrefix = keyof IdTypes

/** Crockford's alphabet in lower case: sorts like the bytes, no letter is mistaken for a digit. */
export const ID_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
/** A UUIDv7 begins with its time in 48 of its 128 bits (RFC 9562 section 5.7). */
const TIME_SHIFT = 80n

/** When the id was made, to the millisecond. */
export function madeAt(id: JobId): Date {
  let number = 0n
  for (const digit of id.slice(id.indexOf('_') + 1)) number = number * 32n + BigInt(ID_ALPHABET.indexOf(digit))
  return new Date(Number(number >> TIME_SHIFT))
}

/** Whether `text` has the form `<prefix>_<26 lower-case base 32 characters>`. Says nothing of existence. */
export function isId<P extends IdPrefix>(prefix: P, text: string): text is IdTypes[P] & string {
  return new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`).test(text)
}
