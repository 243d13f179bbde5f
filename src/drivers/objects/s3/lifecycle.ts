import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type S3Client,
  type TransitionDefaultMinimumObjectSize,
} from '@aws-sdk/client-s3'
import { SluiceError } from '../../../domain/errors.ts'
import { type Bucket, connectTo } from './bucket.ts'
import { bucketProblem, statusOf } from './bucket-problem.ts'
import { dangersOf, differencesOf, isOurs, type LifecycleDays, wantedRules } from './lifecycle-rules.ts'

export interface LifecycleReport {
  /** Names of the rules that Sluice wants. */
  wanted: string[]
  /** How the rules differ from those, and rules of others that do harm; empty: all is well. */
  differences: string[]
  /** Rules of others that stand beside them. */
  others: number
}

interface Standing {
  rules: LifecycleRule[]
  /** A setting of the whole configuration, which a write without it would reset. */
  minimumSize: TransitionDefaultMinimumObjectSize | undefined
}

const IDLE_MS = 20_000

/** Compares the lifecycle rules of a bucket with those that Sluice wants. Throws `storage_unavailable`. */
export async function checkLifecycle(bucket: Bucket, days: LifecycleDays): Promise<LifecycleReport> {
  return connected(bucket, async (client) => reportOf(await read(client, bucket), bucket, days))
}

/**
 * Writes the rules that Sluice wants in place of its own that stand there, leaves those of others as they are, and reads all back. Where nothing
 * differs nothing is written. Who else changes the rules in the same moment may be overwritten: S3 knows no condition there.
 * Throws `storage_unavailable`.
 */
export async function applyLifecycle(bucket: Bucket, days: LifecycleDays): Promise<LifecycleReport & { written: boolean }> {
  return connected(bucket, async (client) => {
    const before = await read(client, bucket)
    const wanted = wantedRules(bucket, days)
    if (differencesOf(before.rules, wanted, bucket).length === 0) return { ...reportOf(before, bucket, days), written: false }
    const others = before.rules.filter((rule) => !isOurs(rule, bucket))
    await putLifecycle(client, bucket, { ...before, rules: [...others, ...wanted] })
    const after = await read(client, bucket)
    const report = reportOf(after, bucket, days)
    const changed = others.filter((rule) => !after.rules.some((other) => isDeepStrictEqual(other, rule)))
    const lost = changed.map(({ ID = 'without a name' }) => `The rule ${ID} of others came back otherwise than it was`)
    return { ...report, differences: [...report.differences, ...lost], written: true }
  })
}

function reportOf({ rules }: Standing, bucket: Bucket, days: LifecycleDays): LifecycleReport {
  const wanted = wantedRules(bucket, days)
  return {
    wanted: wanted.flatMap(({ ID = [] }) => ID),
    differences: [...differencesOf(rules, wanted, bucket), ...dangersOf(rules, bucket)],
    others: rules.filter((rule) => !isOurs(rule, bucket)).length,
  }
}

async function connected<T>(bucket: Bucket, work: (client: S3Client) => Promise<T>): Promise<T> {
  const client = connectTo(bucket, { sockets: 1, idleMs: IDLE_MS })
  try {
    return await work(client)
  } finally {
    client.destroy()
  }
}

async function read(client: S3Client, bucket: Bucket): Promise<Standing> {
  try {
    const answer = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket.name }))
    return { rules: answer.Rules ?? [], minimumSize: answer.TransitionDefaultMinimumObjectSize }
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchLifecycleConfiguration') return { rules: [], minimumSize: undefined }
    throw lifecycleProblem(error, bucket, `Reading the rules of the bucket ${bucket.name}`)
  }
}

/** Puts these rules in the place of all that stand. */
export async function putLifecycle(client: S3Client, bucket: Bucket, { rules, minimumSize }: Standing): Promise<void> {
  const command = new PutBucketLifecycleConfigurationCommand({
    Bucket: bucket.name,
    LifecycleConfiguration: { Rules: rules },
    ...(minimumSize !== undefined && { TransitionDefaultMinimumObjectSize: minimumSize }),
  })
  // The API has always wanted Content-MD5 here. The SDK sends a newer checksum in its place, which servers like S3 do not take for it.
  command.middlewareStack.add(
    (next) => (args) => {
      const { headers, body } = args.request as { headers: Record<string, string>; body: string | Uint8Array }
      for (const name of Object.keys(headers)) if (/^x-amz-(sdk-)?checksum-/i.test(name)) delete headers[name]
      headers['content-md5'] = createHash('md5').update(body).digest('base64')
      return next(args)
    },
    { step: 'build', name: 'contentMd5', priority: 'low' },
  )
  try {
    await client.send(command)
  } catch (error) {
    throw lifecycleProblem(error, bucket, `Writing the rules of the bucket ${bucket.name}`)
  }
}

function lifecycleProblem(error: unknown, bucket: Bucket, doing: string): SluiceError {
  const problem = bucketProblem(error, bucket, doing)
  const code = problem.facts['code']
  if (statusOf(error) === 501 || statusOf(error) === 405 || code === 'NotImplemented' || code === 'MethodNotAllowed') {
    return new SluiceError('storage_unavailable', `${doing} failed: the server has no lifecycle rules (${code}).`, {
      fix: 'Do without: Sluice removes what is over by itself, and aborts unfinished uploads at each start. Where the bucket keeps versions, remove old ones by the server’s own means.',
      facts: problem.facts,
      cause: error,
    })
  }
  if (code !== 'AccessDenied') return problem
  return new SluiceError('storage_unavailable', problem.message, {
    fix: `Give the keys the rights s3:GetLifecycleConfiguration and, to apply, s3:PutLifecycleConfiguration on the bucket ${bucket.name}; or run this with the keys of its owner.`,
    facts: problem.facts,
    cause: error,
  })
}
