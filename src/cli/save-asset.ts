import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from '../client/index.ts'
import type { AssetView } from '../wire/assets.ts'

export interface SavedFile {
  name: string
  label: string
  sizeBytes: number
}

/** Downloads every file of an asset, and its stream as a folder that plays from disk. */
export async function saveAsset(asset: AssetView, out: string, client: Client): Promise<{ folder: string; files: SavedFile[] }> {
  const folder = join(out, `${slug(asset.title)}-${asset.id.slice(-6)}`)
  await mkdir(folder, { recursive: true })
  const files: SavedFile[] = []
  for (const { name, label, url, sizeBytes } of asset.files) {
    const response = await request(client, url)
    if (!response.body) throw new Error(`${url} has no body`)
    await pipeline(Readable.fromWeb(response.body as import('node:stream/web').ReadableStream), createWriteStream(join(folder, name)))
    files.push({ name, label, sizeBytes })
  }
  if (asset.playbackUrl) {
    const sizeBytes = await saveStream(client, asset.playbackUrl, join(folder, 'hls'))
    files.unshift({ name: 'hls/master.m3u8', label: 'HLS stream, all qualities', sizeBytes })
  }
  return { folder, files }
}

/** Saves a playlist and, relative to it, everything it names. Returns the bytes written. */
async function saveStream(client: Client, url: string, folder: string, name = 'master.m3u8'): Promise<number> {
  const text = await (await request(client, url)).text()
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  let bytes = text.length
  for (const uri of urisOf(text)) {
    const target = new URL(uri, url).href
    const below = join(dirname(name), uri)
    if (below.startsWith('..')) throw new Error(`the playlist ${url} names a file outside its folder: ${uri}`)
    if (uri.endsWith('.m3u8')) bytes += await saveStream(client, target, folder, below)
    else {
      const body = new Uint8Array(await (await request(client, target)).arrayBuffer())
      await writeFile(join(folder, below), body)
      bytes += body.length
    }
  }
  return bytes
}

function urisOf(playlist: string): string[] {
  return playlist.split('\n').flatMap((line) => {
    if (line === '') return []
    if (!line.startsWith('#')) return [line]
    const named = /URI="([^"]+)"/.exec(line)?.[1]
    return named ? [named] : []
  })
}

async function request(client: Client, url: string): Promise<Response> {
  const response = await fetch(url, { headers: await client.headersFor(url), signal: AbortSignal.timeout(60_000) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response
}

function slug(title: string): string {
  const words = title
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return words.slice(0, 48).replace(/-+$/, '') || 'asset'
}
