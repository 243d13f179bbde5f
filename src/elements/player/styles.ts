import { theme } from '../theme.ts'

export const playerStyles = `${theme}
:host { display: block; }
.frame {
  position: relative; border-radius: var(--_radius); overflow: hidden; background: #000; color: #fff;
  --media-primary-color: #fff; --media-font-family: var(--sluice-font, system-ui, sans-serif);
  --media-accent-color: var(--sluice-player-accent, #6cb2ff);
  --media-range-bar-color: var(--sluice-player-accent, #6cb2ff);
}
media-controller { display: block; width: 100%; background: #000; --media-control-background: transparent; --media-control-hover-background: #fff3; }
.frame[data-kind='video'] media-controller { aspect-ratio: var(--sluice-player-ratio, 16 / 9); }
video { width: 100%; height: 100%; object-fit: contain; background: #000; }
media-control-bar { width: 100%; align-items: center; background: linear-gradient(transparent, #000c 60%); }
media-time-range {
  --_to-come: repeating-linear-gradient(135deg, #fff2 0 3px, #fff6 3px 5px);
  --media-range-track-height: 6px; --media-range-track-border-radius: 3px;
  --media-time-range-buffered-color: transparent;
  --media-range-track-background:
    linear-gradient(#b9c2cc, #b9c2cc) left / var(--_produced, 0%) 100% no-repeat, var(--_to-come);
}
/* captions make room for the controls while those are seen */
media-controller:not([userinactive]) video::-webkit-media-text-track-container,
media-controller[mediapaused] video::-webkit-media-text-track-container { translate: 0 -44px; }
.time { padding: 0 8px; font: 13px/36px var(--sluice-font, system-ui, sans-serif); font-variant-numeric: tabular-nums; white-space: nowrap; }
.ready { color: #d5dbe1; }
.overlay {
  position: absolute; inset: 12px 12px auto; display: flex; gap: 8px; align-items: center; justify-content: center; pointer-events: none;
}
.says, .overlay button { pointer-events: auto; padding: 6px 12px; border-radius: 8px; background: #000c; color: #fff; border: 1px solid #fff5; }
.line { margin: 0; padding: 8px 12px; min-height: 2.6em; text-align: center; background: #111; color: #fff; }
.banner { margin: 8px 0 0; padding: 8px 12px; color: var(--_danger); border: 1px solid currentColor; border-radius: var(--_radius); background: var(--_bg); overflow-wrap: anywhere; }
@media (max-width: 480px) { .ready, media-volume-range { display: none; } }
@media (forced-colors: active) {
  /* white on black over a picture is already what high contrast asks for */
  .frame { forced-color-adjust: none; border: 1px solid CanvasText; }
}
`
