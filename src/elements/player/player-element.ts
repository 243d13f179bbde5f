import { isFinal } from '../../domain/job.ts'
import {
  attach,
  type CaptionTrack,
  createCaptions,
  createStallWatch,
  type Engine,
  type Gate,
  grow,
  type Production,
  prefetchEngine,
  rateAt,
  startGate,
} from '../../player/index.ts'
import { openShadow, SluiceElement, setAttribute, setText } from '../base-element.ts'
import { pictureUrl } from '../picture.ts'
import { waitText } from '../progress/eta-text.ts'
import { clockText } from './clock-text.ts'
import { playerChrome } from './player-chrome.ts'
import { playerStyles } from './styles.ts'

/** What is to be played. */
interface Media {
  url: string
  kind: 'video' | 'audio'
  plannedSeconds: number | null
  posterUrl: string | null
  captionsUrl: string | null
}

/** A seek past what is there lands this far before its end. */
const SEEK_RESERVE_SECONDS = 0.5
/** How often the start gate is asked again while it is closed: a rate falls also when nothing comes. */
const GATE_MS = 500

/**
 * `<sluice-player>`, see `SluicePlayerElement`.
 *
 * - empty: nothing to play yet; the engine is being fetched ahead
 * - attached: the playlist is loaded and the first frame stands still until the start gate opens or play is pressed
 * - playing, starved (a stall after the start), ended: as the media element says. What started by itself is held back when
 *   it starves, until the start gate opens for the rest; pressing play overrules it
 *
 * The playlist's address never changes while it grows, and nothing is attached anew when it is complete. Under
 * `prefers-reduced-motion` a picture never starts by itself.
 */
export class PlayerElement extends SluiceElement {
  static observedAttributes = ['src', 'poster', 'captions', 'planned-duration', 'kind', 'label', 'autoplay', 'muted']

  readonly #video = document.createElement('video')
  #chrome: ReturnType<typeof playerChrome> | null = null
  #listening = new AbortController()
  #attaching: AbortController | null = null
  #engine: Engine | null = null
  #media: Media | null = null
  #captions: CaptionTrack | null = null
  #captionsKey = ''
  /** How much was ready when the captions were last read. */
  #captionsReady = 0
  #posterKey = ''
  #releasePoster: (() => void) | null = null
  #production: Production | null = null
  #complete = false
  #stalls = createStallWatch()
  #autoplayPending = false
  #startedByItself = false
  #gateTimer: ReturnType<typeof setInterval> | undefined
  #playableAtMs: number | null = null
  #resumeSeconds = 0
  #framed = false

  /** The media element inside. */
  get media(): HTMLMediaElement {
    return this.#video
  }

  /** Media seconds that can be played now. */
  get producedSeconds(): number {
    return this.#production?.endSeconds ?? 0
  }

  /** Media seconds made in a second of wall time; `null` until it can be told. */
  get rate(): number | null {
    return this.#production && rateAt(this.#production, performance.now())
  }

  play(): Promise<void> {
    this.#autoplayPending = this.#startedByItself = false
    return this.#video.play()
  }

  pause(): void {
    this.#autoplayPending = this.#startedByItself = false
    this.#video.pause()
  }

  seek(seconds: number): void {
    this.#video.currentTime = Math.max(0, seconds)
  }

  override connectedCallback(): void {
    this.#open()
    prefetchEngine()
    super.connectedCallback()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resumeSeconds = this.#video.currentTime
    this.#detach()
    this.#listening.abort()
  }

  protected override jobChanged(): void {
    this.#detach()
    this.#resumeSeconds = 0
    this.#playableAtMs = null
    this.#framed = false
    this.#stalls = createStallWatch()
  }

  protected override update(): void {
    if (!this.#chrome) return
    const media = this.#wanted()
    this.#setLabel(this.#chrome, media)
    void this.#showPoster(media?.posterUrl ?? this.getAttribute('poster') ?? this.snapshot?.preview?.url ?? null)
    if (media && media.url !== this.#media?.url) this.#attach(media)
    if (media && this.#engine) this.#showCaptions(media)
    this.#showBanner()
    this.#askGate()
    this.#showTime()
  }

  #wanted(): Media | null {
    const src = this.getAttribute('src')
    const planned = Number(this.getAttribute('planned-duration') || Number.NaN)
    const playback = this.snapshot?.playable ? this.snapshot.playback : null
    if (playback) return { ...playback, plannedSeconds: playback.plannedDurationSeconds }
    if (!src) return null
    return {
      url: new URL(src, document.baseURI).href,
      kind: this.getAttribute('kind') === 'audio' ? 'audio' : 'video',
      plannedSeconds: Number.isFinite(planned) ? planned : null,
      posterUrl: null,
      captionsUrl: this.getAttribute('captions'),
    }
  }

  #alive(): boolean {
    const { snapshot } = this
    return snapshot !== null && !isFinal(snapshot.state)
  }

  #attach(media: Media): void {
    const before = this.#media
    this.#detach()
    if (before) this.#resumeSeconds = 0
    this.#media = media
    this.#playableAtMs ??= performance.now()
    const attaching = new AbortController()
    this.#attaching = attaching
    const autoplay = this.getAttribute('autoplay')
    this.#autoplayPending =
      autoplay !== null && autoplay !== 'off' && !(media.kind === 'video' && matchMedia('(prefers-reduced-motion: reduce)').matches)
    if (this.hasAttribute('muted')) this.#video.muted = true
    attach(
      this.#video,
      {
        url: media.url,
        plannedSeconds: media.plannedSeconds,
        startSeconds: this.#resumeSeconds,
        headersFor: async (url) => (await this.job?.headersFor?.(url)) ?? {},
        alive: () => this.#alive(),
        hooks: {
          onProduced: (endSeconds) => this.#produced(endSeconds),
          onComplete: (durationSeconds) => this.#completed(durationSeconds),
          onError: (error) => {
            this.emit('sluice-engine-error', error)
            if (error.fatal && !error.recovered) this.#say(`It cannot be played: ${error.detail}`)
          },
        },
      },
      attaching.signal,
    ).then(
      (engine) => {
        if (!engine || attaching.signal.aborted) return engine?.destroy()
        this.#engine = engine
        this.#watchFirstFrame(media.kind)
        this.emit('sluice-attached', { url: media.url, engine: engine.kind })
        this.update()
      },
      (error: Error) => {
        if (attaching.signal.aborted) return
        this.emit('sluice-engine-error', { fatal: true, recovered: false, detail: error.message })
        this.#say(error.message)
      },
    )
  }

  #detach(): void {
    this.#attaching?.abort()
    this.#engine?.destroy()
    this.#captions?.destroy()
    this.#releasePoster?.()
    clearInterval(this.#gateTimer)
    this.#gateTimer = undefined
    this.#engine = this.#captions = this.#media = this.#production = this.#releasePoster = null
    this.#captionsKey = this.#posterKey = ''
    this.#captionsReady = 0
    this.#complete = this.#autoplayPending = this.#startedByItself = false
  }

  #produced(endSeconds: number): void {
    const before = this.producedSeconds
    this.#production = grow(this.#production, endSeconds, performance.now())
    if (this.producedSeconds === before) return
    this.#captions?.refresh()
    this.emit('sluice-produced', { endSeconds, plannedSeconds: this.#plannedSeconds() })
    this.#askGate()
    this.#showTime()
  }

  #completed(durationSeconds: number): void {
    this.#complete = true
    this.#captions?.refresh()
    this.emit('sluice-vod', { durationSeconds })
    this.#askGate()
    this.#showTime()
    this.#showBanner()
  }

  /** Starts by itself as soon as it will not have to wait later. */
  #askGate(): void {
    if (!this.#autoplayPending || !this.#engine) {
      clearInterval(this.#gateTimer)
      this.#gateTimer = undefined
      return
    }
    const gate = this.#gate()
    if (!gate.open) {
      const soon = gate.waitSeconds === null ? 'soon' : `in about ${waitText(gate.waitSeconds)}`
      this.#say(`${this.#video.currentTime > 0 ? 'Goes on' : 'Starts'} ${soon}, so that it plays through`)
      this.#gateTimer ??= setInterval(() => this.#askGate(), GATE_MS)
      return
    }
    this.#autoplayPending = false
    clearInterval(this.#gateTimer)
    this.#gateTimer = undefined
    this.#say('')
    void this.#startByItself()
  }

  /** One longer wait instead of many short ones: what started by itself goes on by itself when the rest will come in time. */
  #holdBack(): void {
    this.#video.pause()
    this.#autoplayPending = true
    this.#askGate()
  }

  #gate(): Gate {
    if (this.getAttribute('autoplay') === 'first-segment') return { open: true }
    return startGate({
      production: this.#production,
      plannedSeconds: this.#plannedSeconds(),
      positionSeconds: this.#video.currentTime,
      complete: this.#complete || !this.#alive(),
      remaining: this.snapshot?.eta ?? null,
      nowMs: performance.now(),
    })
  }

  /** Without a gesture on the page sound is refused: then without sound, and with a button for it. */
  async #startByItself(): Promise<void> {
    this.#startedByItself = this.getAttribute('autoplay') !== 'first-segment'
    try {
      await this.#video.play()
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'NotAllowedError' || !this.#chrome) return
      this.#video.muted = true
      this.#chrome.unmute.hidden = false
      // refused even without sound: the play button is there
      await this.#video.play().catch(() => {})
    }
  }

  #watchFirstFrame(kind: 'video' | 'audio'): void {
    const seen = (): void => {
      if (this.#framed || this.#playableAtMs === null) return
      this.#framed = true
      this.emit('sluice-first-frame', { ms: Math.round(performance.now() - this.#playableAtMs) })
    }
    if (kind === 'video' && 'requestVideoFrameCallback' in this.#video) this.#video.requestVideoFrameCallback(seen)
    else this.#video.addEventListener('loadeddata', seen, { once: true, signal: this.#listening.signal })
  }

  #open(): void {
    this.#listening = new AbortController()
    const { signal } = this.#listening
    const video = this.#video
    if (!this.#chrome) {
      video.playsInline = true
      video.preload = 'auto'
      video.setAttribute('part', 'video')
      this.#chrome = playerChrome(video)
      openShadow(this, playerStyles).append(this.#chrome.frame, this.#chrome.banner)
      const { unmute } = this.#chrome
      unmute.addEventListener('click', () => {
        video.muted = false
        unmute.hidden = true
      })
    }
    const { captions } = this.#chrome
    // it calls itself a button each time it is connected, and then sets a state that only a switch may have
    queueMicrotask(() => captions.setAttribute('role', 'switch'))
    const listen = (type: string, handler: () => void) => video.addEventListener(type, handler, { signal })
    listen('timeupdate', () => this.#showTime())
    listen('durationchange', () => this.#showTime())
    listen('play', () => {
      // the gate takes this back before it plays, so here it was a person
      if (this.#autoplayPending) this.#startedByItself = false
      this.#autoplayPending = false
      this.#askGate()
      if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) this.#say('Starting')
      else this.#say('')
    })
    listen('waiting', () => {
      if (
        !this.#stalls.waiting(performance.now(), { seeking: video.seeking, ended: video.ended, bufferedSeconds: this.#bufferedSeconds() })
      )
        return
      this.emit('sluice-starved', { atSeconds: video.currentTime, count: this.#stalls.count })
      this.#say('Waiting for the next part')
      if (this.#startedByItself) this.#holdBack()
    })
    listen('playing', () => {
      this.#say('')
      const ms = this.#stalls.playing(performance.now())
      if (ms !== null) this.emit('sluice-resumed', { ms: Math.round(ms) })
    })
    listen('seeking', () => this.#clampSeek())
    listen('ended', () => this.emit('sluice-ended', { stalls: this.#stalls.count, hitches: this.#stalls.hitches }))
    listen('volumechange', () => {
      if (!video.muted && this.#chrome) this.#chrome.unmute.hidden = true
    })
  }

  /** Loaded ahead of the picture. */
  #bufferedSeconds(): number {
    const { buffered, currentTime } = this.#video
    for (let index = 0; index < buffered.length; index += 1) {
      if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) > currentTime) return buffered.end(index) - currentTime
    }
    return 0
  }

  #clampSeek(): void {
    const produced = this.producedSeconds
    if (this.#complete || produced === 0 || this.#video.currentTime <= produced) return
    this.#video.currentTime = Math.max(0, produced - SEEK_RESERVE_SECONDS)
  }

  #plannedSeconds(): number {
    return Math.max(this.#complete ? 0 : (this.#media?.plannedSeconds ?? 0), this.producedSeconds)
  }

  #showTime(): void {
    if (!this.#chrome || !this.#media) return
    const { time, ready, range } = this.#chrome
    const total = this.#plannedSeconds()
    setText(time, `${clockText(this.#video.currentTime)} / ${clockText(total)}`)
    setText(ready, this.#complete || total === 0 ? '' : ` · ${clockText(this.producedSeconds)} ready`)
    range.style.setProperty('--_produced', total === 0 ? '0%' : `${((100 * this.producedSeconds) / total).toFixed(2)}%`)
  }

  #setLabel({ frame, controller }: ReturnType<typeof playerChrome>, media: Media | null): void {
    const kind = media?.kind ?? (this.getAttribute('kind') === 'audio' ? 'audio' : 'video')
    setAttribute(frame, 'data-kind', kind)
    setAttribute(controller, 'audio', kind === 'audio' ? '' : null)
    const label = this.getAttribute('label') ?? this.snapshot?.title ?? (kind === 'audio' ? 'Audio player' : 'Video player')
    setAttribute(controller, 'aria-label', label)
    setAttribute(this.#video, 'aria-label', label)
  }

  /** A sentence over the picture. */
  #say(text: string): void {
    if (!this.#chrome) return
    setText(this.#chrome.says, text)
    this.#chrome.says.hidden = text === ''
  }

  /** A job that failed after something was seen says so in words; what was shown stays. */
  #showBanner(): void {
    const { snapshot } = this
    if (!this.#chrome) return
    const bad = this.#media && snapshot && isFinal(snapshot.state) && snapshot.state !== 'succeeded'
    const why = snapshot?.outcome?.detail ? ` ${snapshot.outcome.detail}` : ''
    setText(
      this.#chrome.banner,
      bad ? `${snapshot.state === 'cancelled' ? 'The job was cancelled.' : 'The rest could not be made.'}${why}` : '',
    )
    this.#chrome.banner.hidden = !bad
  }

  #showCaptions(media: Media): void {
    const ready = this.snapshot?.playback?.readySeconds ?? 0
    if (ready > this.#captionsReady) this.#captions?.refresh()
    this.#captionsReady = ready
    const key = media.captionsUrl ?? ''
    if (this.#chrome) this.#chrome.captions.hidden = key === ''
    if (key === this.#captionsKey) return
    this.#captionsKey = key
    this.#captions?.destroy()
    this.#captions = null
    if (!media.captionsUrl) return
    const language = this.lang || document.documentElement.lang || 'en'
    const headersFor = async (url: string) => (await this.job?.headersFor?.(url)) ?? {}
    const url = new URL(media.captionsUrl, document.baseURI).href
    this.#captions = createCaptions(this.#video, url, { label: 'Captions', language }, headersFor)
    if (media.kind === 'audio') this.#showCaptionLine()
  }

  /** Without a picture the browser draws no captions: they get a line of their own. */
  #showCaptionLine(): void {
    const track = [...this.#video.textTracks].find(({ kind }) => kind === 'captions')
    if (!this.#chrome || !track) return
    const { line } = this.#chrome
    line.hidden = false
    const show = (): void => {
      const cues = [...(track.activeCues ?? [])] as VTTCue[]
      setText(line, track.mode === 'showing' ? cues.map((cue) => cue.getCueAsHTML().textContent).join(' ') : '')
    }
    track.addEventListener('cuechange', show, { signal: this.#listening.signal })
  }

  async #showPoster(url: string | null): Promise<void> {
    if (url === null || url === this.#posterKey || this.#framed) return
    this.#posterKey = url
    // without a poster the first frame comes soon enough
    const picture = await pictureUrl(url, this.job, this.#listening.signal).catch(() => null)
    if (!picture || this.#posterKey !== url) return picture?.release()
    this.#releasePoster?.()
    this.#releasePoster = picture.release
    this.#video.poster = picture.url
  }
}
