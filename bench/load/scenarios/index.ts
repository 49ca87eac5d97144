import type { Scenario } from '../scenario.ts';
import { delivery } from './delivery.ts';
import { pushInvocation, streamInvocation } from './invocation.ts';
import { create, createGetSettle, suspendResume, taskRound } from './requests.ts';

/** The scenarios that only send requests. */
export const REQUESTS: readonly Scenario[] = [create, createGetSettle, taskRound, suspendResume];

/** The scenarios with callers and workers. */
export const INVOCATIONS: readonly Scenario[] = [streamInvocation, pushInvocation, delivery];

/** In the order of the table. */
export const SCENARIOS: readonly Scenario[] = [...REQUESTS, ...INVOCATIONS];
