import type { LifecycleRule } from '@aws-sdk/client-s3'
import { JOBS_PREFIX } from '../../../domain/object-keys.ts'
import type { Bucket } from './bucket.ts'

/** Where `sluice doctor` writes what it tries a bucket with. */
export const PROBES_PREFIX = 'doctor/'

export interface LifecycleDays {
  /** When what a killed process has uploaded of a large object goes. No upload takes a day. Default 2. */
  unfinishedUploads: number
  /** In a bucket with versions, when what Sluice has removed or replaced is really removed. Default 7. */
  removedVersions: number
}

/**
 * The rules of a bucket that Sluice writes, for what lies below its prefix. None of them removes the current version of anything a
 * job has made: how long that stays changes - by a hold, by its release - and a bucket cannot be told in time.
 */
export function wantedRules({ prefix }: Pick<Bucket, 'prefix'>, { unfinishedUploads, removedVersions }: LifecycleDays): LifecycleRule[] {
  const rule = (name: string, below: string, action: Partial<LifecycleRule>): LifecycleRule => ({
    ID: idOf(name, prefix),
    Status: 'Enabled',
    Filter: { Prefix: below },
    ...action,
  })
  return [
    rule('unfinished-uploads', prefix, { AbortIncompleteMultipartUpload: { DaysAfterInitiation: unfinishedUploads } }),
    rule('removed-versions', prefix, {
      NoncurrentVersionExpiration: { NoncurrentDays: removedVersions },
      Expiration: { ExpiredObjectDeleteMarker: true },
    }),
    rule('probes', prefix + PROBES_PREFIX, { Expiration: { Days: 1 } }),
  ]
}

/** Installations that share a bucket have prefixes of their own, so rules of their own. */
const idOf = (name: string, prefix: string): string => `sluice-${name}${prefix === '' ? '' : `:${prefix}`}`

/** Whether Sluice has written it for this prefix, now or in an earlier version. */
export function isOurs({ ID = '' }: LifecycleRule, { prefix }: Pick<Bucket, 'prefix'>): boolean {
  const [name = '', ...rest] = ID.split(':')
  return name.startsWith('sluice-') && rest.join(':') === prefix
}

/** What is wrong with the rules as they stand, in words; empty: nothing. */
export function differencesOf(standing: LifecycleRule[], wanted: LifecycleRule[], bucket: Pick<Bucket, 'prefix'>): string[] {
  const missing = wanted.flatMap((rule) => {
    const found = standing.find(({ ID }) => ID === rule.ID)
    if (!found) return [`${rule.ID} is missing`]
    const [is, should] = [actsOf(found), actsOf(rule)]
    return is === should ? [] : [`${rule.ID}: ${is}; it should be: ${should}`]
  })
  const odd = standing.filter((rule) => isOurs(rule, bucket) && !wanted.some(({ ID }) => ID === rule.ID))
  return [...missing, ...odd.map((rule) => `${rule.ID} is none of today's rules: ${actsOf(rule)}`)]
}

/**
 * Rules of others that would take away what is still to be kept, or put it where it cannot be read at once. Those that ask for a tag
 * do not: Sluice gives its objects none.
 */
export function dangersOf(standing: LifecycleRule[], bucket: Pick<Bucket, 'prefix'>): string[] {
  const kept = bucket.prefix + JOBS_PREFIX
  return standing
    .filter((rule) => !isOurs(rule, bucket) && rule.Status === 'Enabled' && !asksForTag(rule) && overlap(prefixOf(rule), kept))
    .flatMap((rule) => {
      const { Expiration, Transitions = [] } = rule
      const away = Transitions.find(({ StorageClass }) => StorageClass === 'GLACIER' || StorageClass === 'DEEP_ARCHIVE')
      const name = rule.ID === undefined ? 'A rule without a name' : `The rule ${rule.ID}`
      return [
        ...(Expiration?.Days !== undefined || Expiration?.Date !== undefined
          ? [`${name} removes what is below ${kept} by age, also what is permanent or held`]
          : []),
        ...(away ? [`${name} moves what is below ${kept} to ${away.StorageClass}, where it cannot be played`] : []),
      ]
    })
}

/** In words, with all that decides what a rule does. */
function actsOf(rule: LifecycleRule): string {
  const { AbortIncompleteMultipartUpload: abort, Expiration: expire, NoncurrentVersionExpiration: old, Transitions = [] } = rule
  const acts = [
    ...(abort ? [`unfinished uploads go after ${days(abort.DaysAfterInitiation)}`] : []),
    ...(old ? [`removed versions go after ${days(old.NoncurrentDays)}${old.NewerNoncurrentVersions ? ' but for the newest' : ''}`] : []),
    ...(expire?.ExpiredObjectDeleteMarker ? ['their markers go as well'] : []),
    ...(expire?.Days !== undefined ? [`everything goes after ${days(expire.Days)}`] : []),
    ...(expire?.Date !== undefined ? [`everything goes on ${expire.Date.toISOString().slice(0, 10)}`] : []),
    ...(Transitions.length > 0 ? ['objects are moved to another class'] : []),
  ]
  const where = prefixOf(rule) === '' ? 'everywhere' : `below ${prefixOf(rule)}`
  return `${rule.Status === 'Enabled' ? '' : 'switched off, '}${where}${asksForTag(rule) ? ' with a tag' : ''}, ${acts.join(', ') || 'nothing'}`
}

const days = (count = 0): string => (count === 1 ? '1 day' : `${count} days`)

/** Older servers answer with the prefix where it was before there were filters. */
const prefixOf = ({ Filter, Prefix }: LifecycleRule): string => Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? ''

const asksForTag = ({ Filter }: LifecycleRule): boolean => Filter?.Tag !== undefined || (Filter?.And?.Tags?.length ?? 0) > 0

const overlap = (one: string, other: string): boolean => one.startsWith(other) || other.startsWith(one)
