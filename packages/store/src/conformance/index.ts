import { describe } from '@jest/globals';
import { adminConformance } from './admin.ts';
import { boundsConformance } from './bounds.ts';
import { claimSizeConformance } from './claim-sizes.ts';
import { claimConformance } from './claims.ts';
import { deadLetterConformance } from './dead-letters.ts';
import { deferralConformance } from './deferral.ts';
import { electionConformance, housekeepingConformance } from './housekeeping.ts';
import { largeBatchConformance } from './large-batches.ts';
import { manyConformance } from './many.ts';
import { outboxConformance } from './outbox.ts';
import { preloadConformance } from './preload.ts';
import { protocolConformance } from './protocol.ts';
import { scheduleConformance } from './schedules.ts';
import { retentionConformance } from './retention.ts';
import { searchConformance } from './searches.ts';
import { sharingConformance } from './sharing.ts';
import type { DialectUnderTest } from './under-test.ts';
import { valuesConformance } from './values.ts';
import { whyConformance } from './why.ts';

export { electionConformance };
export type { DatabaseUnderTest, DialectUnderTest, Plan, Search } from './under-test.ts';

/** The definition of a dialect: whatever passes this suite is one. */
export function dialectConformance(name: string, under: DialectUnderTest): void {
  describe(`${name} as a store`, () => {
    protocolConformance(under);
    valuesConformance(under);
    boundsConformance(under);
    preloadConformance(under);
    searchConformance(under);
    claimConformance(under);
    claimSizeConformance(under);
    deferralConformance(under);
    deadLetterConformance(under);
    outboxConformance(under);
    adminConformance(under);
    whyConformance(under);
    retentionConformance(under);
    manyConformance(under);
    largeBatchConformance(under);
    housekeepingConformance(under);
    scheduleConformance(under);
    electionConformance(under);
    if (under.isShared) sharingConformance(under);
  });
}
