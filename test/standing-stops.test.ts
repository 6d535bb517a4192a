import { createECDH, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { postgresStops } from '../adapters/postgres/stops.ts';
import { resumeStep } from '../server/admin/standing-stops.ts';
import { type Api, administrator, operator } from './support/admin.ts';
import {
  type Answer,
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  type Json,
  readDetails,
  registerAgent,
  type TestClient,
} from './support/agent.ts';
import {
  accessTokenIn,
  databaseOf,
  exchange,
  HOUR,
  introspect,
  leafToken,
  organizationOf,
  registerAgentAt,
  rootToken,
} from './support/delegation.ts';
import { type Deployment, startDeployment } from './support/deployment.ts';
import { detailsParameter, signIn, type TestPerson, tokenInBrowser } from './support/person.ts';
import { type Silence, startSilence } from './support/silence.ts';

let deployment: Deployment;
let silence: Silence;
let database: Database;
let anna: TestPerson;
let ben: TestPerson;
let ada: TestPerson;
let resourceServer: TestClient;
let asAda: Api;
let asOperator: Api;

beforeAll(async () => {
  // Mail, push and webhooks: whoever is there takes the connection and never answers.
  silence = await startSilence();
  deployment = await startDeployment({
    settings: () => ({
      COUNTERSIGN_SMTP_URL: `smtp://${silence.host}`,
      COUNTERSIGN_MAIL_FROM: 'agents@acme.example',
      COUNTERSIGN_PUSH_HOSTS: silence.host,
      COUNTERSIGN_EGRESS_ALLOW: silence.host,
    }),
  });
  database = databaseOf(deployment);
  // Somebody for security, beside the administrator.
  await database.run(`update people set roles = '{security}' where email = 'approver@acme.example'`);
  [anna, ben, ada, resourceServer, asAda, asOperator] = await Promise.all([
    signIn(deployment),
    signIn(deployment, 'approver@acme.example'),
    signIn(deployment, 'admin@acme.example'),
    demoClient(deployment, 'resourceServer'),
    administrator(deployment, 'admin@acme.example'),
    operator(deployment),
  ]);
  const settings = '/settings/notifications';
  const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec((await anna.get(settings)).html)?.[1] ?? '';
  const keys = {
    p256dh: createECDH('prime256v1').generateKeys().toString('base64url'),
    auth: randomBytes(16).toString('base64url'),
  };
  const subscription = JSON.stringify({ endpoint: `http://${silence.host}/push`, keys });
  await anna.post(`${settings}/devices`, { csrf, subscription, name: 'Phone' });
  await anna.post(`${settings}/targets`, { csrf, kind: 'webhook', address: `https://${silence.host}/hook` });
}, 60_000);
afterAll(async () => {
  await database?.close();
  await deployment?.close();
  await silence?.close();
});

/** What goes out to Anna by mail, push and webhook, was begun, and is not through. */
const hanging = async (): Promise<string[]> =>
  (
    await database.rows<{ kind: string }>(
      `select distinct kind from outbox where payload ? 'offer' and state = 'waiting' and attempts > 0 order by kind`,
    )
  ).map(({ kind }) => kind);

interface World {
  agent: TestClient;
  root: string;
  leaf: string;
  refreshToken: string;
  /** Waits for Anna. */
  authReqId: string;
}

async function makeWorld(more: Json = {}): Promise<World> {
  // A stop of its owner ends the demonstration's own initial access token as well.
  await database.run(
    `update initial_access_tokens set expires_at = null where made_by <> 'test' and uses_left is null`,
  );
  const agent = await registerAgent(deployment, { agent_mode: 'unattended', ...more });
  const first = await tokenInBrowser(agent, anna, { authorization_details: detailsParameter(readDetails()) }, HOUR);
  const root = accessTokenIn(first);
  return {
    agent,
    root,
    refreshToken: first.body.refresh_token,
    leaf: accessTokenIn(await exchange(agent, root, { resource: CALENDAR })),
    authReqId: (await ask(agent)).body.auth_req_id,
  };
}

let days = 0;
/** Something that no task covers, so that Anna would have to be asked. */
const ask = (agent: TestClient, base?: string): Promise<Answer> => {
  days += 1;
  const to = new Date(Date.UTC(2027, 0, days)).toISOString().slice(0, 10);
  const form = {
    scope: 'openid',
    login_hint: 'person@acme.example',
    authorization_details: detailsParameter(readDetails({ from: to, to })),
  };
  return agent.post('/backchannel', form, base === undefined ? {} : { base });
};

const poll = ({ agent, authReqId }: World, base: string) =>
  agent.token({ grant_type: CIBA, auth_req_id: authReqId }, { base });

const subjects: Record<string, (world: World) => string | undefined> = {
  agent: ({ agent }) => agent.registration.agent_id,
  pair: ({ agent }) => `${agent.registration.agent_id}|person@acme.example`,
  owner: () => 'owner@acme.example',
  resource: () => CALENDAR,
  organization: () => 'acme',
};

describe.each(Object.keys(subjects))('%s', (kind) => {
  test('A8-3 A8-5 A8-6 while mail, push and webhooks hang: from the answer on, both instances refuse everything; resuming brings nothing back', async () => {
    const world = await makeWorld();
    const { agent, root, leaf, refreshToken } = world;
    const subject = subjects[kind]?.(world);
    await asAda('POST', `/agents/${agent.registration.agent_id}/offers`, {
      role: 'deputy',
      person: 'person@acme.example',
    });
    const WAYS = ['notify.email', 'notify.push', 'notify.webhook'];
    while ((await hanging()).length < WAYS.length) await new Promise((resolve) => setTimeout(resolve, 30));

    // A live client at each instance, before, during and after.
    const successes: number[] = [];
    let going = true;
    const loops = deployment.bases.map(async (base) => {
      while (going) {
        const begun = performance.now();
        const { status } = await exchange(agent, root, { resource: CALENDAR }, { base });
        if (status === 200) successes.push(begun);
        else if (!going) return;
      }
    });
    let stopped: Answer;
    let answered: number;
    try {
      while (successes.length < 4) await new Promise((resolve) => setImmediate(resolve));
      stopped = await asAda('POST', '/stops', { kind, subject, reason: 'it misbehaved' });
      answered = performance.now();
      expect(await hanging()).toEqual(WAYS);
      for (const base of deployment.bases) {
        expect({ base, status: (await exchange(agent, root, { resource: CALENDAR }, { base })).status }).toEqual({
          base,
          status: 400,
        });
        // A root is for this server: of a stopped resource it lives on, and opens everything but that.
        const refreshed = await agent.token({ grant_type: 'refresh_token', refresh_token: refreshToken }, { base });
        expect(refreshed.status).toBe(kind === 'resource' ? 200 : 400);
        expect(await ask(agent, base)).toMatchObject({ status: 403, body: { error: 'access_denied' } });
      }
      expect(await poll(world, deployment.bases[1])).toMatchObject({ status: 400, body: { error: 'access_denied' } });
    } finally {
      going = false;
      await Promise.all(loops);
    }
    expect(successes.filter((begun) => begun >= answered)).toEqual([]);
    expect(await introspect(resourceServer, leaf)).toEqual({ active: false });

    // A8-5: whoever still opens the question reads why there is none any more.
    const waiting = await database.first<{ id: string }>(
      `select id from approvals where agent = $1 and status = 'pending' order by asked_at desc limit 1`,
      [agent.registration.agent_id],
    );
    expect((await anna.get(`/r/${waiting?.id}`)).html).toContain('Stopped by security.');

    // Its own page says so, and the list.
    const { agent_id } = agent.registration;
    const ofAgent = kind !== 'pair' && kind !== 'resource';
    for (const path of [`/admin/agents/${agent_id}`, `/admin/agents?q=${agent_id}`])
      expect([path, />stopped</.test((await ada.get(path)).html)]).toEqual([path, ofAgent]);

    // What was stopped, and what nobody can take back.
    expect(stopped).toMatchObject({
      status: 200,
      body: { id: expect.stringMatching(/^stp_/), kind, security: true, organization: 'acme' },
    });
    expect(stopped.body.stopped.agents).toBeGreaterThanOrEqual(1);
    expect(stopped.body.stopped.waiting).toBeGreaterThanOrEqual(1);
    const still = stopped.body.tokens.find(({ resource }: Json) => resource === CALENDAR);
    expect(Date.parse(still.live_until)).toBeGreaterThanOrEqual(claimsOf(leaf).exp * 1000);
    expect(Date.parse(still.live_until)).toBeLessThanOrEqual(Date.now() + 300_000); // A8-4

    // Registration management goes on for whoever mends the agent.
    const { registration_client_uri: uri, registration_access_token: token } = agent.registration;
    expect((await fetch(uri, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);

    // Two people, typed, and nothing comes back.
    const { id } = stopped.body;
    // With the organization ends what its administrators held; they sign in again, which no stop of agents keeps them from.
    if (kind === 'organization') asAda = await administrator(deployment, 'admin@acme.example');
    const listed = await asAda('GET', '/stops');
    const name = listed.body.stops.find((stop: Json) => stop.id === id).name;
    expect(await asAda('POST', `/stops/${id}/resume`, { confirmation: 'it', reason: 'mended' })).toMatchObject({
      status: 422,
      body: { reason: 'name_not_typed' },
    });
    const resume = (api: Api) => api('POST', `/stops/${id}/resume`, { ...ORG, confirmation: name, reason: 'mended' });
    expect(await resume(asAda)).toMatchObject({ status: 200, body: { resumed: false } });
    expect(await resume(asAda)).toMatchObject({ status: 409, body: { reason: 'needs_another' } });
    expect((await exchange(agent, root, { resource: CALENDAR })).status).toBe(400);
    expect(await resume(asOperator)).toMatchObject({ status: 200, body: { resumed: true } });
    if (kind === 'organization') asAda = await administrator(deployment, 'admin@acme.example');
    expect(await resume(asOperator)).toMatchObject({ status: 409, body: { reason: 'resumed_already' } });
    expect((await exchange(agent, root, { resource: CALENDAR })).status).toBe(400);
    expect(await introspect(resourceServer, leaf)).toEqual({ active: false });
    const anew = await rootToken(agent, anna, readDetails());
    expect(await exchange(agent, anew, { resource: CALENDAR })).toMatchObject({ status: 200 });

    const events = await database.rows<{ type: string; reason: string }>(
      `select type, reason from evidence where type in ('authority.stopped', 'authority.resumed') order by at desc limit 2`,
    );
    expect(events).toEqual([
      { type: 'authority.resumed', reason: kind },
      { type: 'authority.stopped', reason: kind },
    ]);
  }, 30_000);
});

test('A8-4: every instance that served says that it has heard of a stop', async () => {
  const agent = await registerAgent(deployment);
  const { body } = await asAda('POST', '/stops', { kind: 'agent', subject: agent.registration.agent_id, reason: 'x' });
  const stops = postgresStops(database);
  const acme = await organizationOf(database, 'acme');
  let heard: Json[] = [];
  while (heard.length < 2) heard = (await stops.hearings(acme, body.id)).filter(({ heard_at }) => heard_at !== null);
  expect(new Set(heard.map(({ instance }) => instance)).size).toBe(2);
  // One that began later, or had gone before, is not waited for; one that is gone since is said to be.
  await database.run(
    `insert into instances (id, started_at, seen_at) values ('ins_a', now() + interval '1 minute', now()),
       ('ins_b', now() - interval '1 day', now() - interval '1 hour'), ('ins_c', now() - interval '1 day', now() - interval '16 seconds')`,
  );
  const others = (await stops.hearings(acme, body.id)).filter(({ instance }) => instance.length < 10);
  expect(others.filter(({ gone }) => !gone)).toEqual([]);
  expect(others.map(({ instance }) => instance)).not.toContain('ins_b');
  // A8-4: the page names who heard, and is looked at again while somebody that runs has not.
  const page = async () => (await ada.get(`/admin/stops/${body.id}`)).html;
  const all = await page();
  for (const { instance } of heard) expect(all).toContain(instance);
  expect(all).toContain('Every server that runs has heard of it.');
  expect(all).not.toContain('hearings.js');
  await database.run(`update instances set seen_at = now() where id = 'ins_c'`);
  const missing = await page();
  expect(missing).toContain('One server has not said yet that it heard.');
  expect(missing).toContain('<script src="/static/hearings.js"');
  expect(missing).toContain(`href="/admin/stops/${body.id}">Look again</a>`);
  await database.run(`delete from instances where length(id) < 10`);
  expect(await stops.hearings(await organizationOf(database, 'globex'), body.id)).toEqual([]);
}, 30_000);

const ORG = { organization: 'acme' };

describe('what a stop does not reach', () => {
  test('another person’s use, another agent, another organization', async () => {
    const { agent, leaf } = await makeWorld();
    const other = await registerAgent(deployment);
    const foreigner = await registerAgentAt(deployment, database, 'globex');
    const gus = await signIn(deployment, 'person@globex.example');
    const [forBen, ofOther, elsewhere] = await Promise.all([
      leafToken(agent, ben, [readDetails()]),
      leafToken(other, anna, [readDetails()]),
      leafToken(foreigner, gus, [readDetails()]),
    ]);
    const subject = `${agent.registration.agent_id}|person@acme.example`;
    const pair = await asAda('POST', '/stops', { kind: 'pair', subject, reason: 'x', security: false });
    expect(await introspect(resourceServer, leaf)).toEqual({ active: false });
    for (const token of [forBen, ofOther, elsewhere])
      expect(await introspect(resourceServer, token)).toMatchObject({ active: true });
    // One of the two stops resumed: the other still holds.
    const whole = await asAda('POST', '/stops', {
      kind: 'agent',
      subject: agent.registration.agent_id,
      reason: 'x',
      security: false,
    });
    const name = (await asAda('GET', '/stops')).body.stops.find(({ id }: Json) => id === pair.body.id).name;
    expect(await asAda('POST', `/stops/${pair.body.id}/resume`, { confirmation: name, reason: 'x' })).toMatchObject({
      body: { resumed: true },
    });
    expect(await ask(agent)).toMatchObject({ status: 403 });
    expect(
      await asAda('POST', `/stops/${whole.body.id}/resume`, { confirmation: 'Meeting Helper', reason: 'x' }),
    ).toMatchObject({ body: { resumed: true } });
    expect(await ask(agent)).toMatchObject({ status: 200 });
  });

  test('a stopped owner registers nothing new, and gets nothing back by passing an agent on', async () => {
    const { agent, root } = await makeWorld();
    const made = await asAda('POST', '/initial-access-tokens', {
      owner: 'owner@acme.example',
      deputy: 'admin@acme.example',
      status: 'active',
    });
    const stopped = await asAda('POST', '/stops', { kind: 'owner', subject: 'owner@acme.example', reason: 'left' });
    const builder = { ...deployment, demo: { ...deployment.demo, initialAccessToken: made.body.initial_access_token } };
    await expect(registerAgent(builder)).rejects.toThrow(/401/);
    await database.run(
      `update agents set owner = (select id from people where email = 'approver@acme.example') where id = $1`,
      [agent.registration.agent_id],
    );
    expect((await exchange(agent, root, { resource: CALENDAR })).status).toBe(400);
    expect(await ask(agent)).toMatchObject({ status: 403 });
    for (const api of [asAda, asOperator])
      await api('POST', `/stops/${stopped.body.id}/resume`, { ...ORG, confirmation: 'Olga Marin', reason: 'x' });
    expect(await ask(agent)).toMatchObject({ status: 200 });
  });

  test('nobody of another organization stops, sees or resumes anything here', async () => {
    const { agent } = await makeWorld();
    const gail = await administrator(deployment, 'admin@globex.example');
    const subject = agent.registration.agent_id;
    expect(await gail('POST', '/stops', { kind: 'agent', subject, reason: 'x' })).toMatchObject({ status: 404 });
    expect(await gail('GET', `/stops/effect?kind=agent&subject=${subject}`)).toMatchObject({ status: 404 });
    const stopped = await asAda('POST', '/stops', { kind: 'agent', subject, reason: 'x', security: false });
    expect((await gail('GET', '/stops')).body).toEqual({ stops: [], next: null });
    expect(
      await gail('POST', `/stops/${stopped.body.id}/resume`, { confirmation: 'Meeting Helper', reason: 'x' }),
    ).toMatchObject({ status: 404 });
  });
});

describe('A8 the page', () => {
  const csrfIn = (html: string): string => /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';

  test('A8-1 A8-2 from any page in two clicks and without typing; resuming is typed, fresh and by two', async () => {
    const { agent, root } = await makeWorld({ client_name: 'Web Researcher' });
    const id = agent.registration.agent_id;
    expect((await ada.get('/admin/agents')).html).toContain('href="/admin/stop"');
    const page = await ada.get(`/admin/stop?find=${id}`);
    expect(page.html).toContain(`value="agent:${id}" checked`);
    const done = await ada.post('/admin/stop', {
      csrf: csrfIn(page.html),
      target: `agent:${id}`,
      reason: 'A person reported it',
      note: '',
      security: '1',
    });
    expect(done.status).toBe(200);
    expect(done.html).toContain('Web Researcher: nothing new is issued');
    expect(done.html).toContain('Acme Calendar');
    expect((await exchange(agent, root, { resource: CALENDAR })).status).toBe(400);
    const stop = new URL(done.url).pathname;

    const form = await ada.get(`${stop}/resume`);
    expect(form.status).toBe(200);
    const resume = (person: TestPerson, html: string, confirmation: string) =>
      person.post(`${stop}/resume`, { csrf: csrfIn(html), confirmation, reason: 'The prompt was mended' });
    expect(await resume(ada, form.html, 'web researcher')).toMatchObject({ status: 422 });
    expect((await resume(ada, form.html, 'Web Researcher')).html).toContain(
      'A second administrator has to do so as well',
    );
    expect(await resume(ada, form.html, 'Web Researcher')).toMatchObject({ status: 409 });
    const second = await ben.get(`${stop}/resume`);
    expect(second.html).toContain('Ada Lind has resumed it already.');
    expect((await resume(ben, second.html, 'Web Researcher')).html).toContain('Web Researcher may be asked for again.');
    expect((await exchange(agent, root, { resource: CALENDAR })).status).toBe(400);
    expect(await ask(agent)).toMatchObject({ status: 200 });
  });

  test('an old session resumes nothing: it is sent to sign in again', async () => {
    const { agent } = await makeWorld();
    const stopped = await asAda('POST', '/stops', {
      kind: 'agent',
      subject: agent.registration.agent_id,
      reason: 'x',
      security: false,
    });
    const later = await signIn(deployment, 'admin@acme.example');
    const { html } = await later.get('/admin/agents');
    await database.run(`update sessions set authenticated_at = now() - interval '6 minutes'`);
    const path = `/admin/stops/${stopped.body.id}/resume`;
    expect((await later.get(path)).url).toContain('/login?return_to=');
    const posted = await later.post(path, { csrf: csrfIn(html), confirmation: 'Meeting Helper', reason: 'x' });
    expect(posted.url).toContain('/login?return_to=');
    expect((await asAda('GET', '/stops')).body.stops.map(({ id }: Json) => id)).toContain(stopped.body.id);
    await database.run('update sessions set authenticated_at = now()');
  });

  test('an auditor sees it and has no button; a person without a role sees nothing', async () => {
    const { agent } = await makeWorld();
    const { body } = await asAda('POST', '/stops', {
      kind: 'agent',
      subject: agent.registration.agent_id,
      reason: 'x',
    });
    await database.run(`update people set roles = '{auditor}' where email = 'person@acme.example'`);
    const page = await anna.get(`/admin/stops/${body.id}`);
    expect([page.status, page.html.includes('Resume…')]).toEqual([200, false]);
    expect((await anna.get('/admin/stop')).status).toBe(403);
    expect((await anna.get(`/admin/stops/${body.id}/resume`)).status).toBe(403);
    await database.run(`update people set roles = '{}' where email = 'person@acme.example'`);
    expect((await anna.get(`/admin/stops/${body.id}`)).status).toBe(403);
  });
});

describe('who may resume, as a rule', () => {
  const stop = {
    name: 'Helper',
    security: true,
    resumed_at: null,
    resume_asked_by: null,
    resume_asked_at: null,
  } as const;
  const now = new Date('2027-01-02T00:00:00Z');
  const askedAt = (at: string) => ({
    ...stop,
    resume_asked_by: { id: 'usr_a', name: 'A' },
    resume_asked_at: new Date(at),
  });

  test.each([
    ['nobody has said so yet', stop, 'usr_a', 'Helper', 'ask'],
    ['another said so an hour ago', askedAt('2027-01-01T23:00:00Z'), 'usr_b', 'Helper', 'resume'],
    ['the same person said so', askedAt('2027-01-01T23:00:00Z'), 'usr_a', 'Helper', 'needs_another'],
    ['another said so two days ago', askedAt('2026-12-31T00:00:00Z'), 'usr_b', 'Helper', 'ask'],
    ['it was no security stop', { ...stop, security: false }, 'usr_a', ' Helper ', 'resume'],
    ['the name is almost right', stop, 'usr_a', 'helper', 'name_not_typed'],
    ['nothing was typed', stop, 'usr_a', undefined, 'name_not_typed'],
    ['it was resumed', { ...stop, resumed_at: now }, 'usr_a', 'Helper', 'resumed_already'],
  ])('%s', (_when, standing, actor, typed, expected) => {
    const step = resumeStep(standing, actor, typed, now);
    expect(step.ok ? step.value : step.reason).toBe(expected);
  });
});
