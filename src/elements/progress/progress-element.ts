import { isFinal } from '../../domain/job.ts'
import { h, openShadow, SluiceElement, setAttribute, setText } from '../base-element.ts'
import type { SnapshotInput } from '../contract.ts'
import { type AnnounceMode, createAnnouncer } from './announcer.ts'
import { createEtaPacer, type EtaMode } from './eta-text.ts'
import { english, type ProgressMessages } from './messages.ts'
import { headline, type ProgressView, progressView } from './progress-view.ts'
import { progressStyles } from './styles.ts'

/** `<sluice-progress>`: what is going on, how far it is, how long it takes, and the way to stop it. See `SluiceProgressElement`. */
export class ProgressElement extends SluiceElement {
  static observedAttributes = ['label', 'density', 'eta', 'announce', 'hide-cancel']

  #messages: ProgressMessages = english
  #pacer = createEtaPacer()
  #seen: SnapshotInput | null = null
  #cancelling = false
  #cancelError = ''
  #parts: ReturnType<typeof template> | null = null
  #announcer = createAnnouncer((text) => {
    if (this.#parts) setText(this.#parts.status, text)
  })

  /** Replaces texts. */
  get messages(): ProgressMessages {
    return this.#messages
  }

  set messages(messages: Partial<ProgressMessages>) {
    this.#messages = { ...english, ...messages }
    if (this.isConnected) this.update()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#announcer.stop()
  }

  protected override jobChanged(): void {
    this.#pacer = createEtaPacer()
    this.#seen = null
    this.#cancelling = false
    this.#cancelError = ''
  }

  protected override update(): void {
    this.#parts ??= this.#open()
    const parts = this.#parts
    const snapshot = this.snapshot
    if (snapshot && isFinal(snapshot.state)) this.#cancelling = false
    const time = snapshot ? this.#time(snapshot) : ''
    const view = progressView(snapshot, time, this.#messages)
    const focused = (this.shadowRoot as ShadowRoot).activeElement
    this.#render(parts, view, snapshot, time)
    // A button that had the focus and is gone must not drop it to the page's top. The browser lets go of a hidden one only
    // at its next frame, so it is asked itself.
    if (focused && (!focused.isConnected || focused.closest('[hidden]'))) parts.root.focus({ preventScroll: true })
    if (snapshot) this.#tell(snapshot, view)
    this.#seen = snapshot
  }

  #time(snapshot: SnapshotInput): string {
    const known = snapshot.state === 'running' && (!('connection' in snapshot) || snapshot.connection !== 'disconnected')
    const reason = `${snapshot.stages.findLastIndex((stage) => stage.state === 'running')} ${snapshot.notice ?? ''}`
    return this.#pacer.show(known ? snapshot.eta : null, (this.getAttribute('eta') as EtaMode | null) ?? 'range', reason, performance.now())
  }

  #open(): ReturnType<typeof template> {
    const parts = template()
    const root = openShadow(this, progressStyles)
    root.append(parts.root)
    parts.cancel.addEventListener('click', () => void this.#cancel())
    parts.retry.addEventListener('click', () => {
      const jobId = this.snapshot?.id
      if (jobId !== undefined) this.emit('sluice-retry', { jobId })
    })
    parts.actionsSlot.addEventListener('slotchange', () =>
      parts.actions.toggleAttribute('data-slotted', parts.actionsSlot.assignedNodes().length > 0),
    )
    return parts
  }

  #render(parts: ReturnType<typeof template>, view: ProgressView, snapshot: SnapshotInput | null, time: string): void {
    const { root, track, bar } = parts
    const words = this.#messages
    const label = this.getAttribute('label') ?? (view.title ? `${words.label}: ${view.title}` : words.label)
    setAttribute(root, 'aria-label', label)
    setAttribute(root, 'aria-busy', String(view.busy))
    setAttribute(root, 'data-state', view.state)
    setAttribute(root, 'data-density', this.getAttribute('density') ?? 'full')

    setText(parts.title, view.title)
    setText(parts.time, snapshot && (isFinal(snapshot.state) || snapshot.state === 'held') ? headline(snapshot, words) : time)
    setText(parts.value, view.percent === null ? '' : `${view.percent} %`)
    setText(parts.queue, view.queue)
    setText(parts.current, view.current?.label ?? '')

    setAttribute(track, 'aria-label', label)
    setAttribute(track, 'aria-valuenow', view.percent === null ? null : String(view.percent))
    setAttribute(track, 'aria-valuetext', view.valueText)
    const moving = view.percent === null && snapshot !== null && !isFinal(snapshot.state)
    setAttribute(track, 'data-unknown', moving ? '' : null)
    bar.style.transform = moving ? 'none' : `scaleX(${(view.percent ?? 0) / 100})`

    this.#renderStages(parts.stages, view)
    setAttribute(parts.stages, 'aria-label', words.stages)
    parts.stages.hidden = view.stages.length === 0

    const notice = this.#cancelError || view.notice
    setText(parts.notice, notice)
    parts.notice.parentElement?.toggleAttribute('hidden', notice === '' && !this.querySelector('[slot="notice"]'))
    setText(parts.error, view.error)
    parts.error.parentElement?.toggleAttribute('hidden', view.error === '' && !this.querySelector('[slot="error"]'))

    parts.cancel.hidden = !view.canCancel || this.hasAttribute('hide-cancel')
    // Not `disabled`: that would take the focus from who has just pressed it.
    parts.cancel.setAttribute('aria-disabled', String(this.#cancelling))
    setText(parts.cancel, this.#cancelling ? words.cancelling : words.cancel)
    parts.retry.hidden = !view.canRetry
    setText(parts.retry, words.retry)
  }

  #renderStages(list: HTMLOListElement, view: ProgressView): void {
    const rows = new Map([...list.children].map((row) => [(row as HTMLElement).dataset.key, row as HTMLLIElement]))
    for (const stage of view.stages) {
      const row = rows.get(stage.key) ?? stageRow(stage.key)
      rows.delete(stage.key)
      if (!row.isConnected) list.append(row)
      setAttribute(row, 'data-state', stage.state)
      setAttribute(row, 'part', `stage stage-${stage.state}`)
      setAttribute(row, 'aria-current', stage.current ? 'step' : null)
      const [, label, value] = row.children as unknown as [Element, Element, Element]
      const [text, word] = label.children as unknown as [Element, Element]
      setText(text, stage.label)
      setText(word, `, ${this.#messages.stageState[stage.state]}`)
      setText(value, stage.percent === null ? '' : `${stage.percent} %`)
    }
    for (const gone of rows.values()) gone.remove()
  }

  /** Announcements and events: what changed since the last state. A first state is no change. */
  #tell(snapshot: SnapshotInput, view: ProgressView): void {
    const before = this.#seen
    if (!before || before.id !== snapshot.id) return
    const mode = (this.getAttribute('announce') as AnnounceMode | null) ?? 'stages'
    for (const stage of snapshot.stages) {
      const was = before.stages.find(({ key }) => key === stage.key)
      if (was && was.state !== stage.state) this.emit('sluice-stage', { key: stage.key, state: stage.state })
    }
    if (isFinal(snapshot.state) && !isFinal(before.state)) {
      if (mode !== 'off') this.#announcer.say([headline(snapshot, this.#messages), view.error].filter(Boolean).join('. '))
      this.emit('sluice-settled', { state: snapshot.state })
    } else if (mode === 'stages' && !isFinal(snapshot.state)) {
      const stage = snapshot.stages.findLast(({ state }) => state === 'running')
      const earlier = before.stages.findLast(({ state }) => state === 'running')
      if (snapshot.state === 'held' && before.state !== 'held') this.#announcer.say(this.#messages.held)
      else if (snapshot.playable && !before.playable) this.#announcer.say(this.#messages.playable)
      else if (stage && stage.key !== earlier?.key) this.#announcer.say(stage.label)
    }
  }

  async #cancel(): Promise<void> {
    const snapshot = this.snapshot
    if (this.#cancelling) return
    if (!snapshot || !this.emit('sluice-cancel', { jobId: snapshot.id }, true)) return
    const job = this.job
    if (!job?.cancel) return
    this.#cancelling = true
    this.#cancelError = ''
    this.update()
    try {
      await job.cancel()
    } catch (error) {
      this.#cancelling = false
      this.#cancelError = error instanceof Error ? error.message : String(error)
    }
    this.update()
  }
}

function template() {
  const title = h('span')
  const time = h('span', { part: 'eta', class: 'eta' })
  const value = h('span', { part: 'value', class: 'value' })
  const queue = h('span')
  const current = h('span', { part: 'label', class: 'current' })
  const bar = h('div', { part: 'bar', class: 'bar' })
  const track = h('div', { part: 'track', class: 'track', role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100' }, bar)
  const stages = h('ol', { part: 'stages' })
  const notice = h('span')
  const error = h('span')
  const cancel = h('button', { part: 'cancel', type: 'button' })
  const retry = h('button', { part: 'retry', type: 'button' })
  const actionsSlot = h('slot', { name: 'actions' })
  const actions = h('div', { part: 'actions', class: 'actions' }, retry, cancel, actionsSlot)
  const status = h('div', { role: 'status', class: 'hidden-word' })
  const root = h(
    'div',
    { part: 'root', class: 'root', role: 'group', tabindex: '-1' },
    h('slot', { name: 'preview' }),
    h(
      'header',
      { part: 'header' },
      h('span', { part: 'title', class: 'title' }, slot('title', title)),
      current,
      h('span', { class: 'queue' }, slot('queue', queue)),
      h('span', {}, value, ' ', time),
    ),
    track,
    stages,
    h('p', { part: 'notice', class: 'notice' }, slot('notice', notice)),
    h('p', { part: 'error', class: 'error' }, slot('error', error)),
    actions,
    status,
  )
  return { root, title, time, value, queue, current, bar, track, stages, notice, error, cancel, retry, actions, actionsSlot, status }
}

function slot(name: string, fallback: Node): HTMLSlotElement {
  return h('slot', { name }, fallback)
}

function stageRow(key: string): HTMLLIElement {
  return h(
    'li',
    { 'data-key': key },
    h('span', { part: 'icon', class: 'icon', 'aria-hidden': 'true' }),
    h('span', { part: 'label' }, h('slot', { name: `stage-${key}` }), h('span', { class: 'hidden-word' })),
    h('span', { part: 'value', class: 'value' }),
  )
}
