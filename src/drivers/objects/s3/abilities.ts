import { randomUUID } from 'node:crypto'
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { Bucket } from './bucket.ts'
import { statusOf } from './bucket-problem.ts'
import { PROBES_PREFIX } from './lifecycle-rules.ts'

/** `unknown`: it could not be tried. */
type Answer = 'yes' | 'no' | 'unknown'

/** What servers like S3 differ in, of what is asked of them here. */
export interface Abilities {
  /** A part of an object is answered with that part. */
  ranges: Answer
  /** A read under `If-Match` of another version is refused. */
  conditionalReads: Answer
  /** A write under `If-None-Match: *` is refused where there is an object. */
  conditionalWrites: Answer
}

/** What a server lacks, and what follows from it, in words. */
export function lacksOf({ ranges, conditionalReads, conditionalWrites }: Abilities): { lacks: string; follows: string }[] {
  return [
    ...lack(
      ranges,
      'ignores ranges',
      'each part of a file that a player asks for is read from the beginning of the file, and a read that breaks off fails',
    ),
    ...lack(
      conditionalReads,
      'ignores If-Match',
      'versions of an object are told apart by the ETag of the answer alone, which Sluice compares itself',
    ),
    ...lack(
      conditionalWrites,
      'writes over an object that it was told not to',
      'two installations that begin with this bucket in the same moment may both take it for theirs; give each a SLUICE_S3_PREFIX of its own',
    ),
  ]
}

function lack(answer: Answer, lacks: string, follows: string): { lacks: string; follows: string }[] {
  if (answer === 'yes') return []
  return [answer === 'no' ? { lacks, follows } : { lacks: `${lacks}, perhaps: it could not be tried`, follows: `if so, ${follows}` }]
}

/** Tries it, with an object of a few bytes that is removed again. Never throws. */
export async function probeAbilities(client: S3Client, { name, prefix }: Bucket): Promise<Abilities> {
  const place = { Bucket: name, Key: `${prefix}${PROBES_PREFIX}${randomUUID()}` }
  const write = () => client.send(new PutObjectCommand({ ...place, Body: 'sluice', IfNoneMatch: '*' }))
  try {
    await write()
  } catch (error) {
    // Some refuse the header altogether, and then there is nothing to read either.
    const conditionalWrites = statusOf(error) === 501 ? 'no' : 'unknown'
    if (conditionalWrites === 'unknown' || !(await written(client, place)))
      return { ranges: 'unknown', conditionalReads: 'unknown', conditionalWrites }
    const read = await probeReads(client, place)
    await remove(client, place)
    return { ...read, conditionalWrites }
  }
  const [reads, conditionalWrites] = await Promise.all([probeReads(client, place), refused(write)])
  await remove(client, place)
  return { ...reads, conditionalWrites }
}

type Place = { Bucket: string; Key: string }

async function probeReads(client: S3Client, place: Place): Promise<Pick<Abilities, 'ranges' | 'conditionalReads'>> {
  const [ranges, conditionalReads] = await Promise.all([
    partly(client, place),
    refused(async () => {
      const { Body } = await client.send(new GetObjectCommand({ ...place, IfMatch: '"another"' }))
      await Body?.transformToByteArray()
    }),
  ])
  return { ranges, conditionalReads }
}

async function partly(client: S3Client, place: Place): Promise<Answer> {
  try {
    const { Body, ContentRange } = await client.send(new GetObjectCommand({ ...place, Range: 'bytes=2-3' }))
    return (await Body?.transformToString()) === 'ui' && ContentRange === 'bytes 2-3/6' ? 'yes' : 'no'
  } catch {
    return 'unknown'
  }
}

/** Whether the server answers 412. */
async function refused(ask: () => Promise<unknown>): Promise<Answer> {
  try {
    await ask()
    return 'no'
  } catch (error) {
    return statusOf(error) === 412 ? 'yes' : 'unknown'
  }
}

const written = (client: S3Client, place: Place): Promise<boolean> =>
  client.send(new PutObjectCommand({ ...place, Body: 'sluice' })).then(
    () => true,
    () => false,
  )

/** What stays is removed by a rule of the bucket, where it has those. */
const remove = (client: S3Client, place: Place): Promise<unknown> => client.send(new DeleteObjectCommand(place)).catch(() => undefined)
