import { expect, test } from '@jest/globals';

import { Database } from '../adapters/postgres/database.ts';
import { writeEvent } from '../adapters/postgres/evidence.ts';
import { alerting } from '../server/evidence/alarm.ts';
import type { EvidenceEvent } from '../server/evidence/evidence.ts';
import { createTestDatabase } from './support/database.ts';

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

test('an alarm beside other changes is told when they are committed, and not where they are not', async () => {
  const { url, drop } = await createTestDatabase();
  const heard: unknown[] = [];
  const database = new Database({ url, poolSize: 1, tell: (alarm) => heard.push(alarm) });
  try {
    await database.run(`insert into organizations (id, slug, name) values ('org_1', 'one', 'One')`);
    await database.within('org_1', async (statements) => {
      await writeEvent(statements, event('person.alarm'));
      await writeEvent(statements, event('redemption.refused'));
      expect(heard).toEqual([]);
    });
    expect(heard).toEqual([{ organization: 'org_1', type: 'person.alarm', decision: 'refused', reason: 'used_up' }]);
    const undone = database.transaction(async (statements) => {
      await writeEvent(statements, event('person.alarm'));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect(heard).toHaveLength(1);
  } finally {
    await database.close();
    await drop();
  }
});
