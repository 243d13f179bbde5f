/** Playing while it is being made, without any framework: when to start, what a stall is, how to attach. */
export { type CaptionCue, changedCues, parseWebVtt } from './core/captions.ts'
export { grow, type Production, rateAt } from './core/production.ts'
export { createStallWatch, type StallWatch } from './core/stalls.ts'
export { type Gate, type GateInput, startGate } from './core/start-gate.ts'
export { attach, prefetchEngine } from './dom/attach.ts'
export { type CaptionTrack, createCaptions } from './dom/captions.ts'
export type { Engine, EngineHooks, EngineInput } from './dom/engine.ts'
