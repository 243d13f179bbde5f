import { expect, test } from 'vitest'
import { loadConfig } from './config.ts'
import { bucketOf } from './open-objects.ts'

const bucket = (env: Record<string, string>) => bucketOf(loadConfig(env))

test('without a bucket files are in the data folder; with one they are in it, below the prefix', () => {
  expect(bucket({})).toBeNull()
  expect(bucket({ SLUICE_S3_BUCKET: 'media' })).toEqual({
    name: 'media',
    prefix: '',
    endpoint: undefined,
    region: undefined,
    keys: undefined,
  })
  expect(bucket({ SLUICE_S3_BUCKET: 'media', SLUICE_S3_PREFIX: 'a/b' })?.prefix).toBe('a/b/')
  expect(bucket({ SLUICE_S3_BUCKET: 'media', SLUICE_S3_PREFIX: 'a/b/' })?.prefix).toBe('a/b/')
  const keys = bucket({ SLUICE_S3_BUCKET: 'media', SLUICE_S3_ACCESS_KEY: 'id', SLUICE_S3_SECRET_KEY: 'secret' })?.keys
  expect(keys).toEqual({ accessKey: 'id', secretKey: 'secret' })
})

test('settings that do not go together, or are none, are named without what is secret', () => {
  const wrong: [Record<string, string>, RegExp][] = [
    [{ SLUICE_S3_BUCKET: 'media', SLUICE_S3_ACCESS_KEY: 'hush' }, /SLUICE_S3_SECRET_KEY is not/],
    [{ SLUICE_S3_BUCKET: 'media', SLUICE_S3_SECRET_KEY: 'hush' }, /SLUICE_S3_ACCESS_KEY is not/],
    [
      { SLUICE_S3_ENDPOINT: 'http://10.0.0.1', SLUICE_S3_SECRET_KEY: 'hush' },
      /BUCKET is not set, but there is SLUICE_S3_ENDPOINT, SLUICE_S3_SECRET_KEY/,
    ],
    [{ SLUICE_S3_BUCKET: 's3://media' }, /SLUICE_S3_BUCKET/],
    [{ SLUICE_S3_BUCKET: 'media', SLUICE_S3_PREFIX: '../up' }, /SLUICE_S3_PREFIX/],
    [{ SLUICE_S3_BUCKET: 'media', SLUICE_S3_ENDPOINT: 'minio:9000' }, /SLUICE_S3_ENDPOINT/],
  ]
  for (const [env, message] of wrong) {
    expect(() => bucket(env)).toThrow(expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching(message) }))
    expect(() => bucket(env)).not.toThrow(/hush/)
  }
})
