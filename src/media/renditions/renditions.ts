import type { MediaTool } from '../../ports/media-tool.ts'
import type { ToolRunner } from '../ffmpeg/run.ts'
import { encodeMp3, encodeWebm } from './encode.ts'
import { poster } from './poster.ts'
import { remuxM4a, remuxMp4 } from './remux.ts'
import { storyboard } from './storyboard.ts'

/** The files beside the ladder, made from finished segments or from a file made of them. Each writes one file in the folder it is given. */
export function createRenditions(
  runner: ToolRunner,
): Pick<MediaTool, 'remuxMp4' | 'remuxM4a' | 'encodeMp3' | 'encodeWebm' | 'poster' | 'storyboard'> {
  return {
    remuxMp4: (order) => remuxMp4(runner, order),
    remuxM4a: (order) => remuxM4a(runner, order),
    encodeMp3: (order) => encodeMp3(runner, order),
    encodeWebm: (order) => encodeWebm(runner, order),
    poster: (order) => poster(runner, order),
    storyboard: (order) => storyboard(runner, order),
  }
}
