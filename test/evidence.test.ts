import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import { commitmentTo, prepareEvent } from '../server/evidence/evidence.ts';
import { CALENDAR, claimsOf, readDetails, registerAgent } from './support/agent.ts';
import { detailsParameter, signIn, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let database: pg.Client;
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

const event = {
  organization: 'org_a',
  type: 'token.issued',
  decision: 'allowed',
  person: 'usr_a',
  content: { actions: [{ action: 'x', parameters: { to: '2026-11-28' } }], address: '192.0.2.1' },
} as const;

test('every field has a commitment that its salt and value recompute, and no salt serves twice', () => {
  const { commitments, fields } = prepareEvent(event);
  const values: Record<string, unknown> = {
    organization: 'org_a',
    type: 'token.issued',
    decision: 'allowed',
    person: 'usr_a',
    'content.actions': event.content.actions,
    'content.address': '192.0.2.1',
  };
  expect(Object.keys(commitments).toSorted()).toEqual(Object.keys(values).toSorted());
  for (const [name, value] of Object.entries(values)) {
    expect(commitmentTo(name, fields[name]?.salt ?? '', value)).toBe(commitments[name]);
    expect(commitmentTo(name, fields[name]?.salt ?? '', 'something else')).not.toBe(commitments[name]);
  }
  expect(new Set(Object.values(fields).map(({ salt }) => salt)).size).toBe(Object.keys(fields).length);
});

test('the same value commits differently each time: a commitment alone says nothing about it', () => {
  const [one, other] = [prepareEvent(event), prepareEvent(event)];
  expect(one.commitments.person).not.toBe(other.commitments.person);
});

test('what is stored of a whole story verifies; one field erased leaves the rest verifiable and says nothing', async () => {
  const agent = await registerAgent(server);
  const person = await signIn(server);
  const form = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
  const answer = await tokenInBrowser(agent, person, form, { decision: 'approve', duration: 'PT1H', read: '1' });
  const { jti, task_id: task } = claimsOf(answer.body.access_token);
  const read = async () =>
    (
      await database.query(
        'select e.*, c.fields from evidence e join evidence_contents c on c.organization = e.organization and c.event = e.id order by e.id',
      )
    ).rows;
  const events = await read();
  expect(events.length).toBeGreaterThan(4);
  const verify = (row: (typeof events)[number]) => {
    for (const [name, commitment] of Object.entries(row.commitments)) {
      const { salt, value } = row.fields[name] ?? {};
      if (salt === undefined) continue;
      expect([name, commitmentTo(name, salt, name.startsWith('content.') ? value : row[name])]).toEqual([
        name,
        commitment,
      ]);
    }
  };
  events.forEach(verify);

  // The seven items, as far as they are known when a token is issued.
  expect(events.find((row) => row.jti === jti)).toMatchObject({
    type: 'token.issued',
    decision: 'allowed',
    reason: 'authorization_code',
    agent: agent.registration.agent_id,
    application: agent.clientId,
    organization: agent.registration.organization,
    resource: CALENDAR,
    task,
  });

  const signedIn = events.find((row) => row.type === 'person.signed_in');
  await database.query(
    `update evidence_contents set fields = fields - 'content.address', erased_at = now() where event = $1`,
    [signedIn?.id],
  );
  const after = (await read()).find((row) => row.id === signedIn?.id);
  expect(after.commitments['content.address']).toBe(signedIn?.commitments['content.address']);
  expect(JSON.stringify(after.fields)).not.toContain('127.0.0.1');
  verify(after);
});

test.each(['update evidence set reason = $1', 'delete from evidence where reason is distinct from $1'])(
  'evidence is append-only, for the owner of the table too: %s',
  async (sql) => {
    await expect(database.query(sql, ['x'])).rejects.toThrow(/refused: it is a record/);
  },
);
