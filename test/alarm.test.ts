import { expect, test } from '@jest/globals';

import { alerting } from '../server/evidence/alarm.ts';
import type { EvidenceEvent } from '../server/evidence/evidence.ts';

const event = (type: EvidenceEvent['type']): EvidenceEvent => ({
  organization: 'org_1',
  type,
  decision: 'refused',
  reason: 'used_up',
  content: { parameters: { guests: ['eve@acme.example'] } },
});

test('an alarm is told before it is written, in names alone; nothing else is told', async () => {
  const heard: unknown[] = [];
  const evidence = alerting(
    {
      record: async ({ type }) => {
        heard.push(`written: ${type}`);
        return 'evt_1';
      },
    },
    (alarm) => heard.push(alarm),
  );
  await evidence.record(event('redemption.refused'));
  await evidence.record(event('redemption.alarm'));
  await evidence.record(event('token.alarm'));
  const told = (type: string) => ({ organization: 'org_1', type, decision: 'refused', reason: 'used_up' });
  expect(heard).toEqual([
    'written: redemption.refused',
    told('redemption.alarm'),
    'written: redemption.alarm',
    told('token.alarm'),
    'written: token.alarm',
  ]);
});

test('an alarm that cannot be written is told, and the fault stays a fault', async () => {
  const heard: unknown[] = [];
  const gone = { record: () => Promise.reject(new Error('the database is gone')) };
  await expect(alerting(gone, (alarm) => heard.push(alarm)).record(event('token.alarm'))).rejects.toThrow('gone');
  expect(heard).toHaveLength(1);
});
