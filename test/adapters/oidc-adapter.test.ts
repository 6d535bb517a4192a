import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { errors } from 'oidc-provider';
import pg from 'pg';

import { Database } from '../../adapters/postgres/database.ts';
import { hash, OidcAdapter } from '../../adapters/postgres/oidc-adapter.ts';
import { newSecret } from '../../server/oauth/ids.ts';
import { useDatabase } from '../support/database.ts';

let database: Database;
/** A connection of the test's own, to hold locks and to look. */
let other: pg.Client;
// Before the database goes.
afterAll(async () => {
  await other?.end();
  await database?.close();
});
const { url } = useDatabase();
beforeAll(async () => {
  database = new Database({ url });
  other = new pg.Client({ connectionString: url });
  await other.connect();
});

const adapterOf = (model: string, delay = 0) => new OidcAdapter(database, model, delay);
const SECONDS = 600;

const USED_ONCE = [
  ['AuthorizationCode', 'invalid_grant'],
  ['RefreshToken', 'invalid_grant'],
  ['BackchannelAuthenticationRequest', 'invalid_grant'],
  ['PushedAuthorizationRequest', 'invalid_request_uri'],
] as const;

test.each(USED_ONCE)(
  '%s is consumed by one of 20 callers that all found it unused; the others get %s',
  async (model, late) => {
    const adapter = adapterOf(model);
    const id = newSecret();
    await adapter.upsert(id, { kind: model, jti: id }, SECONDS);
    const found = await Promise.all(Array.from({ length: 20 }, () => adapter.find(id)));
    expect(found.filter((payload) => payload && !payload.consumed)).toHaveLength(20);
    const outcomes = await Promise.allSettled(found.map(() => adapter.consume(id)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.error);
    expect(refused).toEqual(Array(19).fill(late));
    expect(await adapter.find(id)).toHaveProperty('consumed', expect.any(Number));
  },
);

test("how long ago something was consumed is told by one clock, the database's", async () => {
  const adapter = adapterOf('RefreshToken');
  const id = newSecret();
  await adapter.upsert(id, { kind: 'RefreshToken', jti: id }, SECONDS);
  await other.query(
    `update engine_artefacts set consumed_at = clock_timestamp() - interval '90 seconds' where id_hash = $1`,
    [hash(id)],
  );
  const { consumed } = (await adapter.find(id)) ?? {};
  expect(Math.abs(Date.now() / 1000 - 90 - Number(consumed))).toBeLessThan(2);
});

test.each(USED_ONCE.map(([model]) => model))(
  '%s that was consumed stays so when somebody saves what was loaded before',
  async (model) => {
    const adapter = adapterOf(model);
    const id = newSecret();
    await adapter.upsert(id, { kind: model, jti: id }, SECONDS);
    const loaded = await adapter.find(id);
    await adapter.consume(id);
    await adapter.upsert(id, { ...loaded, jti: id }, SECONDS);
    expect(await adapter.find(id)).toHaveProperty('consumed');
    await expect(adapter.consume(id)).rejects.toThrow();
  },
);

test('what does not exist cannot be consumed', async () => {
  await expect(adapterOf('AuthorizationCode').consume(newSecret())).rejects.toThrow(errors.InvalidGrant);
});

test('an interaction is finished by one of 20; the others hear that there is none', async () => {
  const adapter = adapterOf('Interaction', 20);
  const id = newSecret();
  await adapter.upsert(id, { kind: 'Interaction', jti: id, returnTo: 'https://x/auth/1' }, SECONDS);
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => adapter.destroy(id)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(19);
  for (const { reason } of refused) expect(reason).toBeInstanceOf(errors.SessionNotFound);
});

test.each([
  ['Interaction', 'would be resumed again, and a second code made'],
  ['Session', 'would keep its former id alive, which is what a new id is for (session fixation)'],
])('%s that was destroyed is not brought back by a request that had loaded it: it %s', async (model) => {
  const adapter = adapterOf(model);
  const [id, uid] = [newSecret(), newSecret()];
  await adapter.upsert(id, { kind: model, jti: id, uid }, SECONDS);
  const loaded = await adapter.find(id);
  await adapter.destroy(id);
  await adapter.upsert(id, { ...loaded, jti: id }, SECONDS);
  expect(await adapter.find(id)).toBeUndefined();
  expect(await adapter.findByUid(uid)).toBeUndefined();
});

test('a session that two tabs gave a new id at once is found by its uid, and both ids go on', async () => {
  const adapter = adapterOf('Session');
  const [uid, first, second] = [newSecret(), newSecret(), newSecret()];
  await Promise.all([first, second].map((id) => adapter.upsert(id, { kind: 'Session', jti: id, uid }, SECONDS)));
  expect(await adapter.findByUid(uid)).toMatchObject({ uid });
  expect(await adapter.find(first)).toMatchObject({ jti: first, uid });
  expect(await adapter.find(second)).toMatchObject({ jti: second, uid });
});

test('ids are stored as their SHA-256, and the payload says none; the other bearer values of an interaction are sealed', async () => {
  const id = newSecret();
  const [returnTo, cookie, parJti] = [`https://x/auth/${id}`, newSecret(), newSecret()];
  const payload = { kind: 'Interaction', jti: id, returnTo, session: { cookie, accountId: 'usr_1' }, parJti };
  await adapterOf('Interaction').upsert(id, payload as never, SECONDS);
  const { rows } = await other.query('select * from engine_artefacts where id_hash = $1', [hash(id)]);
  expect(rows).toHaveLength(1);
  const text = JSON.stringify(rows);
  expect([id, cookie, parJti].filter((secret) => text.includes(secret))).toEqual([]);
  expect(await adapterOf('Interaction').find(id)).toEqual(payload);
});

test('one id of two models is two artefacts', async () => {
  const id = newSecret();
  await adapterOf('AuthorizationCode').upsert(id, { kind: 'AuthorizationCode', jti: id }, SECONDS);
  expect(await adapterOf('RefreshToken').find(id)).toBeUndefined();
});

test('an artefact names its organization as soon as its client is known', async () => {
  await other.query(
    `insert into clients (client_id, organization, kind, metadata) values ('cli_1', 'org_deployment', 'application', '{}')`,
  );
  const id = newSecret();
  await adapterOf('AuthorizationCode').upsert(id, { kind: 'AuthorizationCode', jti: id, clientId: 'cli_1' }, SECONDS);
  const { rows } = await other.query('select organization, client_id from engine_artefacts where id_hash = $1', [
    hash(id),
  ]);
  expect(rows).toEqual([{ organization: 'org_deployment', client_id: 'cli_1' }]);
});

test('one revocation ends every model of a grant, in one statement, and nothing of another grant', async () => {
  const models = ['AuthorizationCode', 'RefreshToken', 'AccessToken', 'BackchannelAuthenticationRequest'];
  const ids = new Map<string, string>();
  for (const grantId of ['tsk_one', 'tsk_two']) {
    for (const model of models) {
      const id = newSecret();
      ids.set(`${grantId} ${model}`, id);
      await adapterOf(model).upsert(id, { kind: model, jti: id, grantId }, SECONDS);
    }
  }
  await adapterOf('AccessToken').revokeByGrantId('tsk_one');
  const left = await Promise.all(
    [...ids].map(async ([name, id]) => [name, await adapterOf(name.split(' ')[1] ?? '').find(id)]),
  );
  expect(left.filter(([, found]) => found).map(([name]) => name)).toEqual(models.map((model) => `tsk_two ${model}`));
});

test('a consumption and a revocation at once end as one or the other, never as a use after the revocation', async () => {
  const adapter = adapterOf('RefreshToken');
  for (let round = 0; round < 10; round++) {
    const id = newSecret();
    await adapter.upsert(id, { kind: 'RefreshToken', jti: id, grantId: `tsk_${round}` }, SECONDS);
    await Promise.allSettled([adapter.consume(id), adapter.revokeByGrantId(`tsk_${round}`)]);
    expect(await adapter.find(id)).toBeUndefined();
    await expect(adapter.consume(id)).rejects.toThrow(errors.InvalidGrant);
  }
});

test('the second of two consumptions waits for the first, and wins when the first is rolled back', async () => {
  const adapter = adapterOf('AuthorizationCode');
  const id = newSecret();
  await adapter.upsert(id, { kind: 'AuthorizationCode', jti: id }, SECONDS);
  await other.query('begin');
  await other.query('update engine_artefacts set consumed_at = now() where id_hash = $1', [hash(id)]);
  const second = adapter.consume(id);
  await other.query('rollback');
  await expect(second).resolves.toBeUndefined();
});
