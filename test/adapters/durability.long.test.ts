import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';

import { createDatabase, DATABASE_ROLE } from '../../adapters/postgres/create-database.ts';
import { type EmbeddedServer, startEmbedded } from '../../adapters/postgres/embedded.ts';
import { makeWorld, newCode, READING, type World } from '../races/world.ts';
import { CALENDAR, CIBA, inviteDetails, pkce, push, REDIRECT } from '../support/agent.ts';
import { authorizationUrl, detailsParameter, signIn, tokenInBrowser } from '../support/person.ts';

/** A database that waits for its commits, as in production. */
const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'countersign-durable-'));
let postgres: EmbeddedServer;
let world: World;
let database: pg.Client;
beforeAll(async () => {
  postgres = await startEmbedded({ dataDir });
  await createDatabase(postgres.url('postgres'), 'durable');
  world = await makeWorld({ databaseUrl: postgres.url('durable', DATABASE_ROLE) });
  world.database.on('error', () => {}); // it loses its server in every test
}, 60_000);
afterAll(async () => {
  await database?.end();
  await world?.deployment.close();
  await postgres?.stop();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

/** What was answered, and how to see afterwards that it is still so. */
interface Acknowledged {
  /** Done while everything runs; the crash comes with its answer. */
  act(world: World): Promise<() => Promise<unknown>>;
  /** What holds afterwards. */
  still: unknown;
}

const ACKNOWLEDGED: Record<string, Acknowledged> = {
  'a code was redeemed': {
    async act({ agent, ...others }) {
      const form = { grant_type: 'authorization_code', ...(await newCode({ agent, ...others })) };
      const first = await agent.token(form);
      return async () => [
        first.status,
        heardIn(await agent.token(form)),
        await countOf('issued_tokens', `jti = '${jtiOf(first.body.access_token)}'`),
      ];
    },
    still: [200, '400 invalid_grant', 1],
  },
  'a token was issued, with its evidence': {
    async act({ agent, ...others }) {
      const { body } = await agent.token({
        grant_type: 'authorization_code',
        ...(await newCode({ agent, ...others })),
      });
      return () => countOf('evidence', `type = 'token.issued' and jti = '${jtiOf(body.access_token)}'`);
    },
    still: 1,
  },
  'an auth_req_id was collected': {
    async act({ agent, person }) {
      const asked = await agent.post('/backchannel', { scope: 'openid', login_hint: person.email, ...READING });
      const form = { grant_type: CIBA, auth_req_id: asked.body.auth_req_id };
      const first = await agent.token(form);
      return async () => [first.status, heardIn(await agent.token(form))];
    },
    still: [200, '400 invalid_grant'],
  },
  'a request_uri was completed': {
    async act({ agent, person }) {
      const { body } = await push(agent, { code_challenge: pkce().challenge, ...READING });
      const first = await person.get(authorizationUrl(agent, body.request_uri));
      return async () => {
        const again = await person.get(authorizationUrl(agent, body.request_uri));
        return [first.url.startsWith(`${REDIRECT}?code=`), new URL(again.url).searchParams.get('error')];
      };
    },
    still: [true, 'invalid_request_uri'],
  },
  'a client assertion bought a token': {
    async act({ resourceServer }) {
      const form = {
        grant_type: 'client_credentials',
        scope: 'redemptions',
        client_assertion: await resourceServer.assertion(),
      };
      const first = await resourceServer.token(form, { dpop: false });
      return async () => [first.status, heardIn(await resourceServer.token(form, { dpop: false }))];
    },
    still: [200, '401 invalid_client'],
  },
  'a client assertion was shown at introspection': {
    async act({ resourceServer }) {
      const form = { token: 'unknown', client_assertion: await resourceServer.assertion() };
      const first = await resourceServer.post('/token/introspection', form, { dpop: false });
      return async () => [
        first.status,
        heardIn(await resourceServer.post('/token/introspection', form, { dpop: false })),
      ];
    },
    still: [200, '401 invalid_client'],
  },
  'a person decided': {
    async act({ agent, person }) {
      const asked = await agent.post('/backchannel', {
        scope: 'openid',
        login_hint: person.email,
        authorization_details: detailsParameter(inviteDetails({ title: 'Decided before the crash' })),
        resource: CALENDAR,
      });
      const inbox = await person.get('/inbox');
      const page = await person.get(/href="(\/r\/apr_[0-9a-f]+)"/.exec(inbox.html)?.[1] ?? '');
      const decision = { decision: 'approve', duration: 'once', number: asked.body.display_code, read: '1' };
      const first = await person.submit(page, decision);
      const id = page.url.split('/').at(-1);
      return async () => [
        first.status,
        (await person.submit(page, decision)).status,
        await countOf('tasks', `approval = '${id}'`),
        await countOf('evidence', `type = 'task.approved' and approval = '${id}'`),
      ];
    },
    still: [200, 409, 1, 1],
  },
  'a person stopped everything': {
    async act({ agent, person }) {
      const { body } = await tokenInBrowser(agent, person, READING);
      const page = await person.get('/agents');
      const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec(page.html)?.[1] ?? '';
      const first = await person.post('/agents/stop', { csrf });
      return async () => [
        first.status,
        heardIn(await agent.token({ grant_type: 'refresh_token', refresh_token: body.refresh_token })),
        await countOf('evidence', `type = 'authority.stopped' and reason = 'all_agents_of_person'`),
      ];
    },
    still: [200, '400 invalid_grant', 1],
  },
  'a refusal was recorded': {
    async act({ agent }) {
      const first = await agent.token({
        grant_type: 'authorization_code',
        code: 'never given',
        code_verifier: pkce().verifier,
      });
      return async () => [
        heardIn(first),
        (await countOf(
          'evidence',
          `type = 'token.refused' and application = '${agent.clientId}' and at > now() - interval '1 minute'`,
        )) > 0,
      ];
    },
    still: ['400 invalid_grant', true],
  },
  'a person signed in': {
    async act({ deployment }) {
      const person = await signIn(deployment, 'approver@acme.example');
      return async () => (await person.get('/inbox')).url;
    },
    still: expect.stringMatching(/\/inbox$/),
  },
};

test.each(Object.entries(ACKNOWLEDGED))(
  '%s: it holds after kill -9 of the server and an immediate stop of PostgreSQL (invariant 6)',
  async (_name, { act, still }) => {
    const look = await act(world);
    await crash();
    await recover();
    expect(await look()).toEqual(still);
  },
  60_000,
);

/** At once and without a word: SIGKILL for the server, SIGQUIT for the database, which then writes nothing more. */
async function crash(): Promise<void> {
  const cluster = fs.readdirSync(postgres.home).map((name) => path.join(postgres.home, name, 'postmaster.pid'));
  const pidFile = cluster.find((file) => fs.existsSync(file));
  const pid = Number(fs.readFileSync(pidFile ?? '', 'utf8').split('\n')[0]);
  process.kill(pid, 'SIGQUIT');
  await world.deployment.kill();
  await database?.end().catch(() => {});
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
}

async function recover(): Promise<void> {
  await postgres.stop();
  postgres = await startEmbedded({ dataDir });
  await world.deployment.restart();
  database = new pg.Client({ connectionString: world.deployment.databaseUrl });
  database.on('error', () => {});
  await database.connect();
}

const countOf = async (table: string, condition: string): Promise<number> =>
  Number((await database.query(`select count(*) from ${table} where ${condition}`)).rows[0].count);

const heardIn = ({ status, body }: { status: number; body: { error?: string } }): string => `${status} ${body.error}`;

const jtiOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti;
