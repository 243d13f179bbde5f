import { theme } from '../theme.ts'

export const progressStyles = `${theme}
:host { display: block; }
.root {
  position: relative; display: grid; gap: 10px; padding: 14px 16px;
  background: var(--_bg); border: 1px solid var(--_border); border-radius: var(--_radius);
}
header { display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: baseline; justify-content: space-between; }
.title { font-weight: 600; min-width: 0; overflow-wrap: anywhere; }
.eta, .queue, .value { color: var(--_muted); font-variant-numeric: tabular-nums; }
span:not(:empty) + .eta:not(:empty)::before { content: '· '; }
.track { height: 8px; border-radius: 4px; background: var(--_track); overflow: hidden; border: 1px solid transparent; }
.bar { height: 100%; width: 100%; background: var(--_accent); transform-origin: left; border-radius: inherit; }
.root[data-state='succeeded'] .bar { background: var(--_ok); }
.root[data-state='failed'] .bar { background: var(--_danger); }
.root[data-state='cancelled'] .bar, .root[data-state='disconnected'] .bar { background: var(--_muted); }
.track[data-unknown] .bar { width: 30%; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 6px; }
li { display: grid; grid-template-columns: 20px 1fr auto; gap: 8px; align-items: center; min-height: 24px; }
li[data-state='pending'], li[data-state='skipped'], li[data-state='stopped'] { color: var(--_muted); }
li[aria-current] { font-weight: 600; }
.icon {
  width: 16px; height: 16px; border-radius: 50%; border: 2px solid var(--_border);
  display: grid; place-items: center; font-size: 11px; line-height: 1; font-weight: 700;
}
li[data-state='running'] .icon { border-color: var(--_accent); }
li[data-state='running'] .icon::after { content: ''; width: 6px; height: 6px; border-radius: 50%; background: var(--_accent); }
li[data-state='done'] .icon { border-color: var(--_ok); color: var(--_ok); }
li[data-state='done'] .icon::after { content: '✓'; }
li[data-state='skipped'] .icon::after, li[data-state='stopped'] .icon::after { content: '–'; }
li[data-state='failed'] .icon { border-color: var(--_danger); color: var(--_danger); }
li[data-state='failed'] .icon::after { content: '!'; }
.notice { margin: 0; color: var(--_muted); }
.error { margin: 0; color: var(--_danger); overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }
.actions:not(:has(button:not([hidden]))):not([data-slotted]) { display: none; }
.root[data-density='compact'] ol { display: none; }
.root[data-density='line'] { display: flex; flex-wrap: wrap; align-items: center; padding: 6px 10px; gap: 6px 12px; }
.root[data-density='line'] ol, .root[data-density='line'] .notice { display: none; }
.root[data-density='line'] header { flex: 0 1 auto; }
.root[data-density='line'] .track { flex: 1 1 80px; }
.root[data-density='full'] .current { display: none; }
@media (prefers-reduced-motion: no-preference) {
  .bar { transition: transform 0.4s linear; }
  .track[data-unknown] .bar { animation: sweep 1.8s ease-in-out infinite; }
  li[data-state='running'] .icon::after { animation: pulse 1.6s ease-in-out infinite; }
}
@keyframes sweep { from { translate: -100%; } to { translate: 340%; } }
@keyframes pulse { 50% { opacity: 0.35; } }
@media (forced-colors: active) {
  .track { border-color: CanvasText; background: Canvas; }
  .bar, li[data-state='running'] .icon::after { background: Highlight; forced-color-adjust: none; }
  .icon { border-color: CanvasText; }
}
`
