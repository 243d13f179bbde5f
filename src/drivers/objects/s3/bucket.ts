import { S3Client } from '@aws-sdk/client-s3'

/** A bucket, or the part of one below a prefix, and how to get at it. */
export interface Bucket {
  name: string
  /** Stands before every key in the bucket: empty, or ends with a slash. */
  prefix: string
  /** A server other than AWS; buckets are then addressed by path. */
  endpoint: string | undefined
  /** Absent: the SDK looks for it; at an endpoint, where it hardly ever matters, `us-east-1`. */
  region: string | undefined
  /** Absent: the SDK looks for them (environment, profile, the role of the machine). */
  keys: { accessKey: string; secretKey: string } | undefined
}

/** Every call is tried so often, with growing pauses, when the server is not reached, is busy (503 SlowDown) or fails. */
const TRIES = 3
/** Also how long a call waits for a socket when all are in use. */
const CONNECT_WITHIN_MS = 5_000
/** From the first byte of the request to the head of the answer: a part of an upload on a slow line takes this long. */
const ANSWER_WITHIN_MS = 120_000

/**
 * A client with time limits on every call. Close it with `destroy`.
 * @param sockets the most connections at once
 * @param idleMs when a connection is given up on which nothing moves
 */
export function connectTo({ endpoint, region, keys }: Bucket, { sockets, idleMs }: { sockets: number; idleMs: number }): S3Client {
  return new S3Client({
    ...(endpoint !== undefined && {
      endpoint,
      forcePathStyle: true,
      region: region ?? 'us-east-1',
      // Servers like S3 know few of the newer checksums, and some store the frames they come in.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    ...(region !== undefined && { region }),
    ...(keys && { credentials: { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey } }),
    maxAttempts: TRIES,
    // With it the SDK takes sockets beyond the limit, and waits for ANSWER_WITHIN_MS where a server does not know it.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
      socketTimeout: idleMs,
      httpAgent: { maxSockets: sockets },
      httpsAgent: { maxSockets: sockets },
    },
  })
}
