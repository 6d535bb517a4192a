import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import {
  agentMetadata,
  CALENDAR,
  CIBA,
  claimsOf,
  EXCHANGE,
  inviteDetails,
  type Json,
  READ,
  readDetails,
  type TestClient,
} from '../support/agent.ts';
import { addEdge, databaseOf, HOUR } from '../support/delegation.ts';
import { detailsParameter, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { oauth4webapi } from './oauth4webapi.ts';
import { openidClient } from './openid-client.ts';
import { deciding, decidingInInbox, type PeerClient, refusal } from './peer.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});

describe.each([openidClient, oauth4webapi])('$name drives', (peer) => {
  let agent: PeerClient;
  let child: PeerClient;
  let resourceServer: PeerClient;
  /** A calendar of its own: what the other library was approved covers nothing of this. */
  const read = (more: Json = {}) => detailsParameter(readDetails({ calendar: peer.name, ...more }));
  const asking = (more: Json = {}) => ({ authorization_details: read(more), resource: CALENDAR });
  const approved = async (form: Record<string, string>): Promise<Json> =>
    agent.askInBrowser(form, deciding(person, HOUR));

  beforeAll(async () => {
    const { jwks: _, ...metadata } = agentMetadata({});
    const { client_id, jwk } = server.demo.resourceServer;
    [agent, child, resourceServer] = await Promise.all([
      peer.register(server, metadata),
      peer.register(server, { ...metadata, client_name: 'Calendar Scout', agent_mode: 'sub_agent' }),
      peer.connect(server, client_id, jwk),
    ]);
    const asTest = ({ registration }: PeerClient) => ({ registration }) as TestClient;
    await addEdge(database, asTest(agent), asTest(child), [READ]);
  });

  test('MD-01, MD-02: discovery, which names this issuer and everything used below', () => {
    expect(agent.metadata()).toMatchObject({
      issuer: server.issuer,
      grant_types_supported: expect.arrayContaining(['authorization_code', CIBA, EXCHANGE]),
      token_endpoint_auth_methods_supported: expect.arrayContaining(['private_key_jwt']),
      code_challenge_methods_supported: ['S256'],
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256']),
      backchannel_token_delivery_modes_supported: ['poll', 'ping'],
      authorization_response_iss_parameter_supported: true,
    });
  });

  test('DCR-01: registration', () => {
    expect(agent.registration).toMatchObject({
      client_id: expect.any(String),
      agent_id: expect.stringMatching(/^agt_/),
      agent_status: 'active',
      token_endpoint_auth_method: 'private_key_jwt',
      dpop_bound_access_tokens: true,
    });
  });

  test('PAR-02, DP-02, PK-02: a pushed request with PKCE, decided in a browser, for a token that is bound to its key', async () => {
    const answer = await approved({ ...asking(), scope: 'openid' });
    expect(answer).toMatchObject({
      token_type: 'dpop', // the libraries write it so: it is case-insensitive (RFC 6749 §5.1)
      expires_in: expect.any(Number),
      authorization_details: [{ type: READ, calendar: peer.name, access: 'read', impact: 'low' }],
      id_token: expect.any(String), // whose signature, issuer, audience and time the library checked
    });
    expect(claimsOf(answer.access_token)).toMatchObject({
      aud: CALENDAR,
      client_id: agent.clientId,
      act: { sub: agent.registration.agent_id },
      cnf: { jkt: expect.any(String) },
    });
  });

  test('OA-27, BCP-16: a refresh token, for the task that outlives its first token', async () => {
    const answer = await approved(asking({ from: '2026-12-07', to: '2026-12-08' }));
    const refreshed = await agent.refresh(answer.refresh_token);
    expect(refreshed).toMatchObject({ token_type: 'dpop', authorization_details: answer.authorization_details });
    expect(claimsOf(refreshed.access_token).task_id).toBe(claimsOf(answer.access_token).task_id);
    expect(await refusal(child.refresh(answer.refresh_token))).toMatchObject({ status: 400 });
  });

  test('OA-12: a person’s no, as the error of the authorization response', async () => {
    const denied = agent.askInBrowser(
      asking({ from: '2026-11-01', to: '2026-11-02' }),
      deciding(person, { decision: 'deny' }),
    );
    expect(await refusal(denied)).toMatchObject({ error: 'access_denied' });
  });

  test('CB-31, CB-42, CB-50: a question from behind, polled until the person decided', async () => {
    const answer = await agent.askFromBehind(
      {
        scope: 'openid',
        login_hint: 'person@acme.example',
        authorization_details: detailsParameter(inviteDetails({ title: peer.name })),
        resource: CALENDAR,
      },
      decidingInInbox(person, { decision: 'approve', duration: 'once', read: '1' }),
    );
    expect(answer).toMatchObject({
      token_type: 'dpop',
      id_token: expect.any(String),
      authorization_details: [{ title: peer.name, max_uses: 1 }],
    });
  }, 20_000);

  test('X1, X26: a root, exchanged for a leaf and for a narrower one, and for nothing wider', async () => {
    const root = await approved({ authorization_details: read({ to: '2026-11-27' }) });
    expect(claimsOf(root.access_token).aud).toBe(server.issuer);
    const leaf = await agent.exchange({ subject_token: root.access_token, resource: CALENDAR });
    expect(leaf).toMatchObject({ issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' });
    expect(claimsOf(leaf.access_token).aud).toBe(CALENDAR);
    const narrower = await agent.exchange({
      subject_token: leaf.access_token,
      authorization_details: read({ from: '2026-11-25', to: '2026-11-26' }),
    });
    expect(narrower.authorization_details).toMatchObject([{ from: '2026-11-25', to: '2026-11-26' }]);

    for (const [form, error] of [
      [{ authorization_details: read({ to: '2026-12-24' }) }, 'invalid_authorization_details'],
      [{ scope: 'calendar.read' }, 'invalid_scope'],
      [{ resource: 'https://nobody.example' }, 'invalid_target'],
      [{ subject_token: 'nothing' }, 'invalid_request'],
    ] as const) {
      const wider = agent.exchange({ subject_token: leaf.access_token, resource: CALENDAR, ...form });
      expect(await refusal(wider)).toEqual({ error, status: 400 });
    }
  });

  test('X3, X22: a hand-off, which the sub-agent exchanges as itself, and nobody else', async () => {
    const leaf = await approved(asking({ to: '2026-11-26' }));
    const { access_token: handoff, expires_in } = await agent.exchange({
      subject_token: leaf.access_token,
      requested_actor: child.registration.agent_id,
      authorization_details: read({ from: '2026-11-25', to: '2026-11-26' }),
    });
    expect(expires_in).toBeLessThanOrEqual(60);
    expect(await refusal(agent.exchange({ subject_token: handoff }))).toEqual({
      error: 'invalid_request',
      status: 400,
    });
    const taken = await child.exchange({ subject_token: handoff });
    expect(claimsOf(taken.access_token)).toMatchObject({
      aud: CALENDAR,
      act: { sub: child.registration.agent_id, act: { sub: agent.registration.agent_id } },
      authorization_details: [{ from: '2026-11-25', to: '2026-11-26' }],
    });
    expect(await refusal(child.exchange({ subject_token: handoff }))).toMatchObject({ error: 'invalid_request' });
  });

  test('IN-03, IN-04, RV-01, RV-07: introspection by the resource server, and revocation, which reaches what came of it', async () => {
    const leaf = await approved(asking({ to: '2026-11-25' }));
    const derived = await agent.exchange({ subject_token: leaf.access_token });
    expect(await resourceServer.introspect(derived.access_token)).toMatchObject({
      active: true,
      sub: claimsOf(leaf.access_token).sub,
      act: { sub: agent.registration.agent_id },
      token_type: 'DPoP',
    });
    expect(await child.introspect(derived.access_token)).toEqual({ active: false });
    await agent.revoke(leaf.access_token);
    expect(await resourceServer.introspect(derived.access_token)).toEqual({ active: false });
    expect(await refusal(agent.exchange({ subject_token: leaf.access_token }))).toMatchObject({
      error: 'invalid_request',
    });
  });

  test('OA-23, PK-05: a client that proves itself with another key is refused', async () => {
    const impostor = await peer.connect(server, agent.clientId, server.demo.resourceServer.jwk);
    expect(await refusal(impostor.introspect('x'))).toEqual({ error: 'invalid_client', status: 401 });
    expect(await refusal(impostor.askInBrowser(asking(), async (url) => url))).toEqual({
      error: 'invalid_client',
      status: 401,
    });
  });
});
