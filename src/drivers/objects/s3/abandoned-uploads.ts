import { AbortMultipartUploadCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Bucket } from './bucket.ts'

/**
 * Aborts multipart uploads begun before a moment: what a killed process has uploaded is in no listing of objects, and is
 * paid for. Returns how many went. Those of a large bucket are looked through a page (1000) at each call.
 */
export async function abortUploadsBegunBefore(moment: Date, client: S3Client, { name, prefix }: Bucket): Promise<number> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: name, Prefix: prefix }))
  const old = Uploads.filter(({ Initiated }) => Initiated !== undefined && Initiated < moment)
  for (const { Key, UploadId } of old) await client.send(new AbortMultipartUploadCommand({ Bucket: name, Key, UploadId }))
  return old.length
}
