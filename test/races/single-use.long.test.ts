import { afterAll, describe } from '@jest/globals';

import { describePooler, type Pooler, startPooler } from '../support/pgbouncer.ts';
import { singleUse } from './single-use.ts';

describe('two processes on one database, 20 at once', () => {
  singleUse({ rounds: 20, roundsOfMore: 20, deployment: async () => ({}) });
});

describePooler('two processes behind a pooler in transaction mode, 20 at once', () => {
  let pooler: Pooler | undefined;
  singleUse({
    rounds: 20,
    roundsOfMore: 20,
    async deployment() {
      pooler = await startPooler();
      return { settings: pooler.settings };
    },
  });
  afterAll(() => pooler?.stop());
});
