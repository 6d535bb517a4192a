import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { CALENDAR, inviteDetails, readDetails, registerAgent, type TestClient } from './support/agent.ts';
import { askInBrowser } from './support/ceremony.ts';
import { addColleague } from './support/deciders.ts';
import { databaseOf } from './support/delegation.ts';
import { detailsParameter, type PageAnswer, signIn, type TestPerson, tokenInBrowser } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { inner, tags, text } from './views/html.ts';

let server: TestServer;
let _agent: TestClient;
let other: TestClient;
let person: TestPerson;
let colleague: TestPerson;
beforeAll(async () => {
  server = await startServer();
  [_agent, other] = [await registerAgent(server), await registerAgent(server, { client_name: 'Room Finder' })];
  [person, colleague] = [await signIn(server), await signIn(server, 'approver@acme.example')];
});
afterAll(async () => {
  await server?.close();
});

/** A live access token of one task that lasts an hour. */
async function token(of: TestClient, who: TestPerson): Promise<string> {
  const form = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };
  const answer = await tokenInBrowser(of, who, form, { decision: 'approve', duration: 'PT1H', read: '1' });
  return String(answer.body.access_token);
}
const isActive = async (of: TestClient, one: string) =>
  (await of.post('/token/introspection', { token: one }, { dpop: false })).body.active;
const csrfIn = ({ html }: PageAnswer) => /name="csrf" value="([^"]+)"/u.exec(inner(html, 'main'))?.[1] ?? '';
const _actionsIn = ({ html }: PageAnswer, ending: string) =>
  tags(inner(html, 'main'), 'form')
    .flatMap((form) => /action="([^"]+)"/u.exec(form)?.[1] ?? [])
    .filter((path) => path.endsWith(ending));

test.each([
  { what: 'a task on the list', where: 'entry', action: /^\/tasks\/.*\/stop$/u },
  { what: 'everything of one agent on its page', where: 'agent', action: /^\/agents\/agt_.*\/stop$/u },
  { what: 'an agent by pausing it', where: 'entry', action: /\/pause$/u },
  { what: 'all agents', where: 'list', action: /^\/agents\/stop$/u },
])(
  'U9-2, U9-5 $what is stopped in one step for this person alone, and inactive within a second',
  async ({ where, action }) => {
    const client = await registerAgent(server, { client_name: 'Stopped Helper' });
    const [mine, colleagues] = [await token(client, person), await token(client, colleague)];
    const id = client.registration.agent_id;
    const page = await person.get(where === 'agent' ? `/agents/${id}` : '/agents');
    const part =
      where === 'entry'
        ? (page.html.split('<article ').find((one) => one.includes(`data-agent="${id}"`)) ?? '')
        : page.html;
    const form = tags(part, 'form')
      .flatMap((tag) => /action="([^"]+)"/u.exec(tag)?.[1] ?? [])
      .find((candidate) => action.test(candidate));
    const started = performance.now();
    const answer = await person.post(form ?? '', { csrf: csrfIn(page) });
    expect([answer.status, await isActive(client, mine)]).toEqual([200, false]);
    expect(performance.now() - started).toBeLessThan(1000);
    // Of nobody else.
    expect(await isActive(client, colleagues)).toBe(true);
    expect((await person.get(`/agents/${client.registration.agent_id}`)).html).not.toContain('data-task=');
  },
);

test('U9-3, U9-6 the history has the sentence that was decided on, what came of it, and the way to its receipt', async () => {
  const asked = await askInBrowser(other, person, inviteDetails({ title: 'History' }), { resource: CALENDAR });
  const sentence = text(inner(asked.page.html, 'span', 'class="asked"'));
  await person.submit(asked.page, { decision: 'deny' });
  await token(other, person);
  const page = await person.get(`/agents/${other.registration.agent_id}`);
  const rows = [...inner(page.html, 'ol').matchAll(/<li class="event">([\s\S]*?)<\/li>/gu)].map(([, row]) => row ?? '');
  expect(
    rows.map((row) =>
      text(row)
        .replace(/^\S+\s+/u, '')
        .replaceAll('\u00a0', ' '),
    ),
  ).toEqual(['Wanted to read your calendar for 24–28 Nov · allowed', `Wanted to ${sentence} · denied`]);
  const receipt = await person.get(/href="([^"]+)"/u.exec(rows[1] ?? '')?.[1] ?? '');
  expect(text(inner(receipt.html, 'span', 'class="asked"'))).toBe(sentence);
  expect(text(inner(receipt.html, 'p', 'class="verdict"'))).toContain('denied');
  expect(text(page.html)).toContain('Asked you 2 times in 30 days, you denied 1');
  expect(tags(inner(page.html, 'ul', 'class="tasks"'), 'li')).toHaveLength(1);
  expect(text(inner(page.html, 'ul', 'class="tasks"'))).toContain('May read your calendar for 24–28 Nov');
});

test('U9-7 an agent that never asked this person is not on their list, by name or by address', async () => {
  const stranger = await signIn(server, 'person@globex.example');
  const database = databaseOf(server);
  await addColleague(database, 'carl@acme.example', 'Carl Holm');
  await database.close();
  for (const nobody of [stranger, await signIn(server, 'carl@acme.example')]) {
    expect((await nobody.get('/agents')).html).not.toContain('Room Finder');
    const page = await nobody.get(`/agents/${other.registration.agent_id}`);
    expect([page.status, page.html.includes('Room Finder')]).toEqual([404, false]);
    const csrf = /name="csrf" value="([^"]+)"/u.exec((await nobody.get('/agents')).html)?.[1] ?? '';
    for (const step of ['stop', 'pause', 'resume', 'unmute']) {
      // Nor is anything written about it: what they paused would be on their list.
      const answers = await Promise.all(
        [other.registration.agent_id, 'agt_none'].map((agent) =>
          nobody.post(`/agents/${agent}/${step}`, { csrf, confirmation: 'Room Finder' }),
        ),
      );
      expect(answers.map(({ status }) => [step, status])).toEqual(Array(2).fill([step, 404]));
      const [theirs, none] = answers.map(({ html }) => text(inner(html, 'main')));
      expect(theirs).toBe(none);
    }
  }
});

test('whoever owns an agent keeps it from asking them before it ever did, and lets it ask again', async () => {
  const owner = await signIn(server, 'owner@acme.example');
  const csrf = /name="csrf" value="([^"]+)"/u.exec((await owner.get('/agents')).html)?.[1] ?? '';
  for (const [step, status] of [
    ['resume', 404],
    ['pause', 200],
    ['resume', 200],
  ] as const) {
    const path = `/agents/${other.registration.agent_id}/${step}`;
    expect((await owner.post(path, { csrf, confirmation: 'Room Finder' })).status).toBe(status);
  }
});

test('the list is filtered by its address, on the server', async () => {
  const names = async (query: string) =>
    [...(await person.get(`/agents${query}`)).html.matchAll(/<h2 class="agent-name"[^>]*>([\s\S]*?)<\/h2>/gu)].map(
      ([, name]) => text(name ?? ''),
    );
  expect(await names('')).toContain('Room Finder');
  expect(await names('?show=active')).toEqual(['Room Finder']);
  expect(new Set(await names('?show=paused'))).toEqual(new Set(['Stopped Helper']));
  expect(await names('?q=room')).toEqual(['Room Finder']);
  expect(await names('?q=%22%3E%3Cscript%3E')).toEqual([]);
  expect((await person.get('/agents?q=%22%3E%3Cscript%3E')).html).not.toContain('"><script>');
});
