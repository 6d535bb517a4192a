import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { publishCatalogue } from '../../adapters/postgres/catalogue.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { parseCatalogue } from '../../server/catalogue/catalogue.ts';
import {
  type Answer,
  CALENDAR,
  claimsOf,
  pkce,
  push,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { databaseOf, exchange, introspect, organizationOf, registerAgentAt } from '../support/delegation.ts';
import { authorizationUrl, browserOf, detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import {
  ask,
  codeFor,
  type Form,
  initialAccessToken,
  manage,
  metadataWith,
  registerWith,
  replaceable,
  requestObject,
  responseIn,
} from './support.ts';

const NOTES = 'https://notes.globex.example';
const TYPE = 'globex.notes.read';
const SCOPE = 'globex.notes';
const NEVER = 'globex.never.there';

let server: TestServer;
let database: Database;
let acme: TestClient;
let globex: TestClient;
let person: TestPerson;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
  const catalogue = `
- resource: ${NOTES}
  name: Globex Notes
  owner: ${await organizationOf(database, 'globex')}
  actions:
    - key: ${TYPE}
      version: 1
      verb: read
      scope: ${SCOPE}
      own: true
      parameters: { type: object, additionalProperties: false, properties: {} }
      critical: []
      headline: "read the notes"
      button: Allow reading
      effect: Reads only
      facts:
        what: Read the notes
        system: "{@system}"
        data: All notes
        changes: Nothing
        impact: It will see what is written
      reversible: true
      level: { default: low }
      durations: { default: once, max: PT1H }
      samples: [{}]
`;
  await publishCatalogue(database, parseCatalogue(catalogue));
  acme = await registerAgent(server, {
    grant_types: [
      'authorization_code',
      'client_credentials',
      'urn:openid:params:grant-type:ciba',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
  });
  globex = await untilReloaded();
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

/** The engine is built anew a moment after the catalogue is published. */
async function untilReloaded(): Promise<TestClient> {
  for (let tries = 0; ; tries++) {
    const client = await registerAgentAt(server, database, 'globex', {
      authorization_details_types: [TYPE],
      grant_types: ['authorization_code', 'client_credentials', 'urn:openid:params:grant-type:ciba'],
    }).catch((error: Error) => error);
    if (!(client instanceof Error)) return client;
    if (tries > 100) throw client;
    await setTimeout(50);
  }
}

const challenge = pkce().challenge;
/** All that a stranger could compare. */
const said = ({ status, body }: Answer, name: string) => [status, JSON.stringify(body).replaceAll(name, '…')];

test('the organization itself uses its resource', async () => {
  const gus = await signIn(server, 'person@globex.example');
  const { body } = await globex.token(await codeFor(globex, gus, { scope: SCOPE, resource: NOTES }));
  expect(claimsOf(body.access_token)).toMatchObject({ aud: NOTES, scope: SCOPE });
  const details = {
    authorization_details: detailsParameter({ type: TYPE }),
    login_hint: 'person@globex.example',
    resource: NOTES,
  };
  expect((await ask(globex, details)).status).toBe(200);
});

describe('design §8.4: what belongs to one organization does not exist for another', () => {
  test('discovery names neither its types nor its scopes nor its address', async () => {
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const text = await (await fetch(`${server.issuer}/.well-known/${name}`)).text();
      expect(text).toContain('calendar.events.read');
      expect(text).not.toContain('globex');
    }
  });

  test.each([
    ['its type', (name: string) => ({ authorization_details_types: [name] })],
    ['its scope', (name: string) => ({ scope: name })],
  ])('a registration cannot name %s, and is told what it would be told of one that never was', async (what, more) => {
    const [real, never] = what === 'its type' ? [TYPE, NEVER] : [SCOPE, NEVER];
    const answers = await Promise.all(
      [real, never].map(async (name) => said(await registerWith(server, await metadataWith(more(name))), name)),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.[0]).toBe(400);
    expect(answers[0]?.[1]).not.toContain('globex');
  });

  test('nor can a registration take it up later', async () => {
    const { body } = await registerWith(server, await metadataWith());
    const { status } = await manage(body, 'PUT', { ...replaceable(body), authorization_details_types: [TYPE] });
    expect(status).toBe(400);
  });

  const WAYS: [string, (name: { type: string; scope: string; resource: string }) => Promise<Answer>][] = [
    [
      'pushing its type',
      ({ type }) => push(acme, { code_challenge: challenge, authorization_details: detailsParameter({ type }) }),
    ],
    ['pushing its scope', ({ scope }) => push(acme, { code_challenge: challenge, scope })],
    [
      'pushing its resource',
      ({ resource }) => push(acme, { code_challenge: challenge, scope: 'calendar.read', resource }),
    ],
    [
      'asking for its type from behind',
      ({ type }) => ask(acme, { authorization_details: detailsParameter({ type }), resource: undefined }),
    ],
    [
      'asking for its scope from behind',
      ({ scope }) => ask(acme, { scope: `openid ${scope}`, authorization_details: undefined, resource: undefined }),
    ],
    ['asking for its resource from behind', ({ resource }) => ask(acme, { resource })],
    [
      'taking its type by itself',
      ({ type }) => acme.token({ grant_type: 'client_credentials', authorization_details: detailsParameter({ type }) }),
    ],
    ['taking its scope by itself', ({ scope }) => acme.token({ grant_type: 'client_credentials', scope })],
    [
      'taking its resource by itself',
      ({ scope, resource }) => acme.token({ grant_type: 'client_credentials', scope, resource }),
    ],
    [
      'signing for its type',
      async ({ type }) =>
        acme.post('/request', {
          request: await requestObject(server, acme, {
            response_type: 'code',
            redirect_uri: 'http://127.0.0.1:9/callback',
            code_challenge: challenge,
            code_challenge_method: 'S256',
            authorization_details: [{ type }],
          }),
        }),
    ],
  ];
  test.each(WAYS)('%s is answered as for one that never was', async (_name, send) => {
    const real = { type: TYPE, scope: SCOPE, resource: NOTES };
    const never = { type: NEVER, scope: 'globex.nothing', resource: 'https://never.globex.example' };
    const answers: unknown[] = [];
    for (const names of [real, never]) {
      const answer = await send(names);
      let text = JSON.stringify(answer.body);
      for (const name of Object.values(names)) text = text.replaceAll(name, '…');
      answers.push([answer.status, text]);
    }
    expect(answers[0]).toEqual(answers[1]);
    expect((answers[0] as [number])[0]).toBe(400);
  });

  test('in the browser too, pushed or signed', async () => {
    const answers: unknown[] = [];
    for (const type of [TYPE, NEVER]) {
      const request = await requestObject(server, acme, {
        response_type: 'code',
        redirect_uri: 'http://127.0.0.1:9/callback',
        code_challenge: challenge,
        code_challenge_method: 'S256',
        authorization_details: [{ type }],
      });
      const page = await person.get(`/auth?${new URLSearchParams({ client_id: acme.clientId, request })}`);
      answers.push(responseIn(page).parameters);
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]).toMatchObject({ error: 'invalid_authorization_details' });
  });

  test('exchanging for it', async () => {
    const { body } = await acme.token(await codeFor(acme, person, { scope: 'calendar.read' }));
    const answers = [];
    for (const resource of [NOTES, 'https://never.globex.example'])
      answers.push(said(await exchange(acme, body.access_token, { resource }), resource));
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.[0]).toBe(400);
  });
});

describe('design §8.4: people, agents and tokens stay in their organization', () => {
  test('an agent is asked about by nobody of another organization', async () => {
    const gus = await signIn(server, 'person@globex.example');
    const pushed = await push(acme, { code_challenge: challenge, scope: 'calendar.read', resource: CALENDAR });
    const page = await gus.get(authorizationUrl(acme, pushed.body.request_uri));
    expect([page.status, page.html.includes('data-testid="approve"')]).toEqual([403, false]);
  });

  test('a question is opened by nobody else, and looks like one that never was', async () => {
    await ask(acme);
    const row = await database.first<{ id: string }>(
      `select id from approvals where client_id = $1 order by asked_at desc limit 1`,
      [acme.clientId],
    );
    const pages = [];
    for (const email of ['person@globex.example', 'approver@acme.example', 'admin@acme.example']) {
      const other = await signIn(server, email);
      for (const id of [row?.id, 'apr_00000000000000000000000000000000']) {
        const { status, html } = await other.get(`/r/${id}`);
        pages.push([status, /<h1[^>]*>[\s\S]*?<\/h1>/.exec(html)?.[0]]);
      }
    }
    expect(new Set(pages.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(pages[0]?.[0]).toBe(404);
  });

  test('a token of one is nothing to the other: not to see, to end or to exchange', async () => {
    const { body } = await acme.token(await codeFor(acme, person, { scope: 'calendar.read' }));
    expect(await introspect(globex, body.access_token)).toEqual({ active: false });
    await globex.post('/token/revocation', { token: body.access_token }, { dpop: false });
    expect((await introspect(acme, body.access_token)).active).toBe(true);
    const stranger = await registerAgentAt(server, database, 'globex');
    const answer = await exchange(stranger, body.access_token, { resource: CALENDAR });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_request']);
  });

  test('a code of one is nothing to the other', async () => {
    const code = await codeFor(acme, person, { scope: 'calendar.read', resource: CALENDAR });
    const answer = await globex.token(code);
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_grant']);
  });

  test('an initial access token makes agents of its own organization, whatever the metadata say', async () => {
    const token = await initialAccessToken(database, 'globex');
    const { body } = await registerWith(
      server,
      await metadataWith({ organization: acme.registration.organization }),
      token,
    );
    expect(body.organization).toBe(await organizationOf(database, 'globex'));
  });

  test('an ID token of one names nobody to the other', async () => {
    const { body } = await acme.token(
      await codeFor(acme, person, { scope: 'openid calendar.read', resource: CALENDAR }),
    );
    const form: Form = {
      login_hint: undefined,
      id_token_hint: body.id_token,
      authorization_details: detailsParameter(readDetails()),
    };
    const other = await registerAgentAt(server, database, 'globex');
    expect((await ask(other, form)).status).toBe(400);
  });

  test('nobody who is not signed in sees anything of an organization', async () => {
    const pushed = await push(acme, {
      code_challenge: challenge,
      authorization_details: detailsParameter(readDetails({ calendar: 'Secret project' })),
    });
    const page = await browserOf(server.issuer).get(authorizationUrl(acme, pushed.body.request_uri));
    expect(page.html).not.toMatch(/Secret project|Meeting Helper|Acme/);
  });
});
