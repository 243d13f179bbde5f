import { isFinal } from '../../domain/job.ts'
import { h, openShadow, SluiceElement, setAttribute, setText } from '../base-element.ts'
import { loadPicture } from '../picture.ts'
import { theme } from '../theme.ts'

const styles = `${theme}
:host { display: block; }
figure { margin: 0; position: relative; aspect-ratio: var(--sluice-preview-ratio, 16 / 9); background: var(--_track); border-radius: var(--_radius); overflow: hidden; }
img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
figcaption { position: absolute; inset: auto 8px 8px auto; padding: 2px 8px; border-radius: 6px; background: #000b; color: #fff; font-size: 0.8em; }
@media (prefers-reduced-motion: no-preference) {
  img[data-new] { animation: appear 0.4s ease-out; }
}
@keyframes appear { from { opacity: 0; } }
`

/**
 * `<sluice-preview>`: the last picture of the work in progress. A picture is shown only once it has arrived whole, so
 * a broken or slow one never takes the place of a good one.
 */
export class PreviewElement extends SluiceElement {
  #figure: HTMLElement | null = null
  #caption = h('figcaption', { part: 'caption', hidden: '' })
  #shownSeq = -1
  #wanted = ''
  #loading: AbortController | null = null
  #release: (() => void) | null = null

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#loading?.abort()
    this.#wanted = ''
  }

  protected override jobChanged(): void {
    this.#loading?.abort()
    this.#shownSeq = -1
    this.#wanted = ''
    for (const image of this.#figure?.querySelectorAll('img') ?? []) image.remove()
  }

  protected override update(): void {
    if (!this.#figure) {
      this.#figure = h('figure', {}, this.#caption)
      openShadow(this, styles).append(this.#figure)
    }
    const snapshot = this.snapshot
    const ended = snapshot !== null && isFinal(snapshot.state)
    const empty = this.#shownSeq < 0
    setText(this.#caption, empty ? 'The first picture comes soon' : 'Preview')
    this.#caption.hidden = ended
    // what will never have a picture takes no room
    this.#figure.hidden = ended && empty && !snapshot.preview
    const preview = snapshot?.preview
    if (!preview || preview.seq <= this.#shownSeq || preview.url === this.#wanted) return
    this.#wanted = preview.url
    void this.#show(preview)
  }

  async #show(preview: { url: string; seq: number; alt: string }): Promise<void> {
    this.#loading?.abort()
    const loading = new AbortController()
    this.#loading = loading
    // a picture that fails is forgotten; the next one comes with the next event
    const picture = await loadPicture(preview.url, this.job, loading.signal).catch(() => null)
    if (!picture || loading.signal.aborted || preview.seq <= this.#shownSeq) return picture?.release()
    const { image } = picture
    image.alt = preview.alt
    setAttribute(image, 'part', 'media')
    setAttribute(image, 'data-new', '')
    const old = this.#figure?.querySelector('img')
    const releaseOld = this.#release
    if (old) old.after(image)
    else this.#figure?.prepend(image)
    this.#release = picture.release
    // the old one stays below until the new one has faded in; without motion there is nothing to wait for
    void Promise.allSettled(image.getAnimations().map(({ finished }) => finished)).then(() => {
      old?.remove()
      releaseOld?.()
    })
    this.#shownSeq = preview.seq
    this.update()
    this.emit('sluice-preview', { seq: preview.seq })
  }
}
