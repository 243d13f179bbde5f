import 'media-chrome/media-captions-button'
import 'media-chrome/media-control-bar'
import 'media-chrome/media-controller'
import 'media-chrome/media-fullscreen-button'
import 'media-chrome/media-mute-button'
import 'media-chrome/media-play-button'
import 'media-chrome/media-time-range'
import 'media-chrome/media-volume-range'
import { h } from '../base-element.ts'

/**
 * The visible player around a media element: single elements of media-chrome, so that another set can take their place.
 * The time display is our own text: theirs has an accessible name that does not contain what is seen.
 */
export function playerChrome(media: HTMLVideoElement) {
  const time = h('span')
  const ready = h('span', { class: 'ready' })
  const range = custom('media-time-range', { part: 'range produced' })
  const captions = custom('media-captions-button', { part: 'captions', hidden: '' })
  const bar = custom('media-control-bar', {}, [
    custom('media-play-button', { part: 'play' }),
    range,
    h('span', { part: 'time', class: 'time' }, time, ready),
    custom('media-mute-button', { part: 'mute' }),
    custom('media-volume-range', { part: 'volume' }),
    captions,
    custom('media-fullscreen-button', { part: 'fullscreen' }),
  ])
  media.slot = 'media'
  const controller = custom(
    'media-controller',
    { part: 'controls', defaultsubtitles: '', nosubtitleslangpref: '', novolumepref: '', nomutedpref: '' },
    [media, bar],
  )
  const says = h('span', { class: 'says', hidden: '' })
  const unmute = h('button', { type: 'button', hidden: '' }, 'Turn sound on')
  const overlay = h('div', { part: 'overlay', class: 'overlay' }, h('slot', { name: 'overlay' }, says), unmute)
  const line = h('p', { class: 'line', hidden: '' })
  const frame = h('div', { class: 'frame' }, line, controller, overlay)
  const banner = h('p', { part: 'banner', class: 'banner', role: 'status', hidden: '' })
  return { frame, controller, range, captions, time, ready, says, unmute, line, banner }
}

function custom(tag: string, attributes: Record<string, string>, children: Node[] = []): HTMLElement {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}
