/** Variables all elements share. Light and dark follow the page's `color-scheme`; each can be set from outside. */
export const theme = `
:host {
  --_fg: var(--sluice-fg, light-dark(#1b1f24, #eceff3));
  --_bg: var(--sluice-bg, light-dark(#ffffff, #16191d));
  --_muted: var(--sluice-muted, light-dark(#57606a, #a3adb8));
  --_border: var(--sluice-border, light-dark(#d0d7de, #363c44));
  --_radius: var(--sluice-radius, 10px);
  --_accent: var(--sluice-accent, light-dark(#0b63ce, #6cb2ff));
  --_ok: var(--sluice-ok, light-dark(#11703b, #5fd08e));
  --_danger: var(--sluice-danger, light-dark(#b3261e, #ff8f87));
  --_track: var(--sluice-track, light-dark(#e3e8ee, #2b3138));
  font-family: var(--sluice-font, system-ui, sans-serif);
  color: var(--_fg);
}
:host([hidden]) { display: none !important; }
* { box-sizing: border-box; }
.hidden-word {
  position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; border: 0;
  overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
[hidden] { display: none !important; }
button {
  min-height: 36px; min-width: 36px; padding: 0 14px; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--_border); border-radius: calc(var(--_radius) * 0.7); cursor: pointer;
}
button:hover { border-color: currentColor; }
button:disabled { opacity: 0.6; cursor: default; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
`
