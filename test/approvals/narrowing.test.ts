import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { narrowedBy, narrowingOf } from '../../server/approvals/narrow.ts';
import { describeAction } from '../../server/catalogue/describe.ts';
import { idOf } from '../../views/narrowing.tsx';
import { speakerOf } from '../../views/words/speaker.ts';
import { actionOf, reader } from '../catalogue/demonstration.ts';
import {
  CALENDAR,
  claimsOf,
  inviteDetails,
  type Json,
  READ,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { askInBrowser } from '../support/ceremony.ts';
import { continuationOf, type PageAnswer, signIn, type TestPerson } from '../support/person.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { inner, tags, text } from '../views/html.ts';

describe('what a form takes away', () => {
  const asked = (key: string, parameters: Json) => ({
    action: actionOf(key),
    requested: { action: key, version: 1, resource: actionOf(key).resource, parameters },
    description: describeAction(actionOf(key), parameters, reader),
  });
  const calendar = asked(READ, { from: '2026-11-24', to: '2026-11-28' });
  const refund = asked('payments.refund.create', {
    invoice: 'INV-1',
    payee: 'Nordwind GmbH',
    amount: { currency: 'EUR', value: '4200.00' },
  });
  const free = asked('payments.refund.create', {
    ...refund.requested.parameters,
    amount: { currency: 'EUR', value: '0.00' },
  });
  const invite = asked('calendar.invitations.send', {
    title: 'Q1',
    start: '2026-11-26T10:00:00Z',
    guests: ['ben@acme.example', 'olga@acme.example', 'j.doe@nordwind.example'],
  });
  const contacts = asked('crm.contacts.export', { tag: 'Lead 2026', fields: ['name', 'email', 'phone'], limit: 1240 });
  const amount = (value: string) => ({ ...refund.requested.parameters, amount: { currency: 'EUR', value } });
  const guests = (...list: string[]) => ({ ...invite.requested.parameters, guests: list });

  test.each<[string, typeof calendar, Record<string, string>, Json | undefined, string?]>([
    ['a form that says nothing', calendar, {}, calendar.requested.parameters],
    [
      'fewer days',
      calendar,
      { narrow_0_from: '2026-11-25', narrow_0_to: '2026-11-26' },
      { from: '2026-11-25', to: '2026-11-26' },
    ],
    [
      'the same days',
      calendar,
      { narrow_0_from: '2026-11-24', narrow_0_to: '2026-11-28' },
      calendar.requested.parameters,
    ],
    ['a day before', calendar, { narrow_0_from: '2026-11-23' }, undefined],
    ['a day after', calendar, { narrow_0_to: '2026-11-29' }, undefined],
    ['no date', calendar, { narrow_0_to: 'tomorrow' }, undefined],
    ['a day that no month has', calendar, { narrow_0_to: '2026-11-31' }, undefined],
    ['an instant', calendar, { narrow_0_to: '2026-11-26T00:00:00Z' }, undefined],
    ['a year of six digits', calendar, { narrow_0_to: '+002026-11-26' }, undefined],
    ['a date of another script', calendar, { narrow_0_to: '２026-11-26' }, undefined],
    ['the end before the beginning', calendar, { narrow_0_from: '2026-11-27', narrow_0_to: '2026-11-25' }, undefined],
    ['a date in brackets', calendar, { 'narrow_0_from[]': '2026-11-20' }, calendar.requested.parameters],
    ['a smaller amount', refund, { narrow_0_amount: '1,000.50' }, amount('1000.50')],
    ['a smaller amount in German', refund, { narrow_0_amount: '1.000,5' }, amount('1000.50'), 'de'],
    ['an amount that is grouped for neither', refund, { narrow_0_amount: '42,00' }, undefined],
    ['a larger amount', refund, { narrow_0_amount: '4,200.01' }, undefined],
    ['a third of a cent', refund, { narrow_0_amount: '1.333' }, undefined],
    ['a negative amount', refund, { narrow_0_amount: '-1' }, undefined],
    ['digits of another script', refund, { narrow_0_amount: '١٠٠' }, undefined],
    ['digits of another width', refund, { narrow_0_amount: '１００' }, undefined],
    ['an amount with an exponent', refund, { narrow_0_amount: '1e2' }, undefined],
    ['an amount in another base', refund, { narrow_0_amount: '0x10' }, undefined],
    ['another currency', refund, { narrow_0_amount: 'USD 100' }, undefined],
    ['a currency beside it', refund, { narrow_0_amount: '100', narrow_0_amount_currency: 'USD' }, amount('100.00')],
    ['Infinity', refund, { narrow_0_amount: 'Infinity' }, undefined],
    ['zeros before it', refund, { narrow_0_amount: '000100' }, amount('100.00')],
    ['as many digits as a form holds', refund, { narrow_0_amount: '9'.repeat(60_000) }, undefined],
    ['as many zeros', refund, { narrow_0_amount: '0'.repeat(60_000) }, undefined],
    ['nothing', refund, { narrow_0_amount: '0' }, undefined],
    ['nothing, to the cent', refund, { narrow_0_amount: '0.00' }, undefined],
    ['a cent', refund, { narrow_0_amount: '0.01' }, amount('0.01')],
    ['nothing of nothing', free, { narrow_0_amount: '0' }, free.requested.parameters],
    ['an English amount on a German page', refund, { narrow_0_amount: '1,000.50' }, undefined, 'de'],
    ['a German amount on an English page', refund, { narrow_0_amount: '1.000,50' }, undefined],
    ['fewer contacts', contacts, { narrow_0_limit: '100' }, { ...contacts.requested.parameters, limit: 100 }],
    ['more contacts', contacts, { narrow_0_limit: '1241' }, undefined],
    ['half a contact', contacts, { narrow_0_limit: '1.5' }, undefined],
    ['no contact', contacts, { narrow_0_limit: '0' }, undefined],
    ['fewer than none', contacts, { narrow_0_limit: '-5' }, undefined],
    ['contacts that no number counts', contacts, { narrow_0_limit: '9'.repeat(400) }, undefined],
    ['every field but by another word', contacts, { narrow_0_fields_0: 'on' }, contacts.requested.parameters],
    ['a field in brackets', contacts, { 'narrow_0_fields[]': '1' }, contacts.requested.parameters],
    [
      'fewer fields',
      contacts,
      { narrow_0_fields_2: '1' },
      { ...contacts.requested.parameters, fields: ['name', 'email'] },
    ],
    ['one guest less', invite, { narrow_0_guests_2: '1' }, guests('ben@acme.example', 'olga@acme.example')],
    ['no guest left', invite, { narrow_0_guests_0: '1', narrow_0_guests_1: '1', narrow_0_guests_2: '1' }, undefined],
    ['a guest that is none', invite, { narrow_0_guests_9: '1' }, invite.requested.parameters],
    ['a parameter that no catalogue lets narrow', refund, { narrow_0_payee: 'Mallory' }, refund.requested.parameters],
    ['another action', invite, { narrow_1_guests_2: '1' }, invite.requested.parameters],
  ])('%s', (_, one, form, parameters, locale = 'en') => {
    expect(narrowedBy(new Map(Object.entries(form)), one, 0, locale)).toEqual(parameters);
  });

  test('the fields say what was asked, as the reader writes it', () => {
    const shown = (one: typeof refund, language: 'en' | 'de') =>
      narrowingOf(
        { ...one, description: describeAction(one.action, one.requested.parameters, { ...reader, locale: language }) },
        0,
        speakerOf(language),
      )?.fields;
    expect(shown(refund, 'en')).toEqual([
      { kind: 'typed', name: 'narrow_0_amount', label: 'Amount, at most (EUR)', value: '4,200.00' },
    ]);
    expect(shown(refund, 'de')).toMatchObject([{ label: 'Betrag, höchstens (EUR)', value: '4.200,00' }]);
    expect(shown(contacts, 'de')).toMatchObject([
      { kind: 'members', label: 'Felder: auslassen' },
      { kind: 'typed', value: '1.240', digits: true },
    ]);
    expect(shown(calendar, 'en')).toMatchObject([
      { kind: 'date', value: '2026-11-24', min: '2026-11-24', max: '2026-11-28' },
      { kind: 'date', value: '2026-11-28', min: '2026-11-24', max: '2026-11-28' },
    ]);
  });

  test.each<[string, typeof calendar, Record<string, string>, string[]]>([
    [
      'more than was asked',
      refund,
      { narrow_0_amount: '42,000.00' },
      ['narrow_0_amount: Type an amount of up to EUR 4,200.00. If nothing is to be allowed, deny it.'],
    ],
    [
      'nothing at all',
      refund,
      { narrow_0_amount: '0' },
      ['narrow_0_amount: Type an amount of up to EUR 4,200.00. If nothing is to be allowed, deny it.'],
    ],
    [
      'no amount',
      refund,
      { narrow_0_amount: '<b>' },
      ['narrow_0_amount: Type an amount of up to EUR 4,200.00. If nothing is to be allowed, deny it.'],
    ],
    [
      'more of them',
      contacts,
      { narrow_0_limit: '2000', narrow_0_fields_0: '1' },
      ['narrow_0_limit: Type a whole number of up to 1,240. If nothing is to be allowed, deny it.'],
    ],
    [
      'a day before',
      calendar,
      { narrow_0_from: '2026-11-20' },
      ['narrow_0_from: Choose among the days that were asked for, the first one first.'],
    ],
    ['what is denied is not wrong', refund, { narrow_0_amount: '42,000.00', action_0: 'deny' }, []],
    ['nothing', invite, {}, []],
  ])('%s: the mistake stands beside its field, which says what was typed', (_, one, form, problems) => {
    const narrowing = narrowingOf(one, 0, speakerOf('en'), new Map(Object.entries(form)));
    const fields = narrowing?.fields ?? [];
    expect(narrowing?.open).toBe(Object.keys(form).length > 0);
    expect(fields.flatMap((field) => (field.problem ? [`${idOf(field)}: ${field.problem}`] : []))).toEqual(problems);
    for (const field of fields) {
      if (field.kind === 'members')
        expect(field.members.map(({ name, checked }) => [name, checked])).toEqual(
          field.members.map(({ name }) => [name, name in form]),
        );
      else if (field.name in form) expect(field.value).toBe(form[field.name]);
    }
  });

  test('what was asked as a scope is not narrowed: its token would name no parameters', () => {
    const scope = { ...calendar, requested: { ...calendar.requested, parameters: {}, viaScope: 'calendar.read' } };
    expect(narrowingOf(scope, 0, speakerOf('en'))).toBeUndefined();
    expect(narrowedBy(new Map([['narrow_0_from', '2026-11-25']]), scope, 0, 'en')).toEqual({});
  });
});

describe('narrower on the page', () => {
  let server: TestServer;
  let agent: TestClient;
  let person: TestPerson;
  beforeAll(async () => {
    server = await startServer();
    agent = await registerAgent(server);
    person = await signIn(server);
  });
  afterAll(async () => {
    await server?.close();
  });

  const approve = (page: PageAnswer, fields: Record<string, string>) =>
    person.submit(page, { decision: 'approve', duration: 'once', read: '1', ...fields });
  async function tokenOf(result: PageAnswer, verifier: string) {
    const back = await person.get(continuationOf(result) ?? '');
    const code = new URL(back.url).searchParams.get('code') ?? '';
    return agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
  }

  test('U2-12 fewer days: the token, the answer and the receipt say what was granted, not what was asked', async () => {
    const { page, verifier } = await askInBrowser(agent, person, readDetails(), { resource: CALENDAR });
    expect(text(inner(page.html, 'summary'))).toBe('Make it narrower');
    const result = await approve(page, { narrow_0_from: '2026-11-25', narrow_0_to: '2026-11-26' });
    expect(text(inner(result.html, 'main'))).toContain('may read your calendar for 25–26 Nov until');
    const answer = await tokenOf(result, verifier);
    const granted = [expect.objectContaining({ type: READ, from: '2026-11-25', to: '2026-11-26', max_uses: 1 })];
    expect(answer.body.authorization_details).toEqual(granted); // RFC 9396 §7.1
    expect(claimsOf(answer.body.access_token).authorization_details).toEqual(granted);
    // The rest was not allowed, so it is asked for again.
    const again = await askInBrowser(agent, person, readDetails(), { resource: CALENDAR });
    expect(again.page.html).toContain('data-testid="approve"');
  });

  test('T2 without the guest from outside the impact is medium, and a click is enough', async () => {
    const outside = inviteDetails({ guests: ['ben@acme.example', 'j.doe@nordwind.example'] });
    const { page, verifier } = await askInBrowser(agent, person, outside, { resource: CALENDAR });
    expect(inner(page.html, 'p', 'data-level="high"')).toContain('High impact');
    const result = await approve(page, { narrow_0_guests_1: '1' });
    expect(text(inner(result.html, 'h1'))).toBe('Allowed once.');
    const { body } = await tokenOf(result, verifier);
    expect(body.authorization_details).toEqual([
      expect.objectContaining({ guests: ['ben@acme.example'], impact: 'medium' }),
    ]);
  });

  test('U2-5 a form that leaves nothing changes nothing, and says so first', async () => {
    const { page } = await askInBrowser(agent, person, inviteDetails({ title: 'Nobody left' }), { resource: CALENDAR });
    const answer = await approve(page, { narrow_0_guests_0: '1', narrow_0_guests_1: '1' });
    expect([answer.status, text(inner(answer.html, 'title')).startsWith('Error: ')]).toEqual([400, true]);
    expect(text(inner(answer.html, 'div', 'role="alert"'))).toContain('Nothing was allowed.');
    expect(inner(answer.html, 'details', 'class="narrow" open')).toContain('This leaves too little to do anything.');
    const boxes = tags(answer.html, 'input').filter((tag) => tag.includes('name="narrow_0_guests_'));
    expect(boxes.map((tag) => [tag.includes('checked'), tag.includes('aria-invalid="true"')])).toEqual([
      [true, true],
      [true, true],
    ]);
    expect((await approve(answer, {})).status).toBe(200);
  });

  test('what was typed and chosen is on the page again, whatever was wrong, and more than was typed cannot slip in', async () => {
    const details = readDetails({ from: '2026-12-14', to: '2026-12-18' });
    const { page } = await askInBrowser(agent, person, details, { resource: CALENDAR });
    const backwards = { narrow_0_from: '2026-12-17', narrow_0_to: '2026-12-15', duration: 'PT1H' };
    for (const wrong of [backwards, { ...backwards, narrow_0_to: '2026-12-17', duration: 'P30D' }]) {
      const answer = await approve(page, wrong);
      expect(answer.status).toBe(400);
      const inputs = tags(answer.html, 'input');
      expect(inputs).toContainEqual(expect.stringMatching(/name="narrow_0_from" value="2026-12-17"/u));
      expect(inputs).toContainEqual(expect.stringContaining(`name="narrow_0_to" value="${wrong.narrow_0_to}"`));
      const duration = inputs.filter((tag) => tag.includes('name="duration"') && tag.includes('checked'));
      expect(duration.join()).toContain(wrong === backwards ? 'value="PT1H"' : 'value="once"');
      expect(answer.html).toContain('<details class="narrow" open');
      expect(answer.html.includes('aria-describedby="narrow_0_to-problem"')).toBe(wrong === backwards);
      expect(answer.html.includes('<a class="small-link" href="#narrow_0_from">From</a>')).toBe(wrong === backwards);
    }
  });

  test('several actions: one is narrowed, one denied, and the token has the rest', async () => {
    const details = [readDetails(), inviteDetails({ title: 'Two things' })];
    const { page, verifier } = await askInBrowser(agent, person, details, { resource: CALENDAR });
    // Each has a row of its own: a sentence, a level, an answer that nobody gave for the person above low impact.
    const rows = page.html.match(/<fieldset class="action"[\s\S]*?<\/fieldset>(?=<fieldset class="action"|<)/gu) ?? [];
    expect(rows.length).toBe(2);
    const chosen = tags(page.html, 'input').filter((tag) => /name="action_\d"/u.test(tag) && tag.includes('checked'));
    expect(chosen.map((tag) => /name="(\w+)" value="(\w+)"/u.exec(tag)?.slice(1))).toEqual([['action_0', 'allow']]);
    expect(text(inner(page.html, 'button', 'data-testid="approve"'))).toBe('Allow what I chose');
    const result = await approve(page, { action_0: 'allow', action_1: 'deny', narrow_0_to: '2026-11-24' });
    const { body } = await tokenOf(result, verifier);
    expect(body.authorization_details).toEqual([
      expect.objectContaining({ type: READ, from: '2026-11-24', to: '2026-11-24' }),
    ]);
  });
});
