import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';

import {
  CALENDAR,
  CIBA,
  claimsOf,
  demoClient,
  inviteDetails,
  type Json,
  readDetails,
  type TestClient,
} from '../support/agent.ts';
import {
  type Authenticator,
  addingForm,
  addPasskey,
  type Deviation,
  newAuthenticator,
  optionsIn,
} from '../support/authenticator.ts';
import {
  approveWith,
  askFreely,
  askInBrowser,
  CHOICES,
  CRM,
  EXPORT,
  financeAgent,
  linkIn,
  PAYMENTS,
  REFUND,
  refundDetails,
  sign,
  tokenAfter,
} from '../support/ceremony.ts';
import { detailsParameter, type PageAnswer, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let database: pg.Client;
let agent: TestClient;
let resourceServer: TestClient;
let person: TestPerson;
let key: Authenticator;
beforeAll(async () => {
  server = await startServer();
  database = new pg.Client({ connectionString: server.databaseUrl });
  await database.connect();
  agent = await financeAgent(server);
  await askFreely(database, agent.registration.organization);
  resourceServer = await demoClient(server, 'resourceServer');
  person = await signIn(server);
  key = await addPasskey(person, server.issuer);
});
afterAll(async () => {
  await database?.end();
  await server?.close();
});

/** Another invoice each time: what an earlier approval covers would need no page. */
let invoices = 0;
const refund = (more: Json = {}) => refundDetails({ invoice: `INV-${++invoices}`, ...more });
const tasks = async () =>
  Number((await database.query(`select count(*) from tasks where impact = 'high'`)).rows[0].count);
const lastEvent = async (type: string) =>
  (
    await database.query(
      `select e.*, c.fields from evidence e join evidence_contents c on c.event = e.id where type = $1 order by e.at desc, e.id desc limit 1`,
      [type],
    )
  ).rows[0];
const factsIn = ({ html }: PageAnswer) =>
  Object.fromEntries(
    [...html.matchAll(/<dd data-fact="(\w+)">([\s\S]*?)<\/dd>/g)].map(([, name, text]) => [
      name,
      text?.replaceAll(/<[^>]*>/g, ''),
    ]),
  );

async function redeem(token: string, parameters: Json, idempotency_key = crypto.randomUUID()) {
  const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  const response = await fetch(`${server.issuer}/redemptions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ token, action: REFUND, parameters, idempotency_key }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}
const parametersOf = ({ type: _, locations: __, ...parameters }: Json) => parameters;

test('U4: a refund is approved by the amount typed and a passkey over the decision, redeemed once, and not again', async () => {
  const details = refund();
  const asked = await askInBrowser(agent, person, details, { resource: PAYMENTS });
  expect(asked.page.html).toMatch(/name="critical_value"/);
  const confirm = await person.submit(asked.page, CHOICES);
  expect(confirm.status).toBe(200);
  expect(confirm.html).toMatch(/EUR 4,200.00/);
  // U4-6: it signs nobody in, and does not look as if it did.
  expect([...confirm.html.matchAll(/<button[^>]*>([\s\S]*?)<\/button>/g)].map(([, words]) => words).join()).not.toMatch(
    /sign in/i,
  );
  const receipt = await sign(person, confirm, key);
  expect(receipt.status).toBe(200);
  expect(receipt.html).toMatch(/Allowed once\./);
  // U6: high impact shows the receipt and waits for the link.
  expect(receipt.html).not.toMatch(/http-equiv="refresh"/);
  const { status, body } = await tokenAfter(agent, person, receipt, asked);
  expect(status).toBe(200);
  const claims = claimsOf(body.access_token);
  expect(claims).toMatchObject({ acr: 'phr', amr: ['pwd', 'pop', 'user'], cnf: { jkt: agent.jkt } });
  expect(claims.authorization_details).toEqual([
    expect.objectContaining({ type: REFUND, impact: 'high', max_uses: 1 }),
  ]);
  expect(body.refresh_token).toBeUndefined();
  // What was signed is what the token names.
  expect(claims.task_hash).toBe(optionsIn(confirm, 'request').challenge);

  const other = await redeem(body.access_token, { ...parametersOf(details), payee: 'Südwind GmbH' });
  expect(other).toMatchObject({ status: 403, body: { reason: 'parameters_differ' } });
  const more = { ...parametersOf(details), amount: { currency: 'EUR', value: '4200.01' } };
  expect(await redeem(body.access_token, more)).toMatchObject({ status: 403, body: { reason: 'parameters_differ' } });
  expect(await redeem(body.access_token, parametersOf(details))).toMatchObject({ status: 201, body: { remaining: 0 } });
  expect(await redeem(body.access_token, parametersOf(details))).toMatchObject({
    status: 403,
    body: { reason: 'used_up' },
  });
});

test('the evidence holds what was signed, so that anybody can verify it again', async () => {
  const asked = await askInBrowser(agent, person, refund());
  const confirm = await person.submit(asked.page, CHOICES);
  await sign(person, confirm, key);
  const { fields, reason } = await lastEvent('task.approved');
  expect(reason).toBe('browser');
  const proof = fields['content.proof'].value;
  expect(proof).toMatchObject({ method: 'passkey', name: 'Test key' });
  const client = JSON.parse(Buffer.from(proof.clientDataJSON, 'base64url').toString());
  expect(client.challenge).toBe(fields['content.decision_hash'].value);
  expect(client.challenge).toBe(optionsIn(confirm, 'request').challenge);
});

describe('nothing happens, and 409 or 400 is the answer, when the assertion', () => {
  let confirm: PageAnswer;
  beforeEach(async () => {
    confirm = await person.submit((await askInBrowser(agent, person, refund())).page, CHOICES);
  });
  const refusedWith = async (assertion: string, status = 409) => {
    const before = await tasks();
    const answer = await person.submit(confirm, { assertion });
    expect(answer.status).toBe(status);
    expect(await tasks()).toBe(before);
    expect((await lastEvent('proof.refused')).decision).toBe('refused');
    // It is still open, and the right answer still counts.
    expect((await sign(person, answer.status === 409 ? confirm : answer, key)).html).toMatch(/Allowed once/);
  };

  test.each<[string, Deviation]>([
    ['is made without user verification (U4-3)', { userVerified: false }],
    ['is made with nobody present', { userPresent: false }],
    ['is of another origin', { origin: 'https://countersign.example' }],
    ['is of another relying party', { rpId: 'countersign.example' }],
    ['is made in a frame of another site', { crossOrigin: true }],
    ['is a registration', { type: 'webauthn.create' }],
    ['is about another hash (U4-1)', { challenge: Buffer.alloc(32, 7).toString('base64url') }],
    ['names another user', { userHandle: Buffer.from('usr_00').toString('base64url') }],
    ['has a counter that did not go on', { counter: 1 }],
  ])('%s', async (_, deviation) => {
    await refusedWith(key.get(optionsIn(confirm, 'request'), deviation));
  });

  test('is of another authenticator, under the name of this one or its own', async () => {
    const stranger = newAuthenticator(server.issuer);
    const options = optionsIn(confirm, 'request');
    await refusedWith(stranger.get(options, { credentialId: key.credentialId }));
  });

  test("is another person's", async () => {
    const ben = await signIn(server, 'approver@acme.example');
    const his = await addPasskey(ben, server.issuer).catch(() => newAuthenticator(server.issuer));
    await refusedWith(his.get(optionsIn(confirm, 'request')));
  });

  test("is for another request's decision (U4-2)", async () => {
    const device = await signIn(server);
    const other = await device.submit((await askInBrowser(agent, device, refund())).page, CHOICES);
    await refusedWith(key.get(optionsIn(other, 'request')));
  });

  test.each(['', '{}', 'null', '[1]', '{"id":"a","response":{"clientDataJSON":"x"}}'])(
    'is no answer of an authenticator: %s',
    async (assertion) => {
      const before = await tasks();
      const answer = await person.submit(confirm, { assertion });
      expect([400, 409]).toContain(answer.status);
      expect(await tasks()).toBe(before);
    },
  );
});

test('U4-2 an assertion counts once: the same again is too late, and twenty at the same moment make one task', async () => {
  const confirm = await person.submit((await askInBrowser(agent, person, refund())).page, CHOICES);
  const before = await tasks();
  const assertion = key.get(optionsIn(confirm, 'request'));
  const answers = await Promise.all(Array.from({ length: 20 }, () => person.submit(confirm, { assertion })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 409 || status === 404)).toHaveLength(19);
  expect(await tasks()).toBe(before + 1);
});

test('what was chosen again is what is signed: the hash of the first choice is worth nothing then', async () => {
  const { page } = await askInBrowser(agent, person, refund());
  const first = await person.submit(page, CHOICES);
  const second = await person.submit(page, CHOICES);
  expect(optionsIn(first, 'request').challenge).not.toBe(optionsIn(second, 'request').challenge);
  const before = await tasks();
  expect((await sign(person, first, key)).status).toBe(409);
  expect(await tasks()).toBe(before);
  expect((await sign(person, second, key)).html).toMatch(/Allowed once/);
});

test('the hash on the form is compared, and so is the request', async () => {
  const confirm = await person.submit((await askInBrowser(agent, person, refund())).page, CHOICES);
  const assertion = key.get(optionsIn(confirm, 'request'));
  for (const tampered of [{ decision_hash: 'A'.repeat(43) }, { request_hash: 'A'.repeat(43) }]) {
    expect((await person.submit(confirm, { assertion, ...tampered })).status).toBe(409);
  }
});

test('an approval of high impact needs the passkey: without the second form nothing is allowed', async () => {
  const before = await tasks();
  const { page } = await askInBrowser(agent, person, refund());
  for (let click = 0; click < 3; click++)
    expect((await person.submit(page, CHOICES)).html).toMatch(/Confirm with passkey/);
  expect(await tasks()).toBe(before);
  // And what the page offers without script is a way on, not a closed door.
  expect((await person.submit(page, CHOICES)).html).toMatch(/<noscript>[\s\S]*Allow it for this page/);
});

test('the database lets no task of high impact begin by a click', async () => {
  await person.submit((await askInBrowser(agent, person, refund())).page, CHOICES);
  await approveWith(person, (await askInBrowser(agent, person, refund())).page, key);
  await expect(
    database.query(
      `insert into tasks select (jsonb_populate_record(t, '{"id":"tsk_0","decision_hash":"x"}')).* from tasks t where impact = 'high' limit 1`,
    ),
  ).rejects.toThrow(/tasks_are_proven/);
});

describe('U4-4 the value that matters is typed', () => {
  test.each(['4200', '4,200.00', '4200.00', ' 4,200 ', 'EUR 4,200.00', '4200 EUR', '04200.0'])(
    '%s is the amount',
    async (critical_value) => {
      const { page } = await askInBrowser(agent, person, refund());
      expect((await person.submit(page, { ...CHOICES, critical_value })).html).toMatch(/Confirm with passkey/);
    },
  );

  test.each(['', '420', '4200.01', '42,00', '4.200,00', 'USD 4200', '4200 4200', '-4200', '4.2e3', '٤٢٠٠'])(
    '%s is not: the field says so, has the focus, and no passkey is asked',
    async (critical_value) => {
      const { page } = await askInBrowser(agent, person, refund());
      const answer = await person.submit(page, { ...CHOICES, critical_value });
      expect(answer.status).toBe(400);
      expect(answer.html).not.toMatch(/data-passkey/);
      const field = /<input[^>]*name="critical_value"[^>]*>/.exec(answer.html)?.[0] ?? '';
      expect(field).toMatch(/aria-invalid="true"/);
      expect(field).toMatch(/autofocus/);
      const [described = ''] = /aria-describedby="([^"]*)"/.exec(field)?.slice(1) ?? [];
      expect(answer.html).toContain(`id="${described.split(' ')[0]}"`);
    },
  );

  test('three wrong ones end the request', async () => {
    const { page } = await askInBrowser(agent, person, refund());
    const answers = [];
    for (let tries = 0; tries < 3; tries++)
      answers.push(await person.submit(page, { ...CHOICES, critical_value: '1' }));
    expect(answers.at(-1)?.html).toMatch(/wrong three times/);
    expect((await person.submit(page, CHOICES)).status).toBe(409);
    expect((await lastEvent('task.denied')).reason).toBe('value_mismatch');
  });

  test('a count and a name are typed as well', async () => {
    const details = { type: EXPORT, locations: [CRM], tag: `Lead ${++invoices}`, fields: ['name'], limit: 1240 };
    const { page } = await askInBrowser(agent, person, details);
    for (const wrong of ['124', '1.240', '12,40']) {
      expect((await person.submit(page, { ...CHOICES, critical_value: wrong })).status).toBe(400);
      await database.query('update approvals set value_tries = 0');
    }
    expect((await person.submit(page, { ...CHOICES, critical_value: '1,240' })).html).toMatch(/Confirm with passkey/);
  });

  test('T2: guests outside are ticked one by one, unticked at first', async () => {
    const guests = ['ben@acme.example', 'j.doe@nordwind.example', 'k.lee@suedwind.example'];
    const { page } = await askInBrowser(agent, person, inviteDetails({ title: `Q${++invoices}`, guests }), {
      resource: CALENDAR,
    });
    expect(page.html).toMatch(/j\.doe@nordwind\.example/);
    expect(page.html).not.toMatch(/<input[^>]*_tick_[^>]*checked/);
    const approve = { decision: 'approve', duration: 'once', read: '1' };
    expect((await person.submit(page, { ...approve, critical_tick_0: '1' })).status).toBe(400);
    expect((await person.submit(page, { ...approve, critical_tick_0: '1', critical_tick_1: '1' })).html).toMatch(
      /Confirm with passkey/,
    );
  });

  test('of more than ten outside, their number is typed, and stands at the field: the sentences count all guests', async () => {
    const outside = Array.from({ length: 12 }, (_, index) => `guest${index}@nordwind.example`);
    const guests = ['ben@acme.example', 'olga@acme.example', ...outside];
    const { page } = await askInBrowser(agent, person, inviteDetails({ title: `Q${++invoices}`, guests }), {
      resource: CALENDAR,
    });
    expect(page.html).toMatch(/Outside your organization: 12 addresses\. Type how many/);
    expect((await person.submit(page, { ...CHOICES, critical_value: '14' })).status).toBe(400);
    expect((await person.submit(page, { ...CHOICES, critical_value: '12' })).html).toMatch(/Confirm with passkey/);
  });

  test('what cannot be typed sensibly is ticked: the days of an export', async () => {
    const details = {
      type: 'calendar.events.export',
      locations: [CALENDAR],
      from: '2026-11-24',
      to: `2026-12-${10 + (++invoices % 18)}`,
    };
    const { page } = await askInBrowser(agent, person, details);
    expect((await person.submit(page, { decision: 'approve', duration: 'once', read: '1' })).status).toBe(400);
    expect(
      (await person.submit(page, { decision: 'approve', duration: 'once', read: '1', critical_tick_0: '1' })).html,
    ).toMatch(/Confirm with passkey/);
  });
});

test('only what is allowed has to be touched: a low action beside it, alone, needs neither value nor passkey', async () => {
  const details = [readDetails({ from: '2027-02-01', to: '2027-02-02' }), refund()];
  const low = await askInBrowser(agent, person, details);
  const choices = { decision: 'approve', duration: 'once', read: '1', action_0: 'allow', action_1: 'deny' };
  expect((await person.submit(low.page, choices)).html).toMatch(/Allowed once/);
  const both = await askInBrowser(agent, person, [readDetails({ from: '2027-02-03', to: '2027-02-04' }), refund()]);
  const all = { ...choices, action_1: 'allow' };
  expect((await person.submit(both.page, all)).status).toBe(400);
  const confirm = await person.submit(both.page, { ...all, critical_value_1: '4200' });
  expect((await sign(person, confirm, key)).html).toMatch(/Allowed once/);
});

test('a decision page of high impact says once, ten minutes; nothing longer can be chosen', async () => {
  const { page } = await askInBrowser(agent, person, refund());
  expect(Object.keys(factsIn(page))).toEqual(['what', 'system', 'data', 'changes', 'impact', 'duration']);
  expect(page.html).toMatch(/<input type="hidden" name="duration" value="once"/);
  for (const duration of ['PT1H', 'today', 'P30D']) {
    expect((await person.submit(page, { ...CHOICES, duration })).status).toBe(400);
  }
});

test('deny needs one click: no value, no passkey', async () => {
  const { page } = await askInBrowser(agent, person, refund());
  expect((await person.submit(page, { decision: 'deny' })).html).toMatch(/Denied\./);
});

describe('from behind', () => {
  const ask = async (client: TestClient, details: Json = refund()) =>
    (
      await client.post('/backchannel', {
        scope: 'openid',
        login_hint: 'person@acme.example',
        authorization_details: detailsParameter(details),
      })
    ).body;
  const review = async (words: string) => {
    const { html } = await person.get('/inbox');
    const [, href = ''] =
      [...html.matchAll(/href="(\/r\/apr_[0-9a-f]+)"[\s\S]*?<\/a>/g)].find(([row]) => row.includes(words)) ?? [];
    return person.get(href);
  };

  test('U3-5 the right number and the value lead to the passkey, and the token comes only after it', async () => {
    const asked = await ask(agent, refund({ payee: 'Five GmbH' }));
    const page = await review('Five GmbH');
    const poll = () => agent.token({ grant_type: CIBA, auth_req_id: asked.auth_req_id });
    const confirm = await person.submit(page, { ...CHOICES, number: asked.display_code });
    expect(confirm.html).toMatch(/Confirm with passkey/);
    expect((await poll()).body.error).toBe('authorization_pending');
    expect((await sign(person, confirm, key)).html).toMatch(/You can close this page/);
    await database.query('update approvals set polled_at = null');
    const { status, body } = await poll();
    expect(status).toBe(200);
    expect(claimsOf(body.access_token)).toMatchObject({ acr: 'phr' });
  });

  test('U3-8 the passkey takes the place of the number, whatever the impact', async () => {
    const asked = await ask(agent, inviteDetails({ title: 'Eight' }));
    const page = await review('Eight');
    expect(page.html).toMatch(/use my passkey instead/);
    const url = `${new URL(page.url).pathname}?proof=passkey`;
    const form = {
      ...Object.fromEntries(
        [...page.html.matchAll(/name="(csrf|request_hash)" value="([^"]*)"/g)].map(([, name, value]) => [
          name ?? '',
          value ?? '',
        ]),
      ),
      decision: 'approve',
      duration: 'once',
      read: '1',
    };
    const confirm = await person.post(url, form);
    expect(confirm.html).toMatch(/Confirm with passkey/);
    expect((await sign(person, confirm, key)).html).toMatch(/Allowed once/);
    expect(
      claimsOf((await agent.token({ grant_type: CIBA, auth_req_id: asked.auth_req_id })).body.access_token),
    ).toMatchObject({ acr: 'phr' });
  });

  test('an unattended agent has no number: whoever has a passkey answers with it', async () => {
    const unattended = await financeAgent(server, { client_name: 'Night Agent', agent_mode: 'unattended' });
    const asked = await ask(unattended, inviteDetails({ title: 'Unattended' }));
    expect(asked.display_code).toBeUndefined();
    const page = await review('Unattended');
    expect(page.html).not.toMatch(/name="number"/);
    const confirm = await person.submit(page, { decision: 'approve', duration: 'once', read: '1' });
    expect(confirm.html).toMatch(/Confirm with passkey/);
    expect((await sign(person, confirm, key)).html).toMatch(/Allowed once/);
  });
});

test('the live task covers the same request again, without a page, until its one use is drawn', async () => {
  const details = refund();
  const first = await askInBrowser(agent, person, details, { resource: PAYMENTS });
  const { body } = await tokenAfter(agent, person, await approveWith(person, first.page, key), first);
  const again = await askInBrowser(agent, person, details, { resource: PAYMENTS });
  expect(again.page.url).toMatch(/callback\?code=/);
  expect((await redeem(body.access_token, parametersOf(details))).status).toBe(201);
  expect((await askInBrowser(agent, person, details, { resource: PAYMENTS })).page.url).toMatch(/\/interaction\//);
});

describe('who may ask at all', () => {
  const tryToAsk = (client: TestClient, form: Json = {}) =>
    client.post('/request', {
      client_id: client.clientId,
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:9/callback',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
      authorization_details: detailsParameter(refund()),
      ...form,
    });

  test('a public client is refused where it asks', async () => {
    const publicAgent = await financeAgent(server, {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
    });
    const answer = await tryToAsk(publicAgent, { client_assertion: undefined, client_assertion_type: undefined });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
    expect(answer.body.error_description).toMatch(/with a key of its own/);
  });

  test('so is one that takes unbound tokens', async () => {
    const unbound = await financeAgent(server, { dpop_bound_access_tokens: false });
    expect((await tryToAsk(unbound)).body.error_description).toMatch(/bound tokens/);
  });

  test('so is anybody, for a resource that does not redeem', async () => {
    const redeems = async (does: boolean) => {
      await database.query('update resources set redeems = $2 where resource = $1', [PAYMENTS, does]);
      await database.query(`insert into signals (topic, value) values ('catalogue', '')`);
    };
    await redeems(false);
    // Every instance hears of it within a moment.
    let answer = await tryToAsk(agent);
    for (let tries = 0; answer.status === 201 && tries < 100; tries++) {
      await sleep(100);
      answer = await tryToAsk(agent);
    }
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
    expect(answer.body.error_description).toMatch(/only for a resource that redeems/);
    await redeems(true);
    for (let tries = 0; (await tryToAsk(agent)).status !== 201 && tries < 100; tries++) await sleep(100);
  });
});

test('a person without a passkey reads what to do, and the request waits', async () => {
  const olga = await signIn(server, 'owner@acme.example');
  const { page } = await askInBrowser(agent, olga, refund());
  expect(page.html).toMatch(/you have none yet[\s\S]*href="\/settings\/security\?return_to=%2Finteraction%2F/);
  // Nobody types an amount that would then be refused.
  expect(page.html).not.toMatch(/name="critical_value"|data-testid="approve"/);
  const answer = await olga.submit(page, CHOICES);
  expect(answer.status).toBe(403);
  expect(answer.html).toMatch(/Not approved yet/);
  // From there, with a passkey, it leads back here.
  const security = await olga.get(linkIn(answer));
  const added = addingForm(security, newAuthenticator(server.issuer));
  const [, action = ''] = /action="(\/settings\/security\/passkeys\?[^"]*)"/.exec(security.html) ?? [];
  const done = await olga.post(action.replaceAll('&amp;', '&'), added);
  const [, back = ''] = /href="([^"]*)" data-testid="back"/.exec(done.html) ?? [];
  expect(back).toBe(new URL(page.url).pathname);
  expect((await olga.submit(await olga.get(back), CHOICES)).html).toMatch(/Confirm with passkey/);
});

test('U4: a passkey that is too new approves nothing of high impact, and the page says from when it does', async () => {
  await database.query(`update passkeys set may_approve_from = now() + interval '5 hours'`);
  try {
    const { page } = await askInBrowser(agent, person, refund());
    expect(page.html).toMatch(/Your passkey is new\. It may approve this from/);
    expect((await person.submit(page, CHOICES)).status).toBe(403);
  } finally {
    await database.query('update passkeys set may_approve_from = now()');
  }
});

test('a passkey that becomes unusable between page and signature signs nothing', async () => {
  const confirm = await person.submit((await askInBrowser(agent, person, refund())).page, CHOICES);
  await database.query(`update passkeys set may_approve_from = now() + interval '5 hours'`);
  try {
    expect((await sign(person, confirm, key)).status).toBe(409);
  } finally {
    await database.query('update passkeys set may_approve_from = now()');
  }
});

test('acr_values=phr asks for the passkey whatever the impact, and the token says so', async () => {
  const details = readDetails({ from: '2027-03-01', to: '2027-03-02' });
  const asked = await askInBrowser(agent, person, details, { scope: 'openid', acr_values: 'phr', resource: CALENDAR });
  const confirm = await person.submit(asked.page, { decision: 'approve', duration: 'PT1H', read: '1' });
  expect(confirm.html).toMatch(/Confirm with passkey/);
  const { body } = await tokenAfter(agent, person, await sign(person, confirm, key), asked);
  expect(claimsOf(body.access_token)).toMatchObject({ acr: 'phr' });
});

describe('in German', () => {
  test.each(['4200', '4.200,00', '4.200', '4200,00 EUR'])('%s is the amount', async (critical_value) => {
    const { page } = await askInBrowser(agent, person, refund(), { ui_locales: 'de' });
    expect(page.html).toMatch(/lang="de"[\s\S]*Zur Bestätigung eingeben: Betrag/);
    const confirm = await person.submit(page, { ...CHOICES, critical_value });
    expect(confirm.html).toMatch(/Mit Passkey freigeben/);
    expect((await sign(person, confirm, key)).html).toMatch(/Einmal erlaubt/);
  });

  test.each(['4,200.00', '4.2', '42,00'])('%s is not', async (critical_value) => {
    const { page } = await askInBrowser(agent, person, refund(), { ui_locales: 'de' });
    expect((await person.submit(page, { ...CHOICES, critical_value })).status).toBe(400);
  });
});
