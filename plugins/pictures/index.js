import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
// The modules, not the CommonJS build: that one copies the weights, a string of 5 MB, character by character into an object.
import { load } from 'nsfwjs/core'
import { MobileNetV2MidModel } from 'nsfwjs/models/mobilenet_v2_mid'

const SIDE = 224

/** Answers 224x224 pixels of RGBA with `{ className, probability }` for each of the five classes. */
export async function open() {
  const backend = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')
  setWasmPaths(join(dirname(backend), 'wasm-out/'))
  if (!(await tf.setBackend('wasm'))) throw new Error('WebAssembly cannot be used here')
  const model = await load('MobileNetV2Mid', { modelDefinitions: [MobileNetV2MidModel] })
  return {
    async ask(rgba) {
      const picture = tf.tensor3d(Int32Array.from(rgba), [SIDE, SIDE, 4], 'int32')
      const colours = picture.slice([0, 0, 0], [SIDE, SIDE, 3])
      try {
        return await model.classify(colours)
      } finally {
        tf.dispose([picture, colours])
      }
    },
  }
}
