import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JWTPayload } from 'jose';

import type { Database } from '../../adapters/postgres/database.ts';
import { PRESET_NAMES, PRESETS, strangeRedirects } from '../../server/agents/presets.ts';
import { applyDocument } from '../../server/agents/registration.ts';
import { type Api, administrator } from '../support/admin.ts';
import { agentMetadata, INVITE, type Json, newKey, READ, REDIRECT } from '../support/agent.ts';
import { databaseOf } from '../support/delegation.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { manage, metadataWith, now, registerWith, replaceable, type Signer, signerFor } from './support.ts';

let server: TestServer;
let database: Database;
let admin: Api;
let publisher: Signer;
const PUBLISHER = 'https://publisher.example';
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  admin = await administrator(server, 'admin@acme.example');
  publisher = await signerFor('ES256');
  const trusted = await admin('POST', '/trusted-issuers', {
    issuer: PUBLISHER,
    name: 'Publisher',
    profiles: ['software-statement'],
    algorithms: ['ES256'],
    jwks: { keys: [publisher.publicJwk] },
  });
  if (trusted.status !== 201) throw new Error(JSON.stringify(trusted.body));
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

const tokenWith = async (terms: Json = {}): Promise<string> => {
  const { body, status } = await admin('POST', '/initial-access-tokens', {
    owner: 'owner@acme.example',
    deputy: 'admin@acme.example',
    status: 'active',
    uses: 50,
    ...terms,
  });
  if (status !== 201) throw new Error(JSON.stringify(body));
  return body.initial_access_token;
};

describe('what the terms of an initial access token say of every agent', () => {
  test('limits, a blueprint and an end', async () => {
    await admin('PUT', '/blueprints', { name: 'Readers', limits: { actions: [READ], token_seconds: 120 } });
    const token = await tokenWith({ blueprint: 'Readers', limits: { token_seconds: 60 }, agent_expires_in: 3600 });
    const { body } = await registerWith(server, await metadataWith(), token);
    expect(body.agent_expires_at).toBeGreaterThan(now() + 3500);
    const row = await database.first<Json>('select limits, effective_limits, expires_at from agents where id = $1', [
      body.agent_id,
    ]);
    expect(row).toMatchObject({
      limits: { token_seconds: 60 },
      effective_limits: { actions: [READ], token_seconds: 60 },
    });
    expect(Math.abs(row.expires_at.getTime() / 1000 - body.agent_expires_at)).toBeLessThan(1);
    const { agent_expires_at } = (await manage(body, 'GET')).body;
    expect(agent_expires_at).toBe(body.agent_expires_at);
  });

  test('where they run: as the terms say, and never as the agent says of itself', async () => {
    const claims = { environment: 'production', agent_environment: 'production' };
    const [named, claimed] = await Promise.all([
      registerWith(server, await metadataWith(claims), await tokenWith({ environment: 'test' })),
      registerWith(server, await metadataWith(claims), await tokenWith()),
    ]);
    const of = async ({ body }: Json) => (await admin('GET', `/agents/${body.agent_id}`)).body.environment;
    expect([await of(named), await of(claimed)]).toEqual(['test', null]);
    const event = await database.first<Json>(
      `select c.fields -> 'content.environment' ->> 'value' as said from evidence e
       join evidence_contents c on c.event = e.id where e.agent = $1 and e.type = 'agent.registered'`,
      [named.body.agent_id],
    );
    expect(event).toEqual({ said: 'test' });

    const at = `/agents/${named.body.agent_id}/environment`;
    const before = (await admin('GET', `/agents/${named.body.agent_id}`)).body.changes.length;
    const put = (environment: unknown, reason?: string) => admin('PUT', at, { environment, reason });
    for (const wrong of ['prod', '', 3]) expect((await put(wrong, 'moved')).status).toBe(400);
    expect((await put('production')).status).toBe(400); // nobody says why
    expect((await put('production', 'moved')).body.environment).toBe('production');
    expect((await put('production', 'moved')).status).toBe(200);
    expect((await put(null, 'nobody knows')).body.environment).toBeNull();
    const { environment, changes } = (await admin('GET', `/agents/${named.body.agent_id}`)).body;
    expect(environment).toBeNull();
    // Said twice is changed once.
    expect(changes.slice(before).map(({ change, detail, reason }: Json) => [change, detail, reason])).toEqual([
      ['environment', { from: 'test', to: 'production' }, 'moved'],
      ['environment', { from: 'production', to: null }, 'nobody knows'],
    ]);
  });

  test.each([
    ['an environment that is none', { environment: 'prod' }, 400],
    ['an action that nobody knows', { limits: { actions: ['no.such'] } }, 422],
    ['a blueprint that is not there', { blueprint: 'Nowhere' }, 404],
    ['a preset that nobody knows', { preset: 'netscape' }, 400],
  ])('%s is refused', async (_, terms, status) => {
    const answer = await admin('POST', '/initial-access-tokens', {
      owner: 'owner@acme.example',
      deputy: 'admin@acme.example',
      ...terms,
    });
    expect(answer.status).toBe(status);
  });
});

describe('presets of well-known clients', () => {
  test.each(PRESET_NAMES)('%s: registers as itself, and as nothing else', async (preset) => {
    const token = await tokenWith({ preset });
    const { name, redirects } = PRESETS[preset];
    const { publicJwk } = await newKey();
    const good = { client_name: 'Whatever', redirect_uris: [...redirects], application_type: 'native' };
    const { status, body } = await registerWith(server, good, token);
    expect([status, body.client_name, body.token_endpoint_auth_method, body.grant_types]).toEqual([
      201,
      name,
      'none',
      ['authorization_code', 'refresh_token'],
    ]);
    for (const evil of [
      { redirect_uris: ['https://evil.example/cb'] },
      { redirect_uris: [...redirects, `${REDIRECT}x`] },
    ]) {
      const refused = await registerWith(server, { ...agentMetadata(publicJwk), ...evil }, token);
      expect([refused.status, refused.body.error]).toEqual([400, 'invalid_redirect_uri']);
      expect(refused.body.error_description).toContain(redirects[0]);
    }
  });

  test.each([
    ['claude-code', 'http://localhost:3118/callback', true],
    ['claude-code', 'http://localhost:3118/callback/', false],
    ['claude-code', 'https://localhost/callback', false],
    ['claude-code', 'http://localhost.evil.example/callback', false],
    ['claude', 'https://claude.ai/api/mcp/auth_callback', true],
    ['claude', 'https://claude.ai:444/api/mcp/auth_callback', false],
    ['claude', 'https://claude.ai/api/mcp/auth_callback?next=x', false],
    ['vscode', 'http://127.0.0.1:33418/', true],
  ] as const)('%s: %s is known: %s', (preset, uri, known) => {
    expect(strangeRedirects(preset, [uri])).toEqual(known ? [] : [uri]);
  });
});

describe('DCR-06: software statements', () => {
  const statement = (claims: JWTPayload & Json = {}, header: Json = {}, by: Signer = publisher) =>
    by.sign({ iss: PUBLISHER, iat: now(), software_id: 'planner', ...claims }, header);
  const registering = async (software_statement: unknown, more: Json = {}, token?: string) =>
    registerWith(server, await metadataWith({ software_statement, ...more }), token);

  test('what it says counts, whatever stands beside it, and it is returned as it came', async () => {
    const signed = await statement({
      client_name: 'Vetted Planner',
      redirect_uris: ['https://planner.example/callback'],
      software_version: '2.1',
      agent_owner: 'usr_evil',
    });
    const { status, body } = await registering(signed, {
      client_name: 'Fake',
      redirect_uris: ['https://evil.example/callback'],
      application_type: 'web',
    });
    expect([status, body.client_name, body.redirect_uris, body.software_statement]).toEqual([
      201,
      'Vetted Planner',
      ['https://planner.example/callback'],
      signed,
    ]);
    expect(body).toMatchObject({ software_id: 'planner', software_version: '2.1' });
    expect(body.agent_owner).not.toBe('usr_evil');

    const replaced = await manage(body, 'PUT', {
      ...replaceable(body),
      software_statement: undefined,
      client_name: 'Fake',
      redirect_uris: ['https://evil.example/callback'],
    });
    expect([replaced.status, replaced.body.client_name, replaced.body.redirect_uris]).toEqual([
      200,
      'Vetted Planner',
      ['https://planner.example/callback'],
    ]);
  });

  const refused: [string, () => Promise<unknown> | unknown, string][] = [
    ['no JWT', () => 'a.b.c', 'invalid_software_statement'],
    ['no text', () => 5, 'invalid_software_statement'],
    ['of nobody who is trusted', () => statement({ iss: 'https://evil.example' }), 'unapproved_software_statement'],
    ['of nobody', () => statement({ iss: undefined as never }), 'unapproved_software_statement'],
    ['signed by another', async () => statement({}, {}, await signerFor('ES256')), 'invalid_software_statement'],
    ['with another alg', async () => statement({}, {}, await signerFor('EdDSA')), 'invalid_software_statement'],
    ['expired', () => statement({ exp: now() - 1 }), 'invalid_software_statement'],
    ['not valid yet', () => statement({ nbf: now() + 600 }), 'invalid_software_statement'],
    ['for another server', () => statement({ aud: 'https://other.example' }), 'invalid_software_statement'],
    ['an access token', () => statement({}, { typ: 'at+jwt' }), 'invalid_software_statement'],
    ['with hostile metadata', () => statement({ redirect_uris: ['javascript:alert(1)'] }), 'invalid_redirect_uri'],
  ];
  test.each(refused)('%s is refused', async (_, make, error) => {
    const { status, body } = await registering(await make());
    expect([status, body.error, body.client_id]).toEqual([400, error, undefined]);
  });

  test('an issuer that is trusted for who people are says nothing about software', async () => {
    const other = await signerFor('ES256');
    await admin('POST', '/trusted-issuers', {
      issuer: 'https://login.example',
      name: 'Login',
      profiles: ['identity'],
      algorithms: ['ES256'],
      jwks: { keys: [other.publicJwk] },
    });
    const { body } = await registering(await statement({ iss: 'https://login.example' }, {}, other));
    expect(body.error).toBe('unapproved_software_statement');
  });

  test('trusted by one organization, it says nothing in another', async () => {
    const globex = await administrator(server, 'admin@globex.example');
    const { body } = await globex('POST', '/initial-access-tokens', {
      owner: 'person@globex.example',
      deputy: 'admin@globex.example',
    });
    const answer = await registering(await statement(), {}, body.initial_access_token);
    expect([answer.status, answer.body.error]).toEqual([400, 'unapproved_software_statement']);
  });
});

describe('DCR-07: so many in a minute', () => {
  test('with one token and from one address, good or not; then 429 with the time to wait', async () => {
    const small = await startServer({ COUNTERSIGN_REGISTRATIONS_PER_MINUTE: '5' });
    try {
      const answers = [];
      for (let count = 0; count < 7; count++)
        answers.push(await registerWith(small, await metadataWith(), count < 3 ? undefined : 'guess'));
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 401, 401, 429, 429]);
      expect(answers[6]?.body.error).toBe('slow_down');
      expect(Number(answers[6]?.headers.get('retry-after'))).toBeGreaterThan(0);
    } finally {
      await small.close();
    }
  });
});

describe('so many agents in one organization', () => {
  test('one more is refused with what would pass, also of twenty at once; whoever is retired makes room', async () => {
    const small = await startServer({ COUNTERSIGN_AGENTS_PER_ORGANIZATION: '10' });
    const counted = databaseOf(small);
    try {
      const row = await counted.first<{ count: number }>(
        `select count(*)::int as count from agents where organization = (select id from organizations where slug = 'acme') and status not in ('retired', 'expired')`,
      );
      const room = 10 - (row?.count ?? 0);
      expect(room).toBeGreaterThan(0);
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => registerWith(small, await metadataWith())),
      );
      const made = answers.filter(({ status }) => status === 201);
      expect(made).toHaveLength(room);
      const refused = answers.find(({ status }) => status !== 201);
      expect([refused?.status, refused?.body.error, refused?.body.error_description]).toEqual([
        403,
        'access_denied',
        expect.stringContaining('has its 10 agents: retire one'),
      ]);
      await counted.run(`update agents set status = 'retired' where id = $1`, [made[0]?.body.agent_id]);
      expect((await registerWith(small, await metadataWith())).status).toBe(201);
      expect((await registerWith(small, await metadataWith())).status).toBe(403);
    } finally {
      await counted.close();
      await small.close();
    }
  });
});

const SITE = ['https://planner.example/cb'];
test.each([
  ['logo_uri', 'https://bank.example/logo.png', SITE, false],
  ['client_uri', 'https://other.github.io/', ['https://mine.github.io/cb'], false],
  ['tos_uri', 'https://tos.example/', SITE, false],
  ['policy_uri', 'https://planner.example.evil.example/', SITE, false],
  ['logo_uri', 'https://cdn.planner.example/logo.png', SITE, true],
  ['client_uri', 'https://planner.example/', SITE, true],
  ['logo_uri', 'https://planner.example/logo.png', [REDIRECT], true],
])('DCR-05: %s at %s, with redirects at %j, is kept: %s', async (name, uri, redirect_uris, kept) => {
  const metadata = await metadataWith({ redirect_uris, application_type: undefined, [name]: uri });
  const { status, body } = await registerWith(server, metadata);
  expect([status, body[name]]).toEqual([201, kept ? uri : undefined]);
});

/** As these clients publish or register themselves, fetched in 2026: what they say beside the essentials must not stop them. */
const PUBLISHED: Readonly<Record<string, Json>> = {
  claude: {
    client_name: 'Claude',
    redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  'claude-code': {
    client_name: 'Claude Code',
    client_uri: 'https://claude.ai',
    redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
  vscode: {
    client_name: 'Visual Studio Code',
    client_uri: 'https://vscode.dev/product',
    logo_uri: 'https://code.visualstudio.com/assets/branding/code-stable.png',
    redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  },
  opencode: {
    client_name: 'opencode',
    client_uri: 'https://opencode.ai',
    redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    application_type: 'native',
  },
};

test.each(PRESET_NAMES)(
  'MCP-06: %s, as it describes itself, is taken by its document and by its preset',
  async (preset) => {
    const published = PUBLISHED[preset] ?? {};
    const { name, redirects } = PRESETS[preset];
    expect(published.client_name).toBe(name);
    for (const uri of published.redirect_uris) expect([uri, redirects.includes(uri as never)]).toEqual([uri, true]);
    const metadata = applyDocument(published, () => true);
    expect(metadata).toMatchObject({
      grant_types: ['authorization_code', 'refresh_token'],
      application_type: preset === 'claude' ? 'web' : 'native',
    });
    const { status, body } = await registerWith(server, published, await tokenWith({ preset }));
    expect([status, body.client_name, body.grant_types]).toEqual([201, name, ['authorization_code', 'refresh_token']]);
  },
);

test('DCR-05: what software says of itself is fetched by nobody and shown to nobody', async () => {
  const logo = 'https://127.0.0.1:9/logo.png';
  const { status, body } = await registerWith(server, await metadataWith({ logo_uri: logo, client_uri: logo }));
  expect(status).toBe(201);
  const { body: card } = await admin('GET', `/agents/${body.agent_id}`);
  expect(JSON.stringify(card)).not.toContain(logo);
  expect(card.actions).toEqual([READ, INVITE].sort());
});
