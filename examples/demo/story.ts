import { setTimeout as sleep } from 'node:timers/promises';

import type { Person } from './person.ts';
import { type AgentProcess, type Countersign, type Stage, ToolError } from './processes.ts';
import { NotSo, type Teller } from './tell.ts';

const CALENDAR = 'https://calendar.acme.example';
const PAYMENTS = 'https://payments.acme.example';
const READ = 'calendar.events.read';
const INVITE = 'calendar.invitations.send';

const WEEK = { type: READ, locations: [CALENDAR], from: '2026-11-24', to: '2026-11-28' };
const INVITATION = {
  type: INVITE,
  locations: [CALENDAR],
  title: 'Q1 review',
  start: '2026-11-26T10:00:00Z',
  guests: ['ben@acme.example', 'olga@acme.example'],
};
const ATTENDEES = {
  type: 'calendar.attendees.update',
  locations: [CALENDAR],
  event: 'evt_1',
  attendees: ['eve@acme.example'],
};
const EXPORT = { type: 'calendar.events.export', locations: [CALENDAR], from: '2026-11-24', to: '2026-11-28' };

const REFUND = {
  type: 'payments.refund.create',
  locations: [PAYMENTS],
  invoice: 'INV-20991',
  payee: 'Nordwind GmbH',
  amount: { currency: 'EUR', value: '4200.00' },
};

/** What the evidence of each task has to hold, at least one of each. */
const STORY = [
  ['request.received'],
  ['task.approved'],
  ['token.issued'],
  ['outcome.reported', 'redemption.closed'],
  ['token.refused', 'redemption.alarm'],
  ['authority.stopped'],
];

/**
 * From the first registration to the last line of evidence. Every step says what it saw, and throws where that is not
 * what should be.
 */
export async function story(
  countersign: Countersign,
  person: Person,
  { agent: start, api: startApi, cli }: Stage,
  { say, step }: Teller,
): Promise<void> {
  const { dataDir, own, demo } = countersign;
  const { issuer, initialAccessToken } = demo;
  const api = await startApi('calendar', dataDir);
  const payments = await startApi('payments', dataDir);
  const [helper, scout] = [start('meeting-helper'), start('calendar-scout')];
  /** The command line, as an administrator of the organization has it. */
  const admin = (command: string, ...more: string[]) =>
    cli(dataDir, issuer, ...command.split(' '), ...more, '--organization', 'acme');
  say('');
  say(`Countersign    ${issuer}${own ? ', started for this story' : ''}`);
  say(`Calendar API   ${api}, known as ${CALENDAR}`);
  say(`Payments API   ${payments}, known as ${PAYMENTS}`);

  const names = { helper: '', scout: '' };
  const tasks: { id: string; hash: string; tokens: number }[] = [];
  await step('Two agents register, each with a key of its own', async (check) => {
    const register = (agent: AgentProcess, metadata: object) =>
      agent.use('register', { issuer, initial_access_token: initialAccessToken, metadata });
    const first = await register(helper, {
      client_name: 'Meeting Helper',
      agent_purpose: 'Finds free hours and invites people',
      authorization_details_types: [READ, INVITE],
    });
    const second = await register(scout, {
      client_name: 'Calendar Scout',
      agent_purpose: 'Looks through calendars for Meeting Helper',
      agent_mode: 'sub_agent',
      authorization_details_types: [READ],
    });
    Object.assign(names, { helper: first.agent_id, scout: second.agent_id });
    check(`Meeting Helper is ${names.helper}`, /^agt_/.test(names.helper), first);
    check(`Calendar Scout, a sub-agent, is ${names.scout}`, /^agt_/.test(names.scout), second);
    await admin(`edges add ${names.helper} ${names.scout} --actions ${READ}`);
    check('an administrator lets Meeting Helper hand reading, and nothing else, to Calendar Scout', true);
  });

  await step(`Meeting Helper asks to read a calendar, and ${person.how}`, async (check) => {
    const { promise: address, resolve: opens } = Promise.withResolvers<string>();
    const answer = helper.use(
      'ask_in_browser',
      {
        token: 'reading',
        resource: CALENDAR,
        authorization_details: [{ ...WEEK, purpose: 'Find a free hour for the Q1 review.' }],
      },
      (says) => opens(says.open),
    );
    const url = await Promise.race([address, answer]);
    check(
      'the request was pushed: the address holds a reference, and nothing of the request',
      /request_uri=/.test(url) && !/2026/.test(url),
      url,
    );
    const shown = await person.approve(url, { duration: 'PT1H', picture: 'decision' });
    if (shown) {
      check(`the page says: ${shown.heading}`, /24.*28/.test(shown.heading), shown);
      check(`what changes: ${shown.facts.changes}`, /nothing/i.test(shown.facts.changes ?? ''), shown.facts);
      check('the page says that a part may go to Calendar Scout', shown.text.includes('Calendar Scout'), shown.text);
    }
    const { claims, expires_in, token_type } = await answer;
    const [granted] = claims.authorization_details;
    if (granted.max_uses !== null) throw new NotSo('this story needs the choice “1 hour”: please begin again');
    check(
      `approved; the token is for ${claims.sub}, and ${claims.act.sub} acts`,
      claims.act.sub === names.helper && claims.sub.startsWith('usr_'),
      claims,
    );
    check(
      `it reads 24 to 28 November, until ${granted.expires_at}`,
      granted.from === WEEK.from && granted.to === WEEK.to,
      granted,
    );
    check(
      `it lives ${expires_in} seconds, and only together with the agent's key`,
      expires_in <= 300 && /dpop/i.test(token_type) && claims.cnf.jkt,
      claims,
    );
    tasks.push({ id: claims.task_id, hash: claims.task_hash, tokens: 3 }); // its own, a hand-off, and the sub-agent's
  });

  const call = (agent: AgentProcess, token: string, method: string, where: string, body?: object) =>
    agent.use('call', { token, method, url: `${api}${where}`, body });

  await step('Reading works', async (check) => {
    const answer = await call(helper, 'reading', 'GET', '/events?from=2026-11-24&to=2026-11-28');
    check(
      `GET /events 24 to 28 November: ${answer.body.events?.length} events`,
      answer.status === 200 && answer.body.events.length === 5,
      answer,
    );
    const wider = await call(helper, 'reading', 'GET', '/events?from=2026-11-24&to=2026-12-24');
    check(`GET /events until 24 December: ${wider.status} ${wider.body.error}`, wider.status === 403, wider);
  });

  await step('Nothing else works: not at the API, and not by asking for another token', async (check) => {
    for (const [what, method, where, body] of [
      ['send invitations', 'POST', '/invitations', parametersOf(INVITATION)],
      ['change attendees', 'PUT', '/events/evt_1/attendees', { attendees: ['eve@elsewhere.example'] }],
      ['export', 'GET', '/export?from=2026-11-24&to=2026-11-28', undefined],
    ] as const) {
      const answer = await call(helper, 'reading', method, where, body);
      check(
        `the API refuses to ${what}: ${answer.status} ${answer.body.error}`,
        answer.status === 403 && answer.body.error === 'insufficient_scope',
        answer,
      );
    }
    for (const detail of [INVITATION, ATTENDEES, EXPORT]) {
      const refused = await refusalOf(
        helper.use('exchange', { token: 'reading', as: 'more', resource: CALENDAR, authorization_details: [detail] }),
      );
      check(
        `the token endpoint refuses ${detail.type}: ${refused}`,
        refused === 'invalid_authorization_details',
        refused,
      );
    }
  });

  await step('It asks from behind to invite two people, and waits', async (check) => {
    const { promise: number, resolve: shows } = Promise.withResolvers<string>();
    const answer = helper.use(
      'ask_from_behind',
      { token: 'inviting', person: 'person@acme.example', resource: CALENDAR, authorization_details: [INVITATION] },
      (says) => shows(says.number),
    );
    const digits = await Promise.race([number, answer]);
    check(`the agent shows the number ${digits}`, /^\d\d$/.test(digits), digits);
    const shown = await person.approve(`${issuer}/inbox`, {
      duration: 'once',
      about: INVITATION.title,
      number: digits,
      picture: 'number',
    });
    if (shown) check(`the page in the inbox says: ${shown.heading}`, /Q1 review/.test(shown.heading), shown);
    const { claims } = await answer;
    check(
      'approved with the number typed in; the agent, which was waiting, has its token',
      claims.act.sub === names.helper,
      claims,
    );
    check('for one use', claims.authorization_details[0].max_uses === 1, claims.authorization_details);
    tasks.push({ id: claims.task_id, hash: claims.task_hash, tokens: 1 });
  });

  await step('What was shown is sent, once', async (check) => {
    const changed = { ...parametersOf(INVITATION), guests: [...INVITATION.guests, 'eve@elsewhere.example'] };
    const another = await call(helper, 'inviting', 'POST', '/invitations', changed);
    check(
      `with a third guest: ${another.status} ${another.body.reason}`,
      another.status === 403 && another.body.reason === 'parameters_differ',
      another,
    );
    const sent = await call(helper, 'inviting', 'POST', '/invitations', parametersOf(INVITATION));
    check(
      `to the two guests: ${sent.status}, event ${sent.body.id}`,
      sent.status === 201 && sent.body.attendees.length === 2,
      sent,
    );
    const again = await call(helper, 'inviting', 'POST', '/invitations', parametersOf(INVITATION));
    check(
      `a second time: ${again.status} ${again.body.reason}`,
      again.status === 403 && again.body.reason === 'used_up',
      again,
    );
  });

  await step('A refund has high impact: the amount is typed, and a passkey signs it', async (check) => {
    if (!(await person.addPasskey())) {
      return say('left out: Anna has a passkey of an earlier time, whose device is not here');
    }
    const finance = start('finance-agent');
    await finance.use('register', {
      issuer,
      initial_access_token: initialAccessToken,
      metadata: {
        client_name: 'Finance Agent',
        agent_purpose: 'Refunds what was billed twice',
        authorization_details_types: [REFUND.type],
      },
    });
    const { promise: address, resolve: opens } = Promise.withResolvers<string>();
    const answer = finance.use(
      'ask_in_browser',
      { token: 'refunding', resource: PAYMENTS, authorization_details: [REFUND] },
      (says) => opens(says.open),
    );
    const shown = await person.approve(await Promise.race([address, answer]), {
      duration: 'once',
      value: '4200',
      picture: 'refund',
    });
    if (shown) check(`the page says: ${shown.heading}`, /EUR 4,200\.00 to Nordwind GmbH/.test(shown.heading), shown);
    const { claims } = await answer;
    check(`approved with a passkey (acr ${claims.acr}), for one use`, claims.acr === 'phr', claims);
    const refund = (body: object) =>
      finance.use('call', { token: 'refunding', method: 'POST', url: `${payments}/refunds`, body });
    const other = await refund({ ...parametersOf(REFUND), payee: 'Eve Ltd' });
    check(`to somebody else: ${other.status} ${other.body.reason}`, other.body.reason === 'parameters_differ', other);
    const done = await refund(parametersOf(REFUND));
    check(`what was signed: ${done.status}, refund ${done.body.id}`, done.status === 201, done);
    const again = await refund(parametersOf(REFUND));
    check(`a second time: ${again.status} ${again.body.reason}`, again.body.reason === 'used_up', again);
    await person.removePasskey();
  });

  await step('It hands a narrower part to its sub-agent', async (check) => {
    const part = { type: READ, locations: [CALENDAR], from: '2026-11-26', to: '2026-11-27' };
    const { hand_off, expires_in } = await helper.use('hand_off', {
      token: 'reading',
      to: names.scout,
      authorization_details: [part],
    });
    check(
      `a hand-off of two days, good for ${expires_in} seconds and for Calendar Scout only`,
      expires_in <= 60,
      expires_in,
    );
    const { claims } = await scout.use('take_over', { hand_off, as: 'part' });
    check(
      'Calendar Scout exchanges it with its own key',
      claims.client_id !== undefined && claims.act.sub === names.scout,
      claims,
    );
    check(
      `its token says: ${claims.act.sub} acts through ${claims.act.act?.sub}, for ${claims.sub}`,
      claims.act.act?.sub === names.helper,
      claims,
    );
    const within = await call(scout, 'part', 'GET', '/events?from=2026-11-26&to=2026-11-27');
    const days = new Set(within.body.events?.map(({ start }: { start: string }) => start.slice(0, 10)));
    check(
      `it reads 26 and 27 November: ${within.body.events?.length} events`,
      within.status === 200 && [...days].toSorted().join() === '2026-11-26,2026-11-27',
      within,
    );
    const outside = await call(scout, 'part', 'GET', '/events?from=2026-11-24&to=2026-11-28');
    check(`it cannot read 24 to 28 November: ${outside.status} ${outside.body.error}`, outside.status === 403, outside);
    const taken = await refusalOf(scout.use('take_over', { hand_off, as: 'again' }));
    check(`the hand-off works once: ${taken}`, taken === 'invalid_request', taken);
  });

  await step('The agent is stopped, and everything stops', async (check) => {
    await admin(`agents suspend ${names.helper}`, '--reason', 'the end of the story');
    const stopped = Date.now();
    const endings: [string, () => Promise<string>][] = [
      [
        'the token endpoint refuses the agent',
        () => refusalOf(helper.use('exchange', { token: 'reading', as: 'late', resource: CALENDAR })),
      ],
      [
        'the API refuses its token',
        () => outcomeOf(call(helper, 'reading', 'GET', '/events?from=2026-11-24&to=2026-11-28')),
      ],
      [
        "the API refuses its sub-agent's token",
        () => outcomeOf(call(scout, 'part', 'GET', '/events?from=2026-11-26&to=2026-11-27')),
      ],
    ];
    for (const [words, attempt] of endings) {
      let seen = await attempt();
      for (; seen === '200' && Date.now() - stopped < 1000; seen = await attempt()) await sleep(100);
      const after = Date.now() - stopped;
      check(`${words} after ${after} ms: ${seen}`, seen !== '200' && after < 1000, { seen, after });
    }
    const later = await refusalOf(scout.use('exchange', { token: 'part', as: 'late' }));
    check(`the token endpoint refuses what came from it: ${later}`, later === 'invalid_request', later);
  });

  await step('All of it can be read afterwards', async (check) => {
    await sleep(1200); // the API reports what it did not have to redeem once a second
    for (const { id, hash, tokens } of tasks) {
      say(`\n${(await admin(`evidence chain ${id}`)).trim()}\n`);
      const chain = JSON.parse(await admin(`--output json evidence chain ${id}`));
      const types = new Set(chain.events.map(({ type }: { type: string }) => type));
      const missing = STORY.filter((anyOf) => !anyOf.some((type) => types.has(type)));
      check(
        'who asked, who allowed it, what was done with it, what was refused, and the stop',
        missing.length === 0,
        missing,
      );
      check(`the decision that the token named: ${hash}`, chain.task.decision_hash === hash, chain.task);
      check(
        `every token that came of it: ${tokens}, and none is left`,
        chain.tokens.length === tokens && chain.tokens.every(({ over }: { over: unknown }) => over),
        chain,
      );
    }
  });
}

/** What a person decides about: the action's own parameters. */
function parametersOf({ type: _, locations: __, ...parameters }: { type: string; locations: string[] }) {
  return parameters;
}

/** The OAuth error that something ended with; what it answered, if it went well. */
const refusalOf = (attempt: Promise<object>): Promise<string> =>
  attempt.then(
    () => '200',
    (error) => {
      if (error instanceof ToolError) return error.error;
      throw error;
    },
  );

const outcomeOf = async (attempt: Promise<{ status: number; body: { error?: string } }>): Promise<string> => {
  const { status, body } = await attempt;
  return status === 200 ? '200' : `${status} ${body.error}`;
};
