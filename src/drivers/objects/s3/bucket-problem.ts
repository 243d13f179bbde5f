import { S3ServiceException } from '@aws-sdk/client-s3'
import { SluiceError } from '../../../domain/errors.ts'
import { errnoOf } from '../disk-problem.ts'
import type { Bucket } from './bucket.ts'

const RIGHTS = 's3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload, s3:ListBucket and s3:ListBucketMultipartUploads'

/** What to do about the codes that setting it up wrong brings; the servers' names for them differ little. */
const remedies: Record<string, (bucket: Bucket) => string> = {
  NoSuchBucket: ({ name, endpoint }) =>
    `Make it (aws s3 mb s3://${name}${endpoint === undefined ? '' : ' --endpoint-url $SLUICE_S3_ENDPOINT'}), or name another one in SLUICE_S3_BUCKET.`,
  InvalidAccessKeyId: () => 'Correct SLUICE_S3_ACCESS_KEY: the server does not know it.',
  SignatureDoesNotMatch: () => 'Correct SLUICE_S3_SECRET_KEY: it does not belong to SLUICE_S3_ACCESS_KEY.',
  AccessDenied: ({ name }) => `Give the keys the rights ${RIGHTS} on the bucket ${name}.`,
  RequestTimeTooSkewed: () => 'Set the clock of this machine: it differs from the server’s by more than a quarter of an hour.',
  PermanentRedirect: () => 'Correct SLUICE_S3_REGION: the bucket is in another region.',
  AuthorizationHeaderMalformed: () => 'Correct SLUICE_S3_REGION: the bucket is in another region.',
  CredentialsProviderError: () => 'Set SLUICE_S3_ACCESS_KEY and SLUICE_S3_SECRET_KEY, or give this machine a role.',
}

/** A quota of the user or the bucket, or the disks of the server. */
const FULL = new Set(['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded'])

/** What the SDK calls an error without a code. */
const NO_CODE = new Set(['Unknown', 'UnknownError', 'Forbidden', '403'])

/** What an error of the SDK means: `storage_full` or `storage_unavailable`, with the setting to look at. */
export function bucketProblem(error: unknown, bucket: Bucket, doing: string): SluiceError {
  if (SluiceError.is(error)) return error
  const status = statusOf(error)
  const code = codeOf(error, status)
  const facts = { bucket: bucket.name, code, ...(status !== undefined && { status }) }
  if (FULL.has(code) || status === 507) {
    return new SluiceError('storage_full', `${doing} failed: the bucket ${bucket.name} takes no more (${code}).`, {
      fix: 'Raise its quota, or make room in it; then try again.',
      facts,
      cause: error,
    })
  }
  const said = [code, error instanceof Error ? error.message : ''].filter((word) => !['', 'Error', 'UnknownError'].includes(word))
  const detail = `${doing} failed: ${[...new Set(said)].join(', ')}`.replace(/\.*$/, '.')
  return new SluiceError('storage_unavailable', detail, {
    fix: remedies[code]?.(bucket) ?? 'Check SLUICE_S3_ENDPOINT and SLUICE_S3_REGION, and that the server runs; sluice doctor tries it.',
    facts,
    cause: error,
  })
}

/** HTTP status of an answer; absent when there was none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined
}

/** The answer to a HEAD has no body, so no code: a 403 may then be anything about keys and rights. */
function codeOf(error: unknown, status: number | undefined): string {
  if (!(error instanceof Error)) return 'unknown error'
  if (status === undefined) return errnoOf(error) ?? error.name
  return status === 403 && NO_CODE.has(error.name) ? 'AccessDenied' : error.name
}
