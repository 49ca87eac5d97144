import type { Scenario } from '../scenario.ts';
import { delivery } from './delivery.ts';
import { invocation } from './invocation.ts';
import { create, createGetSettle, suspendResume, taskRound } from './requests.ts';

/** In the order of the table. */
export const SCENARIOS: readonly Scenario[] = [create, createGetSettle, taskRound, suspendResume, invocation, delivery];
