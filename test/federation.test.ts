import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import type { Database } from '../adapters/postgres/database.ts';
import { postgresPeople } from '../adapters/postgres/people.ts';
import { postgresSignInProviders } from '../adapters/postgres/sign-in-providers.ts';
import { type Api, administrator, operator } from './support/admin.ts';
import { inviteDetails, type Json, registerAgent } from './support/agent.ts';
import { cli } from './support/cli.ts';
import { inThisOrder } from './support/database.ts';
import { databaseOf } from './support/delegation.ts';
import { type IdentityProvider, startIdentityProvider } from './support/identity-provider.ts';
import { browserOf, detailsParameter, signIn, type TestPerson } from './support/person.ts';
import { startServer, type TestServer } from './support/server.ts';
import { addProvider as addProviderAt, beginThere, doorIn } from './support/sign-in-provider.ts';

let server: TestServer;
let database: Database;
let idp: IdentityProvider;
let admin: Api;
/** Another administrator. */
let second: Api;
let asOperator: Api;
/** Of Acme: people come into being. */
let provider: Json;
let subjects = 0;
const newSubject = () => `subject-${++subjects}`;
beforeAll(async () => {
  idp = await startIdentityProvider();
  server = await startServer({ COUNTERSIGN_EGRESS_ALLOW: idp.host });
  database = databaseOf(server);
  await database.run(`update people set roles = '{admin}' where email = 'owner@acme.example'`);
  admin = await administrator(server, 'admin@acme.example');
  second = await administrator(server, 'owner@acme.example');
  asOperator = await operator(server);
  provider = await addProvider({ provisions: true, acr: { phr: 'phr' } });
});
afterAll(async () => {
  await database?.close();
  await server?.close();
  await idp?.close();
});

const addProvider = (more: Json = {}, api: Api = admin) => addProviderAt(idp, api, more);
const begin = (person: TestPerson, path?: string, fields?: Record<string, string>) =>
  beginThere(person, provider, path, fields);

async function signInThere(subject: string, about: Parameters<IdentityProvider['becomes']>[1] = {}, path = '/login') {
  const person = browserOf(server.issuer);
  idp.becomes(subject, about);
  const back = await idp.visit(await begin(person, path));
  return { person, back, page: await person.get(back) };
}

const csrfIn = ({ html }: { html: string }) => /name="csrf"[^>]*value="([^"]*)"/.exec(html)?.[1] ?? '';
const titleOf = ({ html }: { html: string }) => /<h1[^>]*>([\s\S]*?)<\/h1>/.exec(html)?.[1]?.replace(/<[^>]*>/g, '');
const refusals = async () =>
  (
    await database.rows<{ reason: string; detail: string }>(
      `select e.reason, c.fields -> 'content.detail' ->> 'value' as detail from evidence e
       join evidence_contents c on c.organization = e.organization and c.event = e.id
       where type = 'person.sign_in_refused' order by e.at desc, e.id desc limit 1`,
    )
  )[0];

describe('signing in at the organization’s own provider', () => {
  test('the provider comes first on the sign-in page, a password after it (D15)', async () => {
    const { html } = await browserOf(server.issuer).get('/login');
    expect(html.indexOf('Continue with Acme SSO')).toBeGreaterThan(0);
    expect(html.indexOf('Continue with Acme SSO')).toBeLessThan(html.indexOf('name="password"'));
  });

  test('asks with code, PKCE, state, nonce and the age of the sign-in, and authenticates with our own key', async () => {
    const url = new URL(await begin(browserOf(server.issuer)));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'countersign',
      response_type: 'code',
      redirect_uri: provider.redirect_uri,
      scope: 'openid email profile',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
      max_age: String(12 * 3600),
      acr_values: 'phr',
    });
  });

  test('whoever comes for the first time, with a verified address of the organization, becomes a person here', async () => {
    const email = `${newSubject()}@acme.example`;
    const { page } = await signInThere(email, { email, name: 'Nora New' });
    expect([page.status, page.url]).toEqual([200, `${server.issuer}/inbox`]);
    expect(page.html).toContain('Nora New');
    const [again] = await database.rows(`select name, roles from people where email = $1`, [email]);
    expect(again).toEqual({ name: 'Nora New', roles: [] });
    const second = await signInThere(email, { email });
    expect(second.page.html).toContain('Nora New'); // the same person, not another
  });

  test.each([
    ['an address of another domain', { email: 'eve@evil.example' }, 'evil.example is no domain of the organization'],
    [
      'an address nobody verified',
      { email: 'x1@acme.example', verified: false },
      'the provider names no verified e-mail address',
    ],
    [
      'U1-2 the address of somebody who is here already',
      { email: 'person@acme.example' },
      'somebody has this e-mail address already',
    ],
  ])('%s signs nobody in', async (_name, about, detail) => {
    const { page, person } = await signInThere(newSubject(), about);
    expect([page.status, titleOf(page)]).toEqual([403, 'This account is not known here']);
    expect(await refusals()).toEqual({ reason: 'unknown_person', detail });
    expect((await person.get('/inbox')).html).toContain('Sign in');
  });

  test('the way back leads where the person was going, and never elsewhere', async () => {
    const email = `${newSubject()}@acme.example`;
    const there = await signInThere(email, { email }, `/login?return_to=${encodeURIComponent('/agents')}`);
    expect(there.page.url).toBe(`${server.issuer}/agents`);
    for (const path of ['https://evil.example/', '//evil.example', '/admin/api/people', '/r/../../x']) {
      const out = await signInThere(email, { email }, `/login?return_to=${encodeURIComponent(path)}`);
      expect(out.page.url).toBe(`${server.issuer}/inbox`);
    }
  });

  test('the sign-in there says how strong it was, in our words', async () => {
    const email = `${newSubject()}@acme.example`;
    const strengths: unknown[] = [];
    for (const acr of ['urn:example:mfa', 'phr']) {
      await signInThere(email, { email, acr });
      strengths.push(
        (
          await database.rows<{ acr: string }>(
            `select s.acr from sessions s join people p on p.id = s.person where p.email = $1 order by s.seen_at desc limit 1`,
            [email],
          )
        )[0]?.acr,
      );
    }
    expect(strengths).toEqual(['fed', 'phr']);
  });
});

describe('an answer that is not the one that was asked for', () => {
  const ended = [400, 'This sign-in has ended'];

  test('is worth nothing to another browser, and is still there for the right one', async () => {
    const email = `${newSubject()}@acme.example`;
    const person = browserOf(server.issuer);
    idp.becomes(email, { email });
    const back = await idp.visit(await begin(person));
    const thief = browserOf(server.issuer);
    await thief.get('/login');
    const stolen = await thief.get(back);
    expect([stolen.status, titleOf(stolen)]).toEqual(ended);
    expect((await person.get(back)).url).toBe(`${server.issuer}/inbox`);
  });

  test('counts once, of 20 at the same time', async () => {
    const email = `${newSubject()}@acme.example`;
    const person = browserOf(server.issuer);
    idp.becomes(email, { email });
    const back = await idp.visit(await begin(person));
    const answers = await Promise.all(Array.from({ length: 20 }, () => person.get(back)));
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19);
  });

  test.each([
    ['a state that nobody made', (url: URL) => url.searchParams.set('state', 'x'.repeat(43))],
    ['no state', (url: URL) => url.searchParams.delete('state')],
    ['the address of another provider (mix-up)', (url: URL) => (url.pathname = '/login/callback/idp_other')],
  ])('%s', async (_name, bend) => {
    const person = browserOf(server.issuer);
    idp.becomes(newSubject(), { email: 'n@acme.example' });
    const back = new URL(await idp.visit(await begin(person)));
    bend(back);
    const answer = await person.get(back.href);
    expect([answer.status, titleOf(answer)]).toEqual(ended);
  });

  test.each([
    ['another issuer in iss (RFC 9207)', (url: URL) => url.searchParams.set('iss', 'https://evil.example')],
    ['a code that it did not give', (url: URL) => url.searchParams.set('code', 'stolen')],
  ])('%s', async (_name, bend) => {
    const person = browserOf(server.issuer);
    idp.becomes(newSubject(), { email: 'n@acme.example' });
    const back = new URL(await idp.visit(await begin(person)));
    bend(back);
    const answer = await person.get(back.href);
    expect([answer.status, titleOf(answer)]).toEqual([403, 'You are not signed in']);
    expect((await refusals())?.reason).toBe('refused');
  });

  test('somebody who says no there is told so', async () => {
    const person = browserOf(server.issuer);
    const state = new URL(await begin(person)).searchParams.get('state');
    const answer = await person.get(
      `/login/callback/${provider.id}?${new URLSearchParams({ error: 'access_denied', state: state ?? '', iss: idp.issuer })}`,
    );
    expect([answer.status, (await refusals())?.reason]).toEqual([403, 'denied']);
  });
});

describe('an identity that an administrator linked', () => {
  const link = (person: string, subject: string) =>
    admin('POST', '/upstream-identities', { person, issuer: idp.issuer, subject });

  test('signs nobody in who signs in another way: no administrator becomes somebody else', async () => {
    const subject = newSubject();
    expect((await link('person@acme.example', subject)).status).toBe(201);
    const { page } = await signInThere(subject, { email: 'other@acme.example' });
    expect(page.status).toBe(403);
    expect((await refusals())?.detail).toMatch(/linked by an administrator/);
  });

  test('signs in whoever has no other way in, and is theirs from then on', async () => {
    const subject = newSubject();
    const email = `${subject}@acme.example`;
    await admin('POST', '/people', { email, name: 'Lena Linked' });
    await link(email, subject);
    const { page } = await signInThere(subject);
    expect(page.html).toContain('Lena Linked');
    const offered = await admin('POST', `/people/${email}/enrolment`, {});
    expect([offered.status, offered.body.detail]).toEqual([409, `${email} can sign in already`]);
  });

  test('is connected by the person themselves, with a fresh sign-in there, and signs in afterwards', async () => {
    const subject = newSubject();
    const ben = await signIn(server, 'approver@acme.example');
    idp.becomes(subject, { email: 'whoever@acme.example' });
    const url = await begin(ben, '/settings/sign-in', { connect: '1', return_to: '/settings/sign-in' });
    expect(new URL(url).searchParams.get('prompt')).toBe('login');
    expect((await ben.get(await idp.visit(url))).url).toBe(`${server.issuer}/settings/sign-in`);
    const { page } = await signInThere(subject);
    expect(page.status).toBe(200);
    expect(page.html).toContain('approver@acme.example');
    expect((await ben.get('/settings/sign-in')).html).toContain('Connected since');
    // It belongs to somebody now: nobody else connects it.
    const eve = await signIn(server, 'owner@acme.example');
    idp.becomes(subject);
    const again = await eve.get(await idp.visit(await begin(eve, '/settings/sign-in', { connect: '1' })));
    expect([again.status, (await refusals())?.detail]).toEqual([403, 'the account belongs to somebody else here']);
  });
});

describe('a provider that one administrator takes away and adds again, with another claim to tell people apart', () => {
  afterAll(async () => {
    provider = await addProvider({ provisions: true, acr: { phr: 'phr' } });
  });

  test('makes nobody somebody else: the value of another claim is another name', async () => {
    const victim = `${newSubject()}@acme.example`;
    expect((await signInThere(victim, { email: victim, name: 'Vera Victim' })).page.html).toContain('Vera Victim');
    provider = await addProvider({ subject_claim: 'email' });
    const { page } = await signInThere(newSubject(), { email: victim });
    expect([page.status, titleOf(page)]).toEqual([403, 'This account is not known here']);
    expect(page.html).not.toContain('Vera Victim');
    // Nor is the person taken over by what an administrator links to that value.
    await admin('POST', '/upstream-identities', { person: victim, issuer: idp.issuer, subject: victim });
    expect((await signInThere(newSubject(), { email: victim })).page.status).toBe(403);
    provider = await addProvider();
    expect((await signInThere(victim)).page.html).toContain('Vera Victim');
  });
});

describe('what an organization asks of a sign-in', () => {
  afterAll(async () => {
    provider = await addProvider({ provisions: true, acr: { phr: 'phr' } });
  });

  test('an acr that it requires has to come back', async () => {
    provider = await addProvider({ provisions: true, required_acr: ['urn:example:mfa'] });
    const email = `${newSubject()}@acme.example`;
    expect(new URL(await begin(browserOf(server.issuer))).searchParams.get('acr_values')).toBe('urn:example:mfa');
    expect((await signInThere(email, { email })).page.status).toBe(403);
    expect((await refusals())?.detail).toBe('acr none is none of urn:example:mfa');
    expect((await signInThere(email, { email, acr: 'urn:example:mfa' })).page.status).toBe(200);
  });

  test('nobody comes into being where it does not say so', async () => {
    provider = await addProvider();
    const email = `${newSubject()}@acme.example`;
    expect((await signInThere(email, { email })).page.status).toBe(403);
    expect((await refusals())?.detail).toBe('nobody is linked to this account');
  });

  test('a provider that is not listed shows only with the organization’s name', async () => {
    provider = await addProvider({ listed: false });
    const shows = async (path: string) => (await browserOf(server.issuer).get(path)).html.includes('Acme SSO');
    expect([
      await shows('/login'),
      await shows('/login?organization=acme'),
      await shows('/login?organization=globex'),
    ]).toEqual([false, true, false]);
  });

  test.each([
    ['no issuer that answers', { issuer: 'https://login.invalid' }, 422],
    ['this server itself', () => ({ issuer: server.issuer }), 422],
    ['plain HTTP elsewhere', { issuer: 'http://login.example' }, 422],
    ['scopes without openid', { scopes: ['email'] }, 422],
    ['a short secret', { client_secret: 'short' }, 400],
    ['another organization', { organization: 'globex' }, 403],
  ])('%s is refused', async (_name, more, status) => {
    const body = { name: 'X', issuer: idp.issuer, client_id: 'x', ...(typeof more === 'function' ? more() : more) };
    expect((await admin('POST', '/sign-in-providers', body)).status).toBe(status);
  });

  test('a password is break-glass where the organization says so: for administrators alone, and with an alarm', async () => {
    const rule = (passwords: string) => admin('PUT', '/sign-in-providers/passwords', { passwords });
    expect((await rule('administrators')).status).toBe(200);
    await expect(signIn(server, 'person@acme.example')).rejects.toThrow('401');
    expect((await refusals())?.reason).toBe('password_not_used');
    await signIn(server, 'admin@acme.example');
    const [alarm] = await database.rows(
      `select reason from evidence where type = 'person.alarm' order by at desc limit 1`,
    );
    expect(alarm).toEqual({ reason: 'break_glass' });
    await signIn(server, 'person@globex.example'); // another organization's rule is its own
    expect((await rule('nobody')).status).toBe(200);
    await expect(signIn(server, 'admin@acme.example')).rejects.toThrow('401');
    // Without any provider nobody could sign in, so the rule ends with the last.
    await admin('DELETE', `/sign-in-providers/${provider.id}`, {});
    await signIn(server, 'admin@acme.example');
    expect((await rule('nobody')).status).toBe(422);
    provider = await addProvider();
  });

  test('a session that only adds a passkey connects no account: that would be another way in', async () => {
    provider = await addProvider();
    await admin('PUT', '/sign-in-providers/passwords', { passwords: 'administrators' });
    await signIn(server, 'admin@acme.example');
    const person = browserOf(server.issuer, 'admin@acme.example');
    const csrf = csrfIn(await person.get('/login'));
    const again = await person.post('/login', { csrf, email: person.email, password: server.demo.password });
    expect(again.url).toContain('/settings/security');
    const subject = newSubject();
    idp.becomes(subject);
    const asked = { csrf: csrfIn(again), return_to: '/settings/sign-in', connect: '1' };
    const back = await person.get(await idp.visit(doorIn(await person.post(`/login/with/${provider.id}`, asked))));
    expect(back.status).toBe(403);
    expect(
      await database.rows(`select from credentials where kind = 'upstream' and identifier like '%' || $1 || '%'`, [
        subject,
      ]),
    ).toEqual([]);
    await admin('PUT', '/sign-in-providers/passwords', { passwords: 'everyone' });
  });

  test('a secret is sealed where it is stored, and shown to nobody', async () => {
    const secret = 'a secret of thirty-two characters';
    provider = await addProvider({ client_secret: secret });
    const stored = await database.rows<{ row: string }>('select sign_in_providers::text as row from sign_in_providers');
    expect(JSON.stringify([stored, (await admin('GET', '/sign-in-providers')).body])).not.toContain(secret);
    expect(stored[0]?.row).toContain(String(provider.id));
  });
});

describe('roles that a provider gives by a claim (ux.md §9 (1))', () => {
  const MAPPING = { claim: 'groups', roles: { admin: ['iam-admins'], approver: ['leads', 'board'] } };
  beforeEach(async () => {
    provider = await addProvider({ provisions: true });
  });
  afterAll(async () => {
    provider = await addProvider({ provisions: true, acr: { phr: 'phr' } });
  });
  const map = (body: Json, by: Api = admin) => by('PUT', `/sign-in-providers/${provider.id}/roles`, body);
  const mapped = async () => {
    expect((await map({ ...MAPPING, organization: 'acme' }, asOperator)).body).toMatchObject({ state: 'in_force' });
  };
  const rolesOf = async (email: string) =>
    (await database.first<{ roles: string[] }>('select roles from people where email = $1', [email]))?.roles;
  const changes = (email: string) =>
    database.rows(
      `select e.reason, c.fields -> 'content.gained' -> 'value' as gained, c.fields -> 'content.lost' -> 'value' as lost
       from evidence e join evidence_contents c on c.organization = e.organization and c.event = e.id
       join people p on p.id = e.person where e.type = 'person.roles_changed' and p.email = $1 order by e.at, e.id`,
      [email],
    );
  const comesWith = async (email: string, groups: unknown) => {
    const { person, page } = await signInThere(email, { email, groups });
    expect(page.status).toBe(200);
    return person;
  };

  test('whoever comes with a value has the role; losing the group ends it, and every other session', async () => {
    const gives = ['admin=iam-admins', 'approver=leads', 'approver=board'].flatMap((one) => ['--give', one]);
    const command = ['sign-in-providers', 'roles', provider.id, '--organization', 'acme'];
    const set = await cli(server, [...command, '--claim', 'groups', ...gives]);
    expect([set.code, set.stdout]).toEqual([
      0,
      expect.stringMatching(/admin=iam-admins, approver=leads\|board\nstate +in_force/),
    ]);
    expect((await cli(server, command)).code).toBe(2);
    const email = `${newSubject()}@acme.example`;
    const first = await comesWith(email, ['iam-admins', 'everybody', 'board']);
    expect(await rolesOf(email)).toEqual(['admin', 'approver']);
    expect((await first.get('/admin/people')).status).toBe(200);
    const again = await comesWith(email, ['iam-admins', 'board']);
    expect((await first.get('/inbox')).url).toMatch(/inbox$/); // nothing changed, and nobody is signed out
    const without = await comesWith(email, ['everybody']);
    expect(await rolesOf(email)).toEqual([]);
    expect([(await first.get('/inbox')).url, (await again.get('/inbox')).url]).toEqual([
      expect.stringContaining('/login'),
      expect.stringContaining('/login'),
    ]);
    expect((await without.get('/admin')).status).toBe(403);
    expect(await changes(email)).toEqual([
      { reason: 'signed_in', gained: ['admin', 'approver'], lost: [] },
      { reason: 'signed_in', gained: [], lost: ['admin', 'approver'] },
    ]);
    // Of the other groups nothing is kept.
    expect(JSON.stringify(await database.rows('select * from mapped_roles'))).not.toContain('everybody');
  });

  test('what was given by hand stays, and is not the provider’s to take', async () => {
    await mapped();
    const email = `${newSubject()}@acme.example`;
    await comesWith(email, ['leads']);
    const byHand = { organization: 'acme', roles: ['auditor', 'approver'] };
    expect((await asOperator('PUT', `/people/${email}/roles`, byHand)).body).toMatchObject({ state: 'set' });
    await comesWith(email, ['iam-admins', 'leads']);
    expect(await rolesOf(email)).toEqual(['admin', 'auditor', 'approver']);
    const listed = (await admin('GET', `/people?q=${encodeURIComponent(email)}`)).body;
    expect(listed.people).toMatchObject([{ email, provider_roles: ['admin'] }]);
    await comesWith(email, 'everybody');
    expect(await rolesOf(email)).toEqual(['auditor', 'approver']);
    // Taken by hand, it is the provider's again as long as it gives it.
    await comesWith(email, 'board');
    const fewer = await admin('PUT', `/people/${email}/roles`, { roles: [] });
    expect(fewer.body).toMatchObject({ state: 'set', roles: ['approver'] });
    await comesWith(email, []);
    expect(await rolesOf(email)).toEqual([]);
  });

  test.each<[string, unknown, string[]]>([
    ['a text', 'iam-admins', ['admin']],
    ['nothing', undefined, []],
    ['a number', 7, []],
    ['an object', { 'iam-admins': true }, []],
    ['a list of other things', [{ name: 'iam-admins' }, ['iam-admins'], null, 1], []],
    ['a list with one that counts', [{ a: 1 }, 'board'], ['approver']],
    ['several in one text', 'iam-admins board', []],
    ['other letters', 'IAM-Admins', []],
    ['a name that every object has', ['constructor', '__proto__'], []],
  ])('a claim that is %s', async (_name, groups, roles) => {
    await mapped();
    const email = `${newSubject()}@acme.example`;
    await comesWith(email, groups);
    expect(await rolesOf(email)).toEqual(roles);
  });

  test('more takes two administrators, who set the same; less takes one, and holds at once', async () => {
    expect((await map(MAPPING)).body).toMatchObject({ state: 'asked', needs: expect.stringContaining('another') });
    expect((await map(MAPPING)).body).toMatchObject({ reason: 'same_person' });
    const email = `${newSubject()}@acme.example`;
    await comesWith(email, ['iam-admins', 'leads']);
    expect(await rolesOf(email)).toEqual([]);
    // Another one is another question, also where it comes from the second administrator.
    const wider = { claim: 'groups', roles: { ...MAPPING.roles, security: ['soc'] } };
    expect((await map(wider, second)).body).toMatchObject({ state: 'asked' });
    const { body } = await admin('GET', '/sign-in-providers');
    expect(body.sign_in_providers).toMatchObject([{ role_mapping: null, roles_asked: wider }]);
    expect((await map(MAPPING, second)).body).toMatchObject({ state: 'asked' });
    expect((await map({ ...MAPPING, claim: 'roles' })).body).toMatchObject({ state: 'asked' });
    expect((await map({ ...MAPPING, claim: 'roles' }, second)).body).toMatchObject({ state: 'in_force' });
    expect((await map(MAPPING)).body).toMatchObject({ state: 'asked' }); // another claim is more
    expect((await map(MAPPING, second)).body).toMatchObject({ state: 'in_force' });
    const person = await comesWith(email, ['iam-admins', 'leads']);
    expect(await rolesOf(email)).toEqual(['admin', 'approver']);

    const less = { claim: 'groups', roles: { approver: ['leads'] } };
    expect((await map(less)).body).toMatchObject({ state: 'in_force', role_mapping: less });
    expect(await rolesOf(email)).toEqual(['approver']);
    expect((await person.get('/inbox')).url).toContain('/login');
    expect((await map({ roles: {} })).body).toMatchObject({ state: 'ended', role_mapping: null });
    expect(await rolesOf(email)).toEqual([]);
    expect((await database.rows('select from mapped_roles')).length).toBe(0);
    const acts = await database.rows<{ outcome: string }>(
      `select c.fields -> 'content.outcome' ->> 'value' as outcome from evidence e
       join evidence_contents c on c.organization = e.organization and c.event = e.id
       where e.reason = 'sign_in_provider.roles' order by e.at desc, e.id desc limit 3`,
    );
    expect(acts.map(({ outcome }) => outcome)).toEqual(['ended', 'in_force', 'in_force']);
  });

  test('the table refuses a mapping that one person made', async () => {
    const alone = `update sign_in_providers set role_mapping = '{}', role_mapping_by = 'usr_a', role_mapping_confirmed_by = $1`;
    for (const by of ['usr_a', null]) await expect(database.run(alone, [by])).rejects.toThrow('check');
  });

  test.each<[string, Json, number]>([
    ['a role that nobody is given', { claim: 'groups', roles: { owner: ['x'] } }, 400],
    ['a role without values', { claim: 'groups', roles: { admin: [] } }, 400],
    ['no claim', { roles: { admin: ['x'] } }, 400],
    ['a claim that is none', { claim: 'a claim', roles: { admin: ['x'] } }, 400],
    ['a provider of another organization', { ...MAPPING, organization: 'globex' }, 403],
  ])('%s is refused, and changes nothing', async (_name, body, status) => {
    expect((await map(body)).status).toBe(status);
    const { body: now } = await admin('GET', '/sign-in-providers');
    expect(now.sign_in_providers).toMatchObject([{ role_mapping: null, roles_asked: null }]);
  });

  test('with the account and with the provider their roles go, and after a week without a sign-in there', async () => {
    await mapped();
    const [away, gone, late] = [1, 2, 3].map(() => `${newSubject()}@acme.example`) as [string, string, string];
    for (const email of [away, gone, late]) await comesWith(email, 'leads');
    const account = { issuer: idp.issuer, subject: away, reason: 'left' };
    // Whoever has no way in is given one by one administrator, who would be them.
    const taken = await admin('DELETE', '/upstream-identities', account);
    expect([taken.status, taken.body.reason, await rolesOf(away)]).toEqual([409, 'only_way_in', ['approver']]);
    expect((await admin('POST', `/people/${away}/enrolment`, {})).body).toMatchObject({ reason: 'enrolled' });
    await asOperator('DELETE', '/upstream-identities', { ...account, organization: 'acme' });
    expect(await rolesOf(away)).toEqual([]);

    await database.run(`update mapped_roles set given_at = now() - interval '8 days'`);
    const { id } = (await database.first<{ id: string }>('select id from people where email = $1', [late])) ?? {};
    const people = postgresPeople(database);
    await people.lapseRoles((await people.find(id ?? ''))?.organization ?? '', id ?? '');
    expect(await rolesOf(late)).toEqual([]);
    expect(await changes(late)).toMatchObject([{}, { reason: 'lapsed', lost: ['approver'] }]);
    expect(await rolesOf(gone)).toEqual(['approver']);
    await admin('DELETE', `/sign-in-providers/${provider.id}`, {});
    expect(await rolesOf(gone)).toEqual([]);
  });

  test('a mapping that ends while one of those whom it made administrators leaves waits for that, or that for it', async () => {
    await mapped();
    const emails = [`${newSubject()}@acme.example`, `${newSubject()}@acme.example`];
    for (const email of emails) await comesWith(email, 'iam-admins');
    const [, last] = await database.rows<{ id: string }>('select id from people where email = any($1) order by id', [
      emails,
    ]);
    const acme = { organization: 'acme' };
    const answers = await inThisOrder<{ status: number }>(
      database,
      // The mapping has the first of them, and the other leaves meanwhile.
      (statements) => statements.run(`select from organizations where slug = 'acme' for no key update`),
      [
        () => map({ ...acme, roles: {} }, asOperator),
        () => admin('POST', `/people/${last?.id}/disable`, { reason: 'left' }),
      ],
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const email of emails) expect(await rolesOf(email)).toEqual([]);
  });

  test('an account that its person disconnects while it is taken from them goes once, and its roles with it', async () => {
    await mapped();
    const email = `${newSubject()}@acme.example`;
    const person = await comesWith(email, 'leads');
    await database.run(
      `insert into credentials (organization, person, id, kind, identifier, secret, made_by)
       select organization, id, 'crd_' || substr(id, 5), 'password', email, 'x', 'test' from people where email = $1`,
      [email],
    );
    const { id } = (await database.first<{ id: string }>(
      `select c.id from credentials c join people p on p.id = c.person where p.email = $1 and c.kind = 'upstream'`,
      [email],
    )) as { id: string };
    const csrf = /name="csrf" value="([^"]+)"/u.exec((await person.get('/agents')).html)?.[1] ?? '';
    const answers = await inThisOrder<{ status: number }>(
      database,
      (statements) => statements.run('select from people where email = $1 for no key update', [email]),
      [
        () => person.post(`/settings/sign-in/${id}/remove`, { csrf }),
        () => admin('DELETE', '/upstream-identities', { issuer: idp.issuer, subject: email, reason: 'left' }),
      ],
    );
    expect([answers.map(({ status }) => status), await rolesOf(email)]).toEqual([[200, 404], []]);
  });

  test('the last administrator stays one, of two who lose it at once one does, and no mapping ends the last', async () => {
    await mapped();
    const [one, other] = [`${newSubject()}@acme.example`, `${newSubject()}@acme.example`];
    for (const email of [one, other]) await comesWith(email, 'iam-admins');
    await database.run(
      `update people set status = 'disabled' where email in ('admin@acme.example', 'owner@acme.example')`,
    );
    try {
      const acme = { organization: 'acme' };
      expect((await map({ ...acme, roles: {} }, asOperator)).body).toMatchObject({ reason: 'last_administrator' });
      const removal = await asOperator('DELETE', `/sign-in-providers/${provider.id}`, acme);
      expect([removal.status, removal.body.reason]).toEqual([409, 'last_administrator']);
      expect([await rolesOf(one), await rolesOf(other)]).toEqual([['admin'], ['admin']]);

      const store = postgresSignInProviders(database, undefined as never);
      const at = (await database.first<{ organization: string; id: string }>(
        'select organization, id from sign_in_providers',
      )) as never;
      const ids = await database.rows<{ id: string }>('select id from people where email = any($1)', [[one, other]]);
      await Promise.all(ids.map(({ id }) => store.giveRoles(at, id, { claim: 'groups', values: [] })));
      const left = [await rolesOf(one), await rolesOf(other)].flat();
      expect(left).toEqual(['admin']);
      const [alarm] = await database.rows(
        `select reason from evidence where type = 'person.alarm' order by at desc, id desc limit 1`,
      );
      expect(alarm).toEqual({ reason: 'last_administrator' });
    } finally {
      await database.run(`update people set status = 'active' where email like '%@acme.example'`);
    }
  });

  test('a mapping that takes the only other administrator away is an alarm', async () => {
    await mapped();
    const email = `${newSubject()}@acme.example`;
    await comesWith(email, 'iam-admins');
    const alarms = async () =>
      database.rows(
        `select reason from evidence e join people p on p.id = e.person where type = 'person.alarm' and p.email = $1`,
        [email],
      );
    const { id } =
      (await database.first<{ id: string }>(`select id from people where email = 'admin@acme.example'`)) ?? {};
    await database.run(`update people set roles = '{}' where id <> $1 and email <> $2 and 'admin' = any(roles)`, [
      id,
      email,
    ]);
    try {
      expect((await map({ roles: {} })).body).toMatchObject({ state: 'ended' });
      expect([await rolesOf(email), await alarms()]).toEqual([[], [{ reason: 'administers_alone' }]]);
    } finally {
      await database.run(`update people set roles = '{admin}' where email in ('owner@acme.example')`);
    }
  });

  test('an amr that the organization requires has to come back', async () => {
    provider = await addProvider({ provisions: true, required_amr: ['mfa', 'hwk'] });
    const email = `${newSubject()}@acme.example`;
    expect((await signInThere(email, { email, amr: ['pwd'] })).page.status).toBe(403);
    expect((await refusals())?.detail).toBe('amr has none of mfa, hwk');
    expect((await signInThere(email, { email, amr: ['pwd', 'mfa'] })).page.status).toBe(200);
  });
});

describe('signing out at the provider (OpenID Connect Back-Channel Logout)', () => {
  test('ends the session here, and what waits for a decision', async () => {
    const email = `${newSubject()}@acme.example`;
    const { person } = await signInThere(email, { email });
    const agent = await registerAgent(server, { agent_mode: 'attended' });
    const asked = await agent.post('/backchannel', {
      scope: 'openid',
      login_hint: email,
      authorization_details: detailsParameter(inviteDetails()),
      resource: 'https://calendar.acme.example',
    });
    expect(asked.status).toBe(200);
    await idp.signOut();
    await until(async () => !(await person.get('/inbox')).url.endsWith('/inbox'));
    const answer = await agent.token({
      grant_type: 'urn:openid:params:grant-type:ciba',
      auth_req_id: asked.body.auth_req_id,
    });
    expect([answer.status, answer.body.error]).toEqual([400, 'access_denied']);
  });

  const now = () => Math.floor(Date.now() / 1000);
  const token = (claims: Json = {}, header: Json = {}) =>
    idp.sign(
      {
        aud: 'countersign',
        sub: 'nobody',
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        ...claims,
      },
      { typ: 'logout+jwt', ...header },
      idp.keys.rsa,
    );
  const send = async (logout_token: string, id = String(provider.id)) =>
    (
      await fetch(`${server.issuer}/logout/provider/${id}`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token }),
      })
    ).status;

  test('a logout token counts once', async () => {
    const one = await token();
    expect([await send(one), await send(one)]).toEqual([200, 400]);
  });

  test.each<[string, () => Promise<string>]>([
    ['no JWT', async () => 'x'],
    ['of another issuer', () => token({ iss: 'https://evil.example' })],
    ['for another client', () => token({ aud: 'another' })],
    ['with a nonce: an ID token in disguise', () => token({ nonce: 'n' })],
    ['without the event', () => token({ events: {} })],
    ['naming nobody', () => token({ sub: undefined })],
    ['without jti', () => token({ jti: undefined })],
    ['too old', () => token({ iat: now() - 600, exp: now() - 400 })],
    ['from the future', () => token({ iat: now() + 600 })],
    ['of another type', () => token({}, { typ: 'at+jwt' })],
    [
      'signed by somebody else',
      () => idp.sign({ aud: 'countersign', sub: 'x' }, { typ: 'logout+jwt', kid: 'rsa-1', alg: 'ES256' }, idp.keys.ec),
    ],
  ])('%s is refused', async (_name, make) => {
    expect(await send(await make())).toBe(400);
  });

  test('an unknown provider is refused', async () => {
    expect(await send(await token(), 'idp_unknown')).toBe(400);
  });
});

describe('a second Countersign as the provider', () => {
  test('signs the person in whom the administrator of the first linked to an account there', async () => {
    const upstream = await startServer();
    const house = await startServer({ COUNTERSIGN_EGRESS_ALLOW: new URL(upstream.issuer).host });
    const [ours, theirs] = [await administrator(house, 'admin@globex.example'), await operator(upstream)];
    const { body: addresses } = await ours('GET', `/sign-in-providers/addresses?issuer=${upstream.issuer}`);
    const jwks = await (await fetch(`${house.issuer}/jwks`)).json();
    const { body: client } = await theirs('POST', '/clients', {
      organization: 'acme',
      kind: 'application',
      name: 'Countersign of Globex',
      jwks,
      redirect_uris: [addresses.redirect_uri],
    });
    const added = await ours('POST', '/sign-in-providers', {
      name: 'Globex account',
      issuer: upstream.issuer,
      client_id: client.client_id,
      scopes: ['openid'],
    });
    expect(added.body).toMatchObject(addresses);
    const { body: directory } = await theirs('GET', '/people?organization=acme');
    const subject = directory.people.find(({ email }: Json) => email === 'person@acme.example').id;
    await ours('POST', '/people', { email: 'anna@globex.example', name: 'Anna of Globex' });
    await ours('POST', '/upstream-identities', { person: 'anna@globex.example', issuer: upstream.issuer, subject });

    const browser = browserOf(house.issuer);
    const form = await browser.get('/login?organization=globex');
    const csrf = /name="csrf"[^>]*value="([^"]*)"/.exec(form.html)?.[1] ?? '';
    const sent = await browser.post(`/login/with/${added.body.id}`, { csrf, return_to: '/agents' });
    const url = /http-equiv="refresh" content="0; ?url=([^"]*)"/i.exec(sent.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const there = browserOf(upstream.issuer, 'person@acme.example');
    const signedIn = await there.submit(await there.get(url), {
      email: 'person@acme.example',
      password: upstream.demo.password,
    });
    const page = await browser.get(signedIn.url);
    expect([page.status, page.url]).toEqual([200, `${house.issuer}/agents`]);
    expect(page.html).toContain('Anna of Globex');
    await Promise.all([house.close(), upstream.close()]);
  });
});

test('the operator sees the providers of every organization', async () => {
  const { body } = await (await operator(server))('GET', '/sign-in-providers');
  expect(body.sign_in_providers).toEqual([expect.objectContaining({ organization: 'acme', name: 'Acme SSO' })]);
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('waited 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
