import type { Scenario } from '../scenario.ts';
import { delivery } from './delivery.ts';
import { pushInvocation, streamInvocation } from './invocation.ts';
import { create, createGetSettle, suspendResume, taskRound } from './requests.ts';

/** What callers do when only requests are measured. */
export const REQUESTS: readonly Scenario[] = [create, createGetSettle, taskRound, suspendResume];

/** What callers and workers do together. */
export const INVOCATIONS: readonly Scenario[] = [streamInvocation, pushInvocation, delivery];

/** In the order of the table. */
export const SCENARIOS: readonly Scenario[] = [...REQUESTS, ...INVOCATIONS];
