import { afterAll } from '@jest/globals';

import { describePooler, type Pooler, startPooler } from '../support/pgbouncer.ts';
import { singleUse } from './single-use.ts';

describePooler('two processes behind a pooler in transaction mode, 20 at once', () => {
  let pooler: Pooler | undefined;
  singleUse({
    rounds: 2,
    roundsOfMore: 1,
    async deployment() {
      pooler = await startPooler();
      return { settings: pooler.settings };
    },
  });
  afterAll(() => pooler?.stop());
});
