import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Bucket } from './bucket.ts'
import { statusOf } from './bucket-problem.ts'

/** Names the installation whose files are there. Beside `jobs/`, so no listing of jobs meets it. */
const OWNER_KEY = 'sluice-installation'

/**
 * Writes whose files these are, if nobody has, and returns who stands there. Of several who begin together the server lets one write. One that ignores
 * the condition lets the last of them, which the others learn at their next start.
 */
export async function claimBucket(client: S3Client, { name, prefix }: Bucket, installation: string): Promise<string> {
  const place = { Bucket: name, Key: prefix + OWNER_KEY }
  const standing = await owner(client, place)
  if (standing !== undefined) return standing
  const order = { ...place, Body: installation, ContentType: 'text/plain' }
  try {
    await client.send(new PutObjectCommand({ ...order, IfNoneMatch: '*' }))
  } catch (error) {
    const status = statusOf(error)
    if (status === 501) await client.send(new PutObjectCommand(order))
    // Another was quicker, or is at it.
    else if (status !== 412 && status !== 409) throw error
  }
  return (await owner(client, place)) ?? installation
}

async function owner(client: S3Client, place: { Bucket: string; Key: string }): Promise<string | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand(place))
    return (await Body?.transformToString())?.trim()
  } catch (error) {
    if (statusOf(error) === 404 && error instanceof Error && error.name === 'NoSuchKey') return undefined
    throw error
  }
}
