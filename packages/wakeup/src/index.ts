export type { Hint } from './hint.ts';
export { createWakeup } from './create-wakeup.ts';
export type { DropReason, HintListener, Wakeup, WakeupObserver, WakeupOptions } from './wakeup.ts';
