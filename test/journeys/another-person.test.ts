import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { CALENDAR, claimsOf, pkce, push, readDetails, registerAgent } from '../support/agent.ts';
import { authorizationUrl, browserOf, continuationOf, detailsParameter } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.close());

test('whoever signs in after somebody else at one browser decides as themselves, and is covered by nothing of theirs', async () => {
  const agent = await registerAgent(server);
  const browser = browserOf(server.issuer);
  const subjects: string[] = [];
  for (const email of ['person@acme.example', 'approver@acme.example', 'person@acme.example']) {
    const form = await browser.get('/login?fresh=1');
    expect((await browser.submit(form, { email, password: server.demo.password })).status).toBe(200);

    const { verifier, challenge } = pkce();
    const asked = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
    const request = await push(agent, { code_challenge: challenge, ...asked });
    let page = await browser.get(authorizationUrl(agent, request.body.request_uri));
    if (subjects.length < 2) {
      expect(page.url).toContain('/interaction/');
      const result = await browser.submit(page, { decision: 'approve', duration: 'PT1H', read: '1' });
      page = await browser.get(continuationOf(result) ?? '');
    }
    const code = new URL(page.url).searchParams.get('code') ?? '';
    const answer = await agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
    expect(answer.status).toBe(200);
    subjects.push(claimsOf(answer.body.access_token).sub);
  }
  expect(subjects[0]).toBe(subjects[2]);
  expect(subjects[0]).not.toBe(subjects[1]);
});
