import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { shop } from '../catalogue/shop.ts';
import { ask, decideFor, poll, wordsOf } from '../protocol/support.ts';
import { type Api, administrator, operator } from '../support/admin.ts';
import {
  CALENDAR,
  claimsOf,
  demoClient,
  inviteDetails,
  type Json,
  push,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import {
  accessTokenIn,
  addEdge,
  applicationToken,
  databaseOf,
  eventsIn,
  exchange,
  introspect,
  organizationOf,
} from '../support/delegation.ts';
import { authorizationUrl, detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { publishPolicies } from '../support/policies.ts';
import { startServer, type TestServer } from '../support/server.ts';

const MAIL = 'shop.mail.read';
/** Mail of strangers, beside the shop. */
const mail = shop
  .replaceAll('https://shop.example', 'https://mail.example')
  .replace('name: Shop', 'name: Mail')
  .replace('key: shop.orders.place', `key: ${MAIL}`)
  .replace('verb: update', 'verb: read\n      own: true\n      dataClasses: [untrusted]')
  .replace('changes: Yes, one order is placed', 'changes: Nothing')
  .replace('      undo: Can be cancelled\n', '')
  .replace("what: 'Order {item}'", "what: 'Read mail about {item}'")
  .replace('default: medium', 'default: low');

let server: TestServer;
let database: Database;
let acme: string;
let person: TestPerson;
let agent: TestClient;
let ada: Api;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  acme = await organizationOf(database, 'acme');
  expect((await (await operator(server))('POST', '/catalogue', mail)).body).toMatchObject({ published: 1 });
  person = await signIn(server);
  ada = await administrator(server, 'admin@acme.example');
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(async () => {
  agent = await registerAgent(server, {
    authorization_details_types: [READ, 'calendar.invitations.send', 'crm.contacts.export', MAIL],
  });
});

const mine = () => agent.registration.agent_id as string;
const reading = { resource: CALENDAR, authorization_details: detailsParameter(readDetails()) };
const inviting = () => ({ resource: CALENDAR, authorization_details: detailsParameter(inviteDetails()) });
const rules = (...given: Json[]) => publishPolicies(database, acme, { rules: given });
const evidence = async (type: string) =>
  (await eventsIn(database)).filter((event) => event.agent === mine() && event.type === type);

describe('what a policy allows, nobody is asked', () => {
  const allowing = () => ({
    name: 'Reading',
    when: { agents: [mine()], actions: [READ] },
    verdict: 'allow',
    for: 'PT30M',
  });

  test('from behind: decided at once, by the policy, with the same evidence', async () => {
    await rules(allowing());
    const { body } = await ask(agent, reading);
    const token = claimsOf(accessTokenIn(await poll(agent, body.auth_req_id)));
    expect(token.authorization_details).toMatchObject([{ type: READ, impact: 'low' }]);
    // Nobody signed in for this (RFC 9068 §2.2.1).
    expect([token.acr, token.amr, token.auth_time]).toEqual([undefined, undefined, undefined]);
    const [decided] = await evidence('task.approved');
    expect(decided).toMatchObject({ reason: 'policy', decision: 'allowed' });
    expect(decided?.fields['content.name']?.value).toBe('Reading');
    expect(await person.get('/inbox')).toMatchObject({ html: expect.not.stringContaining(mine()) });
  });

  test('in the browser: no page', async () => {
    await rules(allowing());
    const { verifier, ...pushed } = await pushedRequest(reading);
    const back = await person.get(pushed.path);
    expect(back.url).toContain('code=');
    const code = new URL(back.url).searchParams.get('code') ?? '';
    const answer = await agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
    expect(claimsOf(accessTokenIn(answer)).acr).toBe('pwd');
  });

  test('a client that asks for a page (prompt=consent) gets one all the same', async () => {
    await rules(allowing());
    const { parameters, page } = await pageOf({ ...reading, prompt: 'consent' });
    expect([parameters, page.html]).toEqual([null, expect.stringContaining('data-testid="approve"')]);
  });

  test('nothing else: another action, another agent, and what weighs more are asked', async () => {
    await rules({ ...allowing(), when: { agents: [mine()], impact: { at_most: 'medium' } } });
    expect((await poll(agent, (await ask(agent, inviting())).body.auth_req_id)).status).toBe(200);
    await rules(allowing());
    expect((await poll(agent, (await ask(agent, inviting())).body.auth_req_id)).status).toBe(200); // covered by that task
    const other = await registerAgent(server);
    const asked = await ask(other, reading);
    expect((await poll(other, asked.body.auth_req_id)).body.error).toBe('authorization_pending');
  });
});

describe('what a policy forbids, nobody is asked either', () => {
  const forbidding = () => ({
    name: 'Far away',
    when: { agents: [mine()], actions: [READ], where: [{ days_above: { from: 'from', to: 'to', value: 3 } }] },
    verdict: 'never',
    say: {
      en: 'Your organization does not allow more than 3 days',
      de: 'Ihre Organisation erlaubt nicht mehr als 3 Tage',
    },
  });

  test('the agent hears which, and what would pass', async () => {
    await rules(forbidding());
    const { status, body } = await ask(agent, reading);
    expect([status, body.error]).toEqual([403, 'access_denied']);
    expect(body.error_description).toBe(
      'calendar.events.read: Your organization does not allow more than 3 days (what passes: at most 3 days)',
    );
    expect(await evidence('request.refused')).toMatchObject([{ reason: 'policy_forbids' }]);
    const short = { ...reading, authorization_details: detailsParameter(readDetails({ to: '2026-11-26' })) };
    expect((await ask(agent, short)).status).toBe(200);
  });

  test('A6-5: the person reads it on the page, in their language, and goes back to the agent', async () => {
    await rules(forbidding());
    const { page } = await pageOf(reading);
    expect(page.status).toBe(403);
    expect(wordsOf(page)).toContain('Your organization does not allow this.');
    expect(wordsOf(page)).toContain('Your organization does not allow more than 3 days');
    expect(wordsOf(page)).toContain('What would pass: at most 3 days.');
    expect(wordsOf(page)).not.toContain('Allow reading');
    const german = wordsOf((await pageOf({ ...reading, ui_locales: 'de' })).page);
    expect(german).toMatch(/Ihre Organisation erlaubt nicht mehr als 3 Tage[\s\S]*Das ginge: höchstens 3 Tage\./);
    const next = /<a class="button primary wide" href="([^"]+)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const back = await person.get(next);
    expect(new URL(back.url).searchParams.get('error')).toBe('access_denied');
  });

  test('not even what a live task covers', async () => {
    await rules();
    const hour = { decision: 'approve', duration: 'PT1H', read: '1' };
    const { refresh_token } = (await tokenInBrowser(agent, person, reading, hour)).body;
    const refreshed = () => agent.token({ grant_type: 'refresh_token', refresh_token });
    expect((await refreshed()).status).toBe(200);
    expect((await poll(agent, (await ask(agent, reading)).body.auth_req_id)).status).toBe(200);
    const theirs = await applicationToken(await demoClient(server, 'application'), person);
    const explained = async () => (await exchange(agent, theirs, { ...reading, explain: 'true' })).body.allowed;
    expect([await explained(), (await exchange(agent, theirs, reading)).status]).toEqual([true, 200]);

    await rules(forbidding());
    expect((await ask(agent, reading)).status).toBe(403);
    // Nor by a token that says for whom: it is exchanged for what the same task covers.
    expect(await explained()).toBe(false);
    expect((await exchange(agent, theirs, reading)).body).toMatchObject({
      error: 'access_denied',
      error_description: expect.stringContaining('does not allow more than 3 days'),
    });
    // Nor once more by the task itself: an hour is longer than the few minutes of what was issued before.
    expect((await refreshed()).body.error).toBe('access_denied');
    await rules();
    expect((await refreshed()).status).toBe(200);
  });

  test('two people: the person’s approval waits for the second, whatever the impact', async () => {
    await rules({ name: 'Both', when: { agents: [mine()], actions: [READ] }, verdict: 'two' });
    const asked = await ask(agent, reading);
    expect(asked.status).toBe(200);
    const row = await database.first<Json>('select quorum, impact from approvals where client_id = $1', [
      agent.clientId,
    ]);
    expect(row).toEqual({ quorum: 2, impact: 'low' });
    // Without a passkey not even the first counts.
    await decideFor(server, agent, person, { decision: 'approve', duration: 'once', number: asked.body.display_code });
    expect((await poll(agent, asked.body.auth_req_id)).body.error).toBe('authorization_pending');
  });
});

describe('the flow rule', () => {
  const readMail = () => ({
    resource: 'https://mail.example',
    authorization_details: detailsParameter({ type: MAIL, item: 'chairs', due: '2026-12-24' }),
  });
  const high = (answer: Json) =>
    answer.status === 200 ? 'asked' : `${answer.status} ${answer.body.error_description}`;

  test('after strangers’ words were read, sending is of high impact, for that agent and that person', async () => {
    await rules();
    expect((await ask(agent, inviting())).status).toBe(200);
    await tokenInBrowser(agent, person, readMail());
    const after = await ask(agent, { ...inviting(), binding_message: 'later' });
    const row = await database.first<Json>(
      'select impact, request from approvals where client_id = $1 order by asked_at desc limit 1',
      [agent.clientId],
    );
    if (high(after) === 'asked') {
      expect([row.impact, row.request.actions[0].after]).toEqual(['high', [{ action: MAIL, version: 1 }]]);
      const { page } = await decideFor(server, agent, person, { decision: 'deny' });
      expect(wordsOf(page)).toContain('Before this it could read: Read mail about (Mail)');
    } else {
      expect(high(after)).toContain('high impact');
    }
    // Another agent of the same person read nothing.
    const other = await registerAgent(server);
    expect((await ask(other, inviting())).status).toBe(200);
  });

  test('what was approved before the mail was read does not cover what is sent after it', async () => {
    await rules();
    await tokenInBrowser(agent, person, inviting());
    expect((await poll(agent, (await ask(agent, inviting())).body.auth_req_id)).status).toBe(200);
    await tokenInBrowser(agent, person, readMail());
    const again = await ask(agent, inviting());
    if (again.status === 200) {
      expect((await poll(agent, again.body.auth_req_id)).body.error).toBe('authorization_pending');
    } else {
      expect(high(again)).toContain('high impact');
    }
  });

  const ONCE = { decision: 'approve', duration: 'once', read: '1' };
  /** It may invite once, by this token. */
  const allowedToInvite = async (client = agent) => {
    const token = accessTokenIn(await tokenInBrowser(client, person, inviting(), ONCE));
    expect((await introspect(await resourceServer(), token)).active).toBe(true);
    return token;
  };
  const resourceServer = () => demoClient(server, 'resourceServer');
  const ended = async (client: TestClient) =>
    (await eventsIn(database)).filter(
      ({ agent: of, type, reason }) =>
        of === client.registration.agent_id && type === 'authority.stopped' && reason === 'read_since',
    );

  test('what was approved before ends with the reading, tokens and all, and the evidence says why', async () => {
    await rules();
    const token = await allowedToInvite();
    await tokenInBrowser(agent, person, readMail());
    expect(await introspect(await resourceServer(), token)).toEqual({ active: false });
    const [event] = await ended(agent);
    expect(event?.fields['content.read']?.value).toEqual([MAIL]);
  });

  test('so does a question that waits: its page did not say what could go out by it', async () => {
    await rules();
    const { body } = await ask(agent, inviting());
    const row = await database.first<Json>('select id from approvals where client_id = $1', [agent.clientId]);
    const shown = await person.get(`/r/${row?.id}`);
    await tokenInBrowser(agent, person, readMail());
    const page = await person.submit(shown, { ...ONCE, number: body.display_code });
    expect(page.status).toBe(410);
    expect(await poll(agent, body.auth_req_id)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    expect(await ended(agent)).toHaveLength(1);
  });

  test('what carries nothing out stays, and so does another agent’s', async () => {
    await rules();
    const other = await registerAgent(server);
    const [reads, invites] = [
      accessTokenIn(await tokenInBrowser(agent, person, reading)),
      await allowedToInvite(other),
    ];
    await tokenInBrowser(agent, person, readMail());
    for (const token of [reads, invites]) {
      expect((await introspect(await resourceServer(), token)).active).toBe(true);
    }
    expect([...(await ended(agent)), ...(await ended(other))]).toEqual([]);
  });

  test('what another agent hands on to be read ends what its receiver could carry out', async () => {
    await rules();
    const helper = await registerAgent(server, { authorization_details_types: [MAIL, 'calendar.invitations.send'] });
    await addEdge(database, agent, helper, [MAIL], 2);
    const token = await allowedToInvite(helper);
    const root = accessTokenIn(await tokenInBrowser(agent, person, { ...readMail(), resource: undefined }));
    const handed = await exchange(agent, root, {
      requested_actor: helper.registration.agent_id,
      ...readMail(),
      resource: undefined,
    });
    expect((await introspect(await resourceServer(), token)).active).toBe(true);
    const received = await exchange(helper, accessTokenIn(handed), readMail());
    expect(received).toMatchObject({ status: 200, body: { token_type: 'DPoP' } });
    expect(await introspect(await resourceServer(), token)).toEqual({ active: false });
    expect(await ended(helper)).toHaveLength(1);
  });

  test('decided at the same instant: never both, the reading and what was approved without knowing of it', async () => {
    await rules();
    for (let round = 0; round < 5; round++) {
      const racer = await registerAgent(server, { authorization_details_types: [MAIL, 'calendar.invitations.send'] });
      const invite = await ask(racer, inviting());
      const read = await ask(racer, readMail());
      const [invitation, mailbox] = await Promise.all([
        database.first<Json>('select id from approvals where client_id = $1 and impact = $2', [
          racer.clientId,
          'medium',
        ]),
        database.first<Json>('select id from approvals where client_id = $1 and impact = $2', [racer.clientId, 'low']),
      ]);
      const decideOn = async (id: string, number: string) => {
        const page = await person.get(`/r/${id}`);
        return () => person.submit(page, { ...ONCE, number });
      };
      const decisions = await Promise.all([
        decideOn(invitation?.id, invite.body.display_code),
        decideOn(mailbox?.id, read.body.display_code),
      ]);
      await Promise.all(decisions.map((decide) => decide()));
      expect((await poll(racer, read.body.auth_req_id)).status).toBe(200);
      const answer = await poll(racer, invite.body.auth_req_id);
      expect(answer.status).toBe(400);
      expect(await ended(racer)).toHaveLength(1);
    }
  });

  test('what an agent may read by itself, for nobody, it knows when it acts for somebody', async () => {
    await rules();
    const impact = async (asked: Json) => {
      const { body } = await ask(agent, asked);
      const found = await database.first<Json>(
        `select impact, actions #> '{0,after}' as after from approvals where client_id = $1 order by asked_at desc limit 1`,
        [agent.clientId],
      );
      return [body.error, found.impact, found.after];
    };
    expect(await impact(inviting())).toEqual([undefined, 'medium', null]);
    const given = await ada('POST', `/agents/${mine()}/own-actions`, { actions: [MAIL] });
    expect([given.status, given.body.own_actions]).toEqual([200, [MAIL]]);
    expect(await impact(inviting())).toEqual([undefined, 'high', [{ action: MAIL, version: 1 }]]);
    expect(await impact(reading)).toEqual([undefined, 'low', null]);
  });

  test('an organization may say otherwise', async () => {
    await publishPolicies(database, acme, { flow: { after: [], within: 'P1D' }, rules: [] });
    await tokenInBrowser(agent, person, readMail());
    expect((await ask(agent, inviting())).status).toBe(200);
  });
});

describe('administrators', () => {
  const never = `
rules:
  - name: No exports
    when: { actions: ["crm.*"] }
    verdict: never
`;
  const allow = `
rules:
  - name: Reading
    when: { actions: [calendar.events.read], agents: [NAME] }
    verdict: allow
`;

  test('publish what is stricter alone; what lets more through waits for another one, who confirms what they saw', async () => {
    await rules();
    expect(await ada('POST', '/policies', never)).toMatchObject({
      status: 200,
      body: { changes: ['new: No exports (never)'] },
    });
    const yaml = allow.replace('NAME', mine());
    const first = await ada('POST', '/policies', yaml);
    expect([first.status, first.body.reason, first.body.problems]).toEqual([
      409,
      'second_administrator',
      ['gone: No exports (never)', 'new: Reading (allow)'],
    ]);
    // What stands is what stood, and the proposal waits with what it changes.
    const { proposal, rules: standing } = (await ada('GET', '/policies')).body;
    expect(standing).toMatchObject([{ name: 'No exports', verdict: 'never', says: 'Never: to crm.*.' }]);
    expect(proposal).toMatchObject({
      problems: [],
      changes: expect.arrayContaining([expect.objectContaining({ weakens: true })]),
    });
    // The same one again is no second one.
    expect((await ada('POST', '/policies/proposal', { hash: proposal.hash })).status).toBe(409);

    await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
    const ben = await administrator(server, 'approver@acme.example');
    expect((await ben('POST', '/policies/proposal', { hash: 'other' })).status).toBe(409);
    const confirmed = await ben('POST', '/policies/proposal', { hash: proposal.hash });
    expect(confirmed).toMatchObject({ status: 200 });
    const record = await database.first<Json>(
      'select * from policies where organization = $1 order by version desc limit 1',
      [acme],
    );
    expect(record.made_by).not.toBe(record.confirmed_by);
    expect((await ben('GET', '/policies')).body).toMatchObject({ version: confirmed.body.published, yaml });
    expect((await ben('POST', '/policies/proposal', { hash: proposal.hash })).status).toBe(404);
    await database.run(`update people set roles = '{}' where email = 'approver@acme.example'`);
  });

  test('a published version is a record', async () => {
    await rules();
    await expect(database.run(`update policies set document = '{"rules": []}'`)).rejects.toThrow('it is a record');
    await expect(database.run('delete from policies')).rejects.toThrow('it is a record');
  });

  test('two who publish at once: one version, and the other is told', async () => {
    await rules();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ada('POST', '/policies', never)));
    const published = answers.filter(({ status }) => status === 200).map(({ body }) => body.published);
    expect(new Set(published).size).toBe(published.length);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  test('A6-4: see before they publish what a change would have done in the last seven days', async () => {
    await rules();
    await ask(agent, reading);
    const effect = await ada('POST', '/policies/effect', allow.replace('NAME', mine()));
    expect(effect.body).toMatchObject({ days: 7, changes: [{ words: 'new: Reading (allow)', weakens: true }] });
    expect(effect.body.effect.changed).toEqual([{ from: 'ask', to: 'allow', count: 1 }]);
  });

  test('try it: which rule, and what the person would read; nobody is asked', async () => {
    await publishPolicies(database, acme, {
      rules: [
        {
          name: 'Never outside',
          when: { actions: ['calendar.invitations.send'], where: [{ outside_domains: 'guests' }] },
          verdict: 'never',
        },
      ],
    });
    const { type: action, locations: _, ...parameters } = inviteDetails();
    const tried = (more: Json) =>
      ada('POST', '/policies/try', {
        agent: mine(),
        person: 'person@acme.example',
        action,
        parameters: { ...parameters, ...more },
      });
    expect((await tried({})).body).toMatchObject({
      verdict: 'ask',
      impact: 'medium',
      headline: 'Meeting Helper wants to invite 2 people to “Q1 review”, Thu 26 Nov, 10:00',
    });
    expect((await tried({ guests: ['eve@other.example'] })).body).toMatchObject({
      verdict: 'never',
      impact: 'high',
      rule: { name: 'Never outside', position: 1 },
    });
    expect((await tried({ guests: 'x' })).status).toBe(400);
    expect(await evidence('request.received')).toEqual([]);
  });

  test('names are names: agents by name, people by address; what nobody is called is a problem', async () => {
    await registerAgent(server, { client_name: 'Only One' });
    const lint = async (yaml: string) => (await ada('POST', '/policies/lint', yaml)).body.problems;
    expect(await lint(allow.replace('NAME', 'Only One'))).toEqual([]);
    expect(await lint(allow.replace('NAME', 'Nobody'))).toEqual(['agent Nobody is unknown']);
    expect(await lint(allow.replace('agents: [NAME]', 'people: [gus@globex.example]'))).toEqual([
      'person gus@globex.example is unknown',
    ]);
    expect((await ada('POST', '/policies', 'rules: 1')).status).toBe(422);
  });

  test('who was named when they looked is who they confirm: a name that is another one’s by then is another proposal', async () => {
    await rules();
    const [seen, other] = await Promise.all(
      ['Reader', 'Other Reader'].map((client_name) => registerAgent(server, { client_name })),
    );
    expect((await ada('POST', '/policies', allow.replace('NAME', 'Reader'))).status).toBe(409);
    const { hash } = (await ada('GET', '/policies')).body.proposal;
    const called = (agent: TestClient | undefined, name: string) =>
      database.run('update agents set name = $2 where id = $1', [agent?.registration.agent_id, name]);
    await called(seen, 'Former Reader');
    await called(other, 'Reader');

    await database.run(`update people set roles = '{admin}' where email = 'approver@acme.example'`);
    const ben = await administrator(server, 'approver@acme.example');
    expect((await ben('POST', '/policies/proposal', { hash })).body).toMatchObject({ status: 409, reason: 'changed' });
    await called(other, 'Other Reader');
    await called(seen, 'Reader');
    expect((await ben('POST', '/policies/proposal', { hash })).status).toBe(200);
    await database.run(`update people set roles = '{}' where email = 'approver@acme.example'`);
  });

  test('see and change their own organization alone', async () => {
    await rules();
    expect((await ada('GET', '/policies?organization=globex')).status).toBe(403);
    const gail = await administrator(server, 'admin@globex.example');
    expect((await gail('GET', '/policies')).body).toMatchObject({ version: 0, rules: [] });
  });
});

async function pushedRequest(form: Json) {
  const { pkce } = await import('../support/agent.ts');
  const { verifier, challenge } = pkce();
  const { body } = await push(agent, { code_challenge: challenge, state: 'st', ...form });
  return { verifier, path: authorizationUrl(agent, body.request_uri) };
}

async function pageOf(form: Json) {
  const { path } = await pushedRequest(form);
  const page = await person.get(path);
  return { page, parameters: page.url.startsWith(server.issuer) ? null : new URL(page.url).searchParams };
}
