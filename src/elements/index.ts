/**
 * Importing this registers `<sluice-progress>`, `<sluice-preview>` and `<sluice-player>`. Where there are no custom elements
 * (a server) it does nothing.
 */
import { PlayerElement } from './player/player-element.ts'
import { PreviewElement } from './preview/preview-element.ts'
import { ProgressElement } from './progress/progress-element.ts'

export type {
  JobSource,
  SluiceEventMap,
  SluicePlayerElement,
  SluicePreviewElement,
  SluiceProgressElement,
  SnapshotInput,
} from './contract.ts'
export { etaText } from './progress/eta-text.ts'
export type { ProgressMessages } from './progress/messages.ts'

const elements = { 'sluice-progress': ProgressElement, 'sluice-preview': PreviewElement, 'sluice-player': PlayerElement }

if (typeof customElements !== 'undefined') {
  for (const [name, element] of Object.entries(elements)) if (!customElements.get(name)) customElements.define(name, element)
}
