import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../../adapters/postgres/database.ts';
import { ask, decideFor } from '../protocol/support.ts';
import { administrator } from '../support/admin.ts';
import {
  type Answer,
  CALENDAR,
  demoClient,
  EXCHANGE,
  inviteDetails,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { applicationToken, databaseOf, eventsIn } from '../support/delegation.ts';
import { decideInBrowser, detailsParameter, signIn, type TestPerson, tokenInBrowser } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: Database;
let person: TestPerson;
let agent: TestClient;
beforeAll(async () => {
  server = await startServer();
  database = databaseOf(server);
  person = await signIn(server);
});
afterAll(async () => {
  await database?.close();
  await server?.close();
});
beforeEach(async () => {
  agent = await registerAgent(server);
});

const deny = async (more: Json = {}) => {
  await ask(agent, more);
  return decideFor(server, agent, person, { decision: 'deny' });
};
const read = () => ({ authorization_details: detailsParameter(readDetails()) });
/** As if what was asked so far had been asked, decided and ended so long ago. */
const later = (interval: string) =>
  database.run(
    `update approvals set asked_at = asked_at - $2::interval, decided_at = decided_at - $2::interval,
       expires_at = expires_at - $2::interval, polled_at = null where client_id = $1`,
    [agent.clientId, interval],
  );
const eventsAbout = async (type: string) =>
  (await eventsIn(database)).filter((event) => event.agent === agent.registration.agent_id && event.type === type);
/** A loaded machine is slower than a hasty person: as if the page had been shown this very moment. */
const justShown = () =>
  database.run(`update approvals set shown_at = clock_timestamp() + interval '1 minute' where client_id = $1`, [
    agent.clientId,
  ]);
const told = ({ status, body, headers }: Answer) => [
  status,
  body.error,
  body.error_description,
  Number(headers.get('retry-after')),
];
const within = (least: number, most: number) => ({
  asymmetricMatch: (value: number) => value > least && value <= most,
});

describe('after a denial', () => {
  test('U5-4: the same action is refused for a quarter of an hour, with when to come back, and no page', async () => {
    await deny();
    expect(told(await ask(agent))).toEqual([
      403,
      'access_denied',
      'the person denied this a short while ago',
      within(880, 900),
    ]);
    // Another action may be asked, and the same one again when the time is over.
    expect((await ask(agent, read())).status).toBe(200);
    await later('16 minutes');
    expect((await ask(agent)).status).toBe(200);
    expect(await eventsAbout('request.refused')).toMatchObject([{ reason: 'recently_denied' }]);
  });

  test('in the browser the client hears it, and evidence has it', async () => {
    await deny();
    const { parameters } = await decideInBrowser(agent, person, {
      authorization_details: detailsParameter(inviteDetails()),
      resource: CALENDAR,
    });
    expect(Object.fromEntries(parameters)).toMatchObject({
      error: 'access_denied',
      error_description: 'the person denied this a short while ago',
    });
    expect(await eventsAbout('request.refused')).toMatchObject([{ reason: 'recently_denied' }]);
  });

  test('an exchange without a task hears it too', async () => {
    await deny();
    const application = await demoClient(server, 'application');
    const subject = await applicationToken(application, person);
    const answer = await agent.token({
      grant_type: EXCHANGE,
      subject_token: subject,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      authorization_details: detailsParameter(inviteDetails()),
      resource: CALENDAR,
    });
    expect(told(answer).slice(0, 2)).toEqual([403, 'access_denied']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(800);
  });

  test('what a live task covers bothers nobody, and is not limited', async () => {
    const details = detailsParameter(readDetails());
    await tokenInBrowser(agent, person, { authorization_details: details, resource: CALENDAR });
    await database.run(
      `insert into approvals (organization, id, kind, client_id, agent, person, actions, scopes, resources, request,
         request_hash, asked_hash, impact, status, expires_at, decided_at)
       select organization, 'apr_0000' || left(id, 4), kind, client_id, agent, person, actions, scopes, resources, request,
         request_hash, asked_hash, impact, 'denied', expires_at, now() from approvals where client_id = $1`,
      [agent.clientId],
    );
    expect((await ask(agent, { authorization_details: details })).status).toBe(200);
  });
});

describe('muted', () => {
  const mute = async () => {
    for (const type of [0, 1, 2]) {
      await deny();
      if (type < 2) await later('20 minutes');
    }
  };
  const agentsPage = async () => (await person.get(`/agents/${agent.registration.agent_id}`)).html;

  test('three denials within a day mute the agent for seven days, and the person sees it', async () => {
    await mute();
    expect(told(await ask(agent, read()))).toEqual([
      403,
      'access_denied',
      'the person denied or ignored too many questions of this agent',
      within(7 * 86_400 - 20, 7 * 86_400),
    ]);
    expect(await agentsPage()).toMatch(/Muted until \d+ \w{3} \d{4}\./);
  });

  test('four questions that nobody answers do the same', async () => {
    for (const hours of [0, 1, 2, 3]) {
      await ask(agent);
      await later(`${hours === 3 ? 10 : 60} minutes`);
    }
    expect(told(await ask(agent))[2]).toBe('the person denied or ignored too many questions of this agent');
  });

  test('the person unmutes it under My agents, and what was denied before counts no more', async () => {
    await mute();
    const page = await person.get('/agents');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    const path = `/agents/${agent.registration.agent_id}/unmute`;
    expect((await person.post(path, { csrf: 'x' })).status).toBe(403);
    expect((await person.post(path, { csrf })).status).toBe(200);

    expect(await agentsPage()).not.toContain('Muted until');
    expect((await ask(agent)).status).toBe(200);
    expect(await eventsAbout('authority.resumed')).toMatchObject([{ reason: 'unmuted' }]);
  });

  test('nobody unmutes for somebody else', async () => {
    await mute();
    const other = await signIn(server, 'approver@acme.example');
    const page = await other.get('/agents');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    await other.post(`/agents/${agent.registration.agent_id}/unmute`, { csrf });
    expect((await ask(agent)).status).toBe(403);
  });
});

test('U5-3: “I did not start this” pauses the agent for this person, ends what it holds, and raises an alarm', async () => {
  await ask(agent, read());
  const { path } = await decideFor(server, agent, person, { decision: 'deny' });
  const page = await person.get('/agents');
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
  const answer = await person.post(`${path}/reason`, { csrf, reason: 'not_me' });
  expect(answer.html).toContain('This agent is paused for you.');

  expect(told(await ask(agent)).slice(0, 3)).toEqual([403, 'access_denied', 'the person paused this agent']);
  expect(await eventsAbout('person.alarm')).toMatchObject([{ reason: 'not_started', decision: 'reported' }]);
  // Said twice, it is one alarm.
  await person.post(`${path}/reason`, { csrf, reason: 'not_me' });
  expect(await eventsAbout('person.alarm')).toHaveLength(1);
});

test('a reason is given after one’s own denial alone', async () => {
  await ask(agent, read());
  const row = await database.first<{ id: string }>('select id from approvals where client_id = $1', [agent.clientId]);
  const page = await person.get('/agents');
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
  expect((await person.post(`/r/${row?.id}/reason`, { csrf, reason: 'not_me' })).status).toBe(404);
  const other = await signIn(server, 'approver@acme.example');
  const others = /name="csrf" value="([^"]+)"/.exec((await other.get('/agents')).html)?.[1] ?? '';
  expect((await other.post(`/r/${row?.id}/reason`, { csrf: others, reason: 'not_me' })).status).toBe(404);
  expect(await eventsAbout('person.alarm')).toEqual([]);
});

test('twenty questions at once: exactly as many are asked as may wait', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(agent)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  const refused = answers.filter(({ status }) => status === 403);
  expect(refused).toHaveLength(15);
  expect(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true);
});

test('a yes before anybody can have read the page is taken, and evidence says how fast it was', async () => {
  await ask(agent);
  const row = await database.first<Json>('select id, display_code_hash from approvals where client_id = $1', [
    agent.clientId,
  ]);
  await database.run('update approvals set display_code_hash = null where id = $1', [row.id]);
  const path = `/r/${row.id}`;
  const page = await person.get(path);
  await justShown();
  await person.submit(page, { decision: 'approve', duration: 'once', read: '1' });
  const [event] = await eventsAbout('task.approved');
  expect(event?.fields['content.fast_decision']?.value).toBe(true);
});

test('after three of these within a day the next page asks for the value that matters, and takes nothing without it', async () => {
  const api = await administrator(server, 'admin@acme.example');
  await api('PUT', '/prompts/limits', {}); // as the server says
  const reader = await signIn(server, 'owner@acme.example');
  const asking = { login_hint: 'owner@acme.example' };
  const shown = async () => {
    const row = await database.first<Json>(
      'select id from approvals where client_id = $1 order by asked_at desc limit 1',
      [agent.clientId],
    );
    await database.run('update approvals set display_code_hash = null where id = $1', [row.id]);
    return reader.get(`/r/${row.id}`);
  };
  for (let times = 0; times < 3; times++) {
    await ask(agent, asking);
    const page = await shown();
    expect(page.html).not.toContain('critical_tick_0');
    await justShown();
    expect((await reader.submit(page, { decision: 'approve', duration: 'once', read: '1' })).html).toContain(
      'Allowed once.',
    );
  }
  await ask(agent, asking);
  const page = await shown();
  expect(page.html).toContain('critical_tick_0');
  const hasty = await reader.submit(page, { decision: 'approve', duration: 'once', read: '1' });
  expect(hasty.status).toBe(400);
  // How many guests, what it is called, and when.
  const read = await reader.submit(await shown(), {
    decision: 'approve',
    duration: 'once',
    read: '1',
    critical_tick_0: '1',
    critical_tick_1: '1',
    critical_tick_2: '1',
  });
  expect(read.html).toContain('Allowed once.');
  // Reading alone is not slowed down, and nobody else is.
  await ask(agent, { ...asking, authorization_details: detailsParameter(readDetails()) });
  expect((await shown()).html).not.toContain('critical_tick_0');
  await api('PUT', '/prompts/limits', { fast_decisions: 0 });
});

describe('what an administrator sees and sets', () => {
  test('how people answer, by action: asked, allowed, why not, how long it took', async () => {
    const api = await administrator(server, 'admin@acme.example');
    const { path } = await deny();
    const csrf = /name="csrf" value="([^"]+)"/.exec((await person.get('/agents')).html)?.[1] ?? '';
    await person.post(`${path}/reason`, { csrf, reason: 'too_much' });
    const { body } = await api('GET', '/prompts?days=1');
    const invite = body.actions.find(({ action }: Json) => action === 'calendar.invitations.send');
    expect(invite).toMatchObject({ impact: 'medium', deny_reasons: { too_much: 1 } });
    expect(invite.denied).toBeGreaterThanOrEqual(1);
    expect(invite.prompts).toBeGreaterThanOrEqual(invite.approved + invite.denied + invite.expired);
    expect(typeof invite.median_seconds).toBe('number');
    // Another organization's people are nobody's business here.
    expect((await api('GET', '/prompts?organization=globex')).status).toBe(403);
    const globex = await administrator(server, 'admin@globex.example');
    expect((await globex('GET', '/prompts')).body.actions).toEqual([]);
    expect((await api('GET', '/prompts?days=0')).status).toBe(400);
  });

  test('how much may be asked is the organization’s own: what it sets holds at once, and is evidence', async () => {
    const api = await administrator(server, 'admin@acme.example');
    try {
      const set = await api('PUT', '/prompts/limits', { cool_off_minutes: 0, open: { pair: 2 } });
      expect(set.body.limits).toMatchObject({ cool_off_minutes: 0, mute_days: 7, open: { pair: 2, agent: 1000 } });
      await deny();
      expect((await ask(agent)).status).toBe(200);
      expect((await ask(agent)).status).toBe(200);
      expect((await ask(agent)).status).toBe(403);
      for (const wrong of [{ cool_off_minutes: -1 }, { open: { pair: 0 } }, { open: { all: 1 } }, { pushes: 1 }]) {
        expect((await api('PUT', '/prompts/limits', wrong)).status).toBe(400);
      }
      const acts = (await eventsIn(database)).filter(({ reason }) => reason === 'prompts.limited');
      expect(acts.length).toBeGreaterThan(0);
    } finally {
      await api('PUT', '/prompts/limits', { fast_decisions: 0 });
    }
  });
});
