import type { JobSource, SnapshotInput } from './contract.ts'

/** `HTMLElement`, or an empty class where there is none, so that importing the elements on a server does no harm. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as typeof HTMLElement)

/** What all elements share: a job or a plain snapshot to show, and one style sheet. */
export abstract class SluiceElement extends Base {
  #job: JobSource | null = null
  #snapshot: SnapshotInput | null = null
  #unsubscribe: (() => void) | null = null

  /** Follows a job. Takes precedence over {@link snapshot}. */
  get job(): JobSource | null {
    return this.#job
  }

  set job(job: JobSource | null) {
    if (job === this.#job) return
    this.#leave()
    this.#job = job
    this.jobChanged()
    if (this.isConnected) this.#follow()
  }

  /** Shows plain state. */
  get snapshot(): SnapshotInput | null {
    return this.#job ? this.#job.getSnapshot() : this.#snapshot
  }

  set snapshot(snapshot: SnapshotInput | null) {
    this.#snapshot = snapshot
    if (this.isConnected && !this.#job) this.update()
  }

  connectedCallback(): void {
    for (const name of ['job', 'snapshot'] as const) this.#upgrade(name)
    this.#follow()
  }

  disconnectedCallback(): void {
    this.#leave()
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (this.isConnected && before !== after) this.update()
  }

  /** Brings what is shown in line with the state and the attributes. */
  protected abstract update(): void

  /** Another job is shown from now on. */
  protected jobChanged(): void {}

  /** Tells the page, through every shadow root. Returns `false` when the page prevented what follows. */
  protected emit(type: string, detail: unknown, cancelable = false): boolean {
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, cancelable }))
  }

  #follow(): void {
    if (!this.#unsubscribe && this.#job) this.#unsubscribe = this.#job.subscribe(() => this.update())
    this.update()
  }

  #leave(): void {
    this.#unsubscribe?.()
    this.#unsubscribe = null
  }

  /** A property set before the element was defined lies on the instance and hides the accessor. */
  #upgrade(name: 'job' | 'snapshot'): void {
    if (!Object.hasOwn(this, name)) return
    const value = this[name]
    delete (this as Partial<Record<typeof name, unknown>>)[name]
    Object.assign(this, { [name]: value })
  }
}

/** Opens the shadow root with a constructed style sheet, which a strict content security policy allows. */
export function openShadow(element: HTMLElement, styles: string, delegatesFocus = false): ShadowRoot {
  const root = element.attachShadow({ mode: 'open', delegatesFocus })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(styles)
  root.adoptedStyleSheets = [sheet]
  return root
}

type Child = Node | string | null

/** Makes an HTML element with attributes (`null`: left out) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | null> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value)
  element.append(...children.filter((child) => child !== null))
  return element
}

/** Sets or removes an attribute, only when it differs, so that assistive technology is not told of nothing. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return
  if (value === null) element.removeAttribute(name)
  else element.setAttribute(name, value)
}

/** Sets the text, only when it differs. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}
