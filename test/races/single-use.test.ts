import { describe } from '@jest/globals';

import { singleUse } from './single-use.ts';

describe('two processes on one database, 20 at once', () => {
  singleUse({ rounds: 6, roundsOfMore: 3, deployment: async () => ({}) });
});
