import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { ACCESS_TOKEN, CALENDAR, claimsOf, demoClient, EXCHANGE, readDetails, inviteDetails, registerAgent, type TestClient } from './support/agent.ts';
import { cli } from './support/cli.ts';
import { detailsParameter, signIn, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';

let server: TestServer;
let parent: TestClient;
let child: TestClient;
beforeAll(async () => {
  server = await startServer();
  parent = await registerAgent(server, { client_name: 'Meeting Helper' });
  child = await registerAgent(server, { client_name: 'Room Finder', agent_mode: 'sub_agent' });
});
afterAll(() => server?.close());
const run = (...args: string[]) => cli(server, args);

test('story', async () => {
  expect(await run('edges', 'add', 'Meeting Helper', 'Room Finder', '--actions', 'calendar.events.read')).toMatchObject({ code: 0 });
  const person = await signIn(server);
  const got = await tokenInBrowser(parent, person, { authorization_details: detailsParameter(readDetails(), inviteDetails()), resource: CALENDAR }, { decision: 'approve', duration: 'PT1H', read: '1', action_0: 'allow', action_1: 'allow' });
  expect(got.status).toBe(200);
  const claims = claimsOf(got.body.access_token);
  const handoff = await parent.token({ grant_type: EXCHANGE, subject_token: got.body.access_token, subject_token_type: ACCESS_TOKEN, requested_actor: child.registration.agent_id });
  console.log(handoff.status, handoff.body);
  const childs = await child.token({ grant_type: EXCHANGE, subject_token: handoff.body.access_token, subject_token_type: ACCESS_TOKEN, resource: CALENDAR });
  console.log(childs.status, childs.body);
  const rs = await demoClient(server, 'resourceServer');
  const own = await rs.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  const { type: _, locations: __, ...parameters } = inviteDetails();
  const response = await fetch(`${server.issuer}/redemptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token: got.body.access_token, action: 'calendar.invitations.send', parameters, idempotency_key: 'k1' }),
  });
  expect(response.status).toBe(201);
  console.log(await run('agents', 'suspend', 'Room Finder', '--reason', 'it behaves oddly'));
  console.log((await run('evidence', 'chain', claims.task_id)).stdout);
  console.log((await run('evidence', 'chain', claims.task_id)).stderr);
  console.log(await run('evidence', 'list'));
  console.log(await run('agents', 'list'));
  console.log((await run('agents', 'get', 'Room Finder')).stdout);
  console.log(await run('agents', 'get', 'Room Fi'));
  console.log(await run('tokens', 'list'));
});
