export type { Hint } from './hint.ts';
export {
  createWakeup,
  type DropReason,
  type HintListener,
  type Wakeup,
  type WakeupObserver,
  type WakeupOptions,
} from './wakeup.ts';
