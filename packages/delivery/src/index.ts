export { beginAttempt, handedOver, traceDelivery, type Attempt } from './attempt.ts';
export { messageOf } from './message-of.ts';
export { outcomeOf, outcomeOfFailure, type Failure } from './outcome-of.ts';
export { Circuits, type Advice, type CircuitOptions, type Failed } from './circuits.ts';
export { DueTargets, lookAgainAt } from './due-targets.ts';
export { LookInterval, RARELY_MS } from './look-interval.ts';
export { servedTargets } from './served-targets.ts';
export { TargetSlots } from './target-slots.ts';
