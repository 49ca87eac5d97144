export { beginAttempt, handedOver, traceDelivery, type Attempt } from './attempt.ts';
export { messageOf, servedTargets } from './claimed.ts';
export { outcomeOf, outcomeOfFailure, type Failure } from './outcome-of.ts';
export { Circuits, type Advice, type CircuitOptions, type Failed } from './circuits.ts';
export { DueTargets, nextCheckAt } from './due-targets.ts';
export { ScanInterval } from './scan-interval.ts';
export { TargetBytes } from './target-bytes.ts';
export { TargetSlots } from './target-slots.ts';
