import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { decisionPage } from '../../views/decision.tsx';
import { errorPage } from '../../views/error.tsx';
import { inboxPage } from '../../views/inbox.tsx';
import { myAgentsPage } from '../../views/my-agents.tsx';
import {
  alreadyDecidedWords,
  changedWords,
  deniedWords,
  expiredWords,
  nothingHereWords,
  resultPage,
} from '../../views/result.tsx';
import { signInPage } from '../../views/sign-in.tsx';
import { followable, visible, visibleJson } from '../../views/text.tsx';
import { speakerOf } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import { inner, tags, text } from './html.ts';
import { account, decisions, entrance, everyPage, variants } from './pages.ts';
import {
  deleteRepository,
  exportContacts,
  frame,
  inbox,
  myAgents,
  readCalendar,
  refund,
  sendInvitations,
  severalActions,
} from './samples.ts';

const speaker = speakerOf('en');
const pages = Object.entries(everyPage).map(([name, html]) => ({ name, html }));

test('every page has its picture, and docs/pages.md shows each of them and nothing else', () => {
  const docs = join(import.meta.dirname, '../../docs');
  const drawn = readdirSync(join(docs, 'images/pages')).map((file) => file.replace(/\.webp$/u, ''));
  expect(Object.keys(everyPage).filter((name) => !drawn.includes(name))).toEqual([]);
  const shown = [...readFileSync(join(docs, 'pages.md'), 'utf8').matchAll(/images\/pages\/([\w-]+)\.webp/gu)];
  expect([...new Set(shown.map(([, name]) => name))].toSorted()).toEqual(drawn.toSorted());
});

test.each(pages)('$name has one h1, a language, a title and nothing inline (§11.2)', ({ html }) => {
  expect(html).toMatch(/^<!doctype html><html lang="en" dir="ltr">/u);
  // A preview is a page within a page, with a heading of its own.
  expect(tags(html.replace(/<article class="phone"[\s\S]*?<\/article>/u, ''), 'h1')).toHaveLength(1);
  expect(text(inner(html, 'h1'))).not.toBe('');
  expect(text(inner(html, 'title'))).toMatch(/\S · (Acme|Countersign)$/u);
  expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc="\/static\/)|javascript:/iu);
  expect(html.match(/(?:src|href|action)="(?!\/|#|https:\/\/agent\.example\/)[^"]*"/gu)).toBeNull();
});

test.each(pages)('$name posts every form with a CSRF value', ({ html }) => {
  // A search changes nothing, and its address can be kept.
  const forms = tags(html, 'form').filter((form) => !form.includes('method="get"'));
  expect(forms.filter((form) => form.includes('method="post"'))).toHaveLength(forms.length);
  expect(html.split('name="csrf"')).toHaveLength(forms.length + 1);
});

test.each(pages)('$name: whatever leads to another place on it leads somewhere', ({ html }) => {
  const leadsTo = [...html.matchAll(/href="#([^"]*)"/gu)].map(([, id]) => id);
  expect(leadsTo.filter((id) => !html.includes(` id="${id}"`))).toEqual([]);
});

test.each(Object.entries({ ...decisions, ...variants, ...account }))(
  'U9-1 %s leads to Your agents in one step',
  (_, html) => {
    expect(inner(html, 'nav')).toContain('href="/agents"');
    expect(inner(html, 'nav')).toContain('href="/inbox"');
  },
);

test.each(pages.filter(({ name }) => !name.startsWith('console-')))(
  '$name says nothing of scopes, tokens, clients, grants or delegation (§4.3)',
  ({ html }) => {
    const words = text(html.replace(/<pre>[\s\S]*?<\/pre>/u, ''));
    expect(words).not.toMatch(/\b(scopes?|tokens?|clients?|grants?|oauth|delegat\w*)\b/iu);
  },
);

test('U1-1 the sign-in page knows nothing of any request', () => {
  const html = signInPage({
    frame: { speaker, organizationName: 'Acme' },
    csrf: 'c',
    action: '/sign-in',
    host: 'as.example',
  });
  expect(html).not.toContain('data-fact');
  expect(html).not.toMatch(/allow|approve|deny/iu);
  expect(html).not.toContain('<nav');
});

test('U1-3 password managers and pasting work', () => {
  const html = entrance['sign-in'] ?? '';
  expect(tags(html, 'input')).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/name="email".*autocomplete="username webauthn"/u),
      expect.stringMatching(/name="password".*autocomplete="current-password"/u),
    ]),
  );
  expect(html).not.toContain('onpaste');
});

test('a refused sign-in says so first, keeps the address and never the password', () => {
  const html = entrance['sign-in-refused'] ?? '';
  expect(text(inner(html, 'title'))).toMatch(/^Error: /u);
  expect(tags(html, 'div')).toContainEqual(expect.stringMatching(/role="alert".*autofocus/u));
  expect(tags(html, 'input').find((tag) => tag.includes('name="email"'))).toContain('value="person@acme.example"');
  expect(tags(html, 'input').find((tag) => tag.includes('name="password"'))).not.toContain('value=');
});

const tasks = [
  { name: 'read calendar', task: readCalendar },
  { name: 'send invitations', task: sendInvitations },
  { name: 'export contacts', task: exportContacts },
  { name: 'refund', task: refund },
  { name: 'delete repository', task: deleteRepository },
];

test.each(tasks)('U2-1 $name shows exactly six facts, in their order, as given', ({ task }) => {
  const facts = [...decisionPage(task).matchAll(/<dd data-fact="(\w+)">([\s\S]*?)<\/dd>/gu)];
  expect(facts.map(([, name]) => name)).toEqual(['what', 'system', 'data', 'changes', 'impact', 'duration']);
  expect(facts.map(([, name, value]) => [name, text(value ?? '')])).toEqual(Object.entries(task.facts));
});

test.each(tasks)('U2-2 the heading of $name is the whole headline with every critical value', ({ task }) => {
  const heading = inner(decisionPage(task), 'h1');
  expect(text(heading)).toBe(`${task.agentName} wants to ${task.headline.map((part) => part.text).join('')}`);
  for (const { text: value } of task.headline.filter(({ critical }) => critical)) {
    expect(heading).toMatch(new RegExp(`<bdi class="critical[^"]*">${value}</bdi>`, 'u'));
  }
});

test.each(tasks)('the heading and impact line of $name fit the word budget of §3.3', ({ task }) => {
  const headline = `${task.agentName} wants to ${task.headline.map((part) => part.text).join('')}`;
  const words = (sentence: string) => sentence.split(/\s+/u).filter((word) => /\w/u.test(word)).length;
  expect(words(headline) + words(task.impactLine)).toBeLessThanOrEqual(22);
});

test('values inside a fact are set apart without changing its text', () => {
  const system = [
    { text: 'Google Calendar — ', value: false, critical: false },
    { text: 'anna@acme.example', value: true, critical: false },
  ];
  const html = decisionPage({ ...readCalendar, facts: { ...readCalendar.facts, system } });
  expect(html).toContain('<dd data-fact="system">Google Calendar — <bdi>anna@acme.example</bdi></dd>');
});

test('the impact line says its symbol, its words and its level', () => {
  const line = inner(decisionPage(refund), 'p', 'class="impact" data-level="high"');
  expect(text(line)).toBe('▲ Moves money · High impact · Cannot be undone here');
});

test('the decision carries the hash of what is shown, and two buttons that differ in nothing but name and colour', () => {
  const html = decisionPage(refund);
  expect(tags(html, 'input')).toContainEqual(
    `<input type="hidden" name="request_hash" value="${refund.requestHash}"/>`,
  );
  expect(tags(html, 'form')).toContainEqual(expect.stringMatching(/action="\/r\/req_8f2k" data-guard/u));
  expect(text(inner(html, 'button', 'data-testid="approve"'))).toBe('Approve refund');
  expect(text(inner(html, 'button', 'data-testid="deny"'))).toBe('Deny');
  const [deny, approve] = tags(html, 'button').filter((tag) => tag.includes('name="decision"'));
  expect(deny).toMatch(/value="deny"/u);
  expect(approve).toMatch(/value="approve"/u);
});

test('U5-1 denying needs no typed value, no box and no script', () => {
  const deny = tags(decisionPage({ ...refund, number: { wrong: false } }), 'button').find((tag) =>
    tag.includes('"deny"'),
  );
  expect(deny).toContain('formnovalidate');
});

test('Enter in a field decides nothing: the first submit button of the form cannot be pressed', () => {
  const form = inner(decisionPage(refund), 'form', 'data-guard');
  expect(tags(form, 'button')[0]).toMatch(/type="submit" disabled hidden/u);
});

test('U2-9 an unchecked box asks whether it was read, which decide.js takes away: it stays where that is not', () => {
  const box = '<input class="check-input" type="checkbox" id="read" name="read" value="1" required/>';
  expect(inner(decisionPage(refund), 'label', 'data-unguarded')).toContain(box);
  const missing = decisionPage({ ...refund, unread: true });
  expect(missing).not.toContain('data-unguarded');
  expect(inner(missing, 'label', 'have-read')).toContain(
    'required aria-invalid="true" aria-describedby="read-problem"',
  );
});

test('U2-5 Once is chosen; a single duration is not a question', () => {
  const durations = (html: string) => tags(html, 'input').filter((tag) => tag.includes('name="duration"'));
  expect(durations(decisionPage(readCalendar)).map((tag) => tag.includes('checked'))).toEqual([true, false, false]);
  expect(durations(decisionPage(refund))).toEqual(['<input type="hidden" name="duration" value="once"/>']);
});

test('each of several actions gets its own answer, and none above low impact comes chosen', () => {
  const html = decisionPage(severalActions);
  const radios = tags(html, 'input').filter((tag) => /name="action_\d"/u.test(tag));
  expect(
    radios.map((tag) => [/name="(\w+)"/u.exec(tag)?.[1], /value="(\w+)"/u.exec(tag)?.[1], tag.includes('checked')]),
  ).toEqual([
    ['action_0', 'allow', true],
    ['action_0', 'deny', false],
    ['action_1', 'allow', false],
    ['action_1', 'deny', false],
  ]);
});

test('the number is typed into an empty field, and a wrong one is said beside it', () => {
  const asked = tags(decisionPage(exportContacts), 'input').find((tag) => tag.includes('name="number"'));
  expect(asked).toMatch(/autocomplete="off".*inputmode="numeric".*pattern="\[0-9\]\{2\}"/u);
  expect(asked).not.toContain('value=');
  const again = decisionPage({ ...exportContacts, number: { wrong: true } });
  expect(text(inner(again, 'title'))).toMatch(/^Error: /u);
  expect(tags(again, 'input').find((tag) => tag.includes('name="number"'))).toMatch(
    /autofocus.*aria-invalid="true" aria-describedby="number-problem number-hint"/u,
  );
});

test('whom it may hand part of this to stands with the facts, not behind the fold', () => {
  const html = decisionPage(sendInvitations);
  expect(text(inner(html, 'p', 'class="hand-off"'))).toBe('It may hand part of this to Invitation Worker.');
  expect(html.indexOf('hand-off')).toBeLessThan(html.indexOf('<form class="decision"'));
});

const RLO = '\u{202e}';
const hostile = [
  { name: 'markup', words: '<img src=x onerror=alert(1)>' },
  { name: 'a right-to-left override', words: `${RLO}00.002,4 RUE` },
  { name: 'zero-width characters', words: 'Meeting\u{200b}Helper\u{feff}' },
  { name: 'five thousand characters', words: 'read this '.repeat(500) },
  { name: 'a borrowed seal', words: '✅ Approved by Security' },
  { name: 'a tower of marks', words: `Z${'\u{0310}'.repeat(60)}` },
  { name: 'line breaks', words: 'one\n\n\n\ntwo\u{2028}three' },
  { name: 'a closing tag', words: '</blockquote></main><h1>Approved</h1>' },
];

test.each(hostile)('U2-8 $name in the words of an agent stays inert in its quoted block', ({ words }) => {
  const calm = decisionPage({ ...readCalendar, agentWords: 'calm' });
  const html = decisionPage({ ...readCalendar, agentWords: words });
  const quoted = inner(html, 'blockquote');
  expect(html.replace(quoted, '“calm”')).toBe(calm);
  expect(quoted).not.toContain('<');
  expect(Array.from(text(quoted)).length).toBeLessThanOrEqual(142);
  expect(quoted).not.toMatch(/[\p{Cf}\p{Cc}\p{Zl}]|\p{M}{5,}/u);
});

test.each(hostile)('$name in names, references and hosts is set apart and cannot grow', ({ words }) => {
  const html = decisionPage({
    ...readCalendar,
    agentName: words,
    reference: words,
    warnUnverified: words,
    who: { ...readCalendar.who, owner: words, chain: ['Anna Berg', words], application: words, mayHandTo: [words] },
  });
  // A preview is a page within a page, with a heading of its own.
  expect(tags(html.replace(/<article class="phone"[\s\S]*?<\/article>/u, ''), 'h1')).toHaveLength(1);
  expect(html).not.toMatch(/<img|[\u{202e}\u{200b}\u{feff}\u{2028}]/u);
  expect(text(inner(html, 'h1')).length).toBeLessThan(200);
  expect([...html.matchAll(/<dd data-fact="\w+">([\s\S]*?)<\/dd>/gu)].map(([, value]) => value)).toEqual(
    Object.values(readCalendar.facts),
  );
});

test('the exact request is the same JSON with everything that hides written out', () => {
  const request = JSON.stringify({ payee: `Nord${RLO}wind\u{200b}`, note: '</pre><script>' }, null, 2);
  const shown = text(inner(decisionPage({ ...refund, exactRequest: request }), 'pre'));
  expect(shown).toContain('Nord\\u202ewind\\u200b');
  expect(JSON.parse(shown)).toEqual(JSON.parse(request));
  expect(visibleJson('"\u{e0041}"')).toBe('"\\udb40\\udc41"');
});

test('an agent that nobody vouches for is named with its host, above the facts', () => {
  const html = decisions['self-registered'] ?? '';
  expect(text(inner(html, 'p', 'class="warning"'))).toBe(
    'Not verified. This agent registered itself from trips.example.com.',
  );
  expect(html.indexOf('class="warning"')).toBeLessThan(html.indexOf('class="facts"'));
});

const results = [
  {
    id: 'U5',
    words: deniedWords(speaker, 'Finance Agent'),
    says: 'Denied. Finance Agent was told no. Nothing was changed and nothing was shared.',
  },
  {
    id: 'U8-1',
    words: expiredWords(speaker, asItIs('14:12')),
    says: 'This request expired at 14:12. Nothing was allowed. Ask the agent to try again.',
  },
  { id: 'U8-2', words: changedWords(speaker), says: 'This request has changed. Nothing was allowed.' },
  {
    id: 'U8-3',
    words: alreadyDecidedWords(speaker, { time: asItIs('14:05'), outcome: asItIs('allowed once'), by: 'you' }),
    says: 'Already decided by you at 14:05 (allowed once).',
  },
  { id: 'U8-4', words: nothingHereWords(speaker), says: 'Nothing to review here.' },
];

test.each(results)('$id says: $says', ({ words, says }) => {
  const html = resultPage({ frame, ...words });
  expect(text(inner(html, 'main')).replace(/\s+/gu, ' ')).toContain(says);
  expect(inner(html, 'main')).toMatch(/role="(status|alert)"/u);
  expect(html).toContain('href="/inbox"');
});

const receipt = {
  frame,
  title: asItIs('Allowed once.'),
  message: asItIs('It may.'),
  status: 'allowed',
} as const;

test('U6-1 an automatic return is immediate and always also a link', () => {
  const onward = { url: 'https://agent.example/cb?code=a&state=b', label: asItIs('Return to Finance Agent') };
  const automatic = resultPage({ ...receipt, continueTo: { ...onward, automatic: true } });
  expect(automatic).toContain('<meta http-equiv="refresh" content="0;url=https://agent.example/cb?code=a&amp;state=b"');
  const waits = resultPage({ ...receipt, continueTo: { ...onward, automatic: false } });
  expect(waits).not.toContain('http-equiv="refresh"');
  for (const html of [automatic, waits])
    expect(text(inner(html, 'a', 'href="https://agent.example'))).toBe(onward.label);
});

test.each([
  'javascript:alert(1)',
  'JAVASCRIPT:alert(1)',
  'data:text/html,x',
  'blob:x',
  '//evil.example',
  '/\\evil.example',
])('never leads to %s', (url) => {
  expect(followable(url)).toBeUndefined();
  const html = resultPage({ ...receipt, continueTo: { url, label: asItIs('Return'), automatic: true } });
  expect(html).not.toContain('http-equiv="refresh"');
  expect(html).not.toContain('>Return<');
});

test.each(['https://agent.example/cb', 'http://127.0.0.1:4321/cb', 'com.example.app:/cb', '/inbox'])(
  'leads to %s',
  (url) => expect(followable(url)).toBe(url),
);

test('the optional reasons after a denial are four buttons', () => {
  const html = account.denied ?? '';
  expect(tags(html, 'button').flatMap((tag) => /name="reason" value="(\w+)"/u.exec(tag)?.[1] ?? [])).toEqual([
    'details_wrong',
    'too_much',
    'not_now',
    'not_me',
  ]);
});

test('U7 the inbox lists in the order given and decides nothing', () => {
  const html = inboxPage(inbox);
  expect([...html.matchAll(/class="waiting-link" href="([^"]+)"/gu)].map(([, href]) => href)).toEqual([
    '/r/req_1',
    '/r/req_2',
  ]);
  expect(inner(html, 'main')).not.toMatch(/<form|<button/u);
  expect(text(inner(html, 'h2', 'id="waiting"'))).toBe('Waiting for you (2)');
});

test('U9-2 stopping a task, an agent or everything is one button; U9-3 its sentence is the one approved', () => {
  const html = myAgentsPage(myAgents);
  const actions = tags(html, 'form').map((tag) => /action="([^"]+)"/u.exec(tag)?.[1]);
  expect(actions).toEqual(
    expect.arrayContaining(['/agents/stop', '/agents/agt_meeting/pause', '/tasks/tsk_1/stop', '/tasks/tsk_2/stop']),
  );
  expect(html).toContain('<span>May <bdi>read your calendar for 24–28 Nov</bdi></span>');
  expect(tags(inner(html, 'form', 'action="/tasks/tsk_1/stop"'), 'input')).toHaveLength(1);
});

test('U9 what was used as often as it may be is not said to be allowed now', () => {
  const [first, ...others] = myAgents.agents;
  const [task] = first?.tasks ?? [];
  if (!first || !task) throw new Error('no task');
  const used = { ...first, tasks: [{ ...task, uses: { done: 1, most: 1 } }] };
  const html = text(myAgentsPage({ ...myAgents, agents: [used, ...others] }));
  expect(html).toContain(`Used up: ${task.sentence}`);
  expect(html).not.toContain(`May ${task.sentence}`);
});

test('resuming an agent takes its name, typed (D12)', () => {
  const form = inner(myAgentsPage(myAgents), 'form', 'action="/agents/agt_web/resume"');
  expect(text(inner(form, 'label'))).toBe('Type Web Researcher to resume');
  expect(tags(form, 'input').find((tag) => tag.includes('name="confirmation"'))).toContain('required');
});

test('an error page says what to do and how to be found, for visitors nobody knows', () => {
  const html = errorPage({
    frame: { speaker, organizationName: 'Countersign' },
    title: asItIs('Too many tries'),
    message: asItIs('Wait a minute.'),
    nextStep: asItIs('Try again at 14:20.'),
    requestId: 'http_1',
  });
  expect(text(inner(html, 'title'))).toBe('Error: Too many tries · Countersign');
  expect(text(html)).toContain('http_1');
  expect(html).not.toContain('<nav');
});

test.each([
  ['  a \n b ', 'a b'],
  ['\u{2066}x\u{2069}', '\u{fffd}x\u{fffd}'],
  ['日本語 العربية', '日本語 العربية'],
])('visible(%j) is %j', (given, shown) => expect(visible(given)).toBe(shown));

test('§11.1, 3.3.1: what is wrong with how one is told leads to its fields, which say so themselves', () => {
  const html = everyPage.notifications ?? '';
  const links = [...inner(html, 'div', 'role="alert"').matchAll(/href="#([^"]+)"/gu)].map(([, id]) => id);
  expect(links).toEqual(['quiet_from', 'deputy']);
  for (const id of links) {
    const field = tags(html, 'input').find((input) => input.includes(` id="${id}"`)) ?? '';
    expect([id, field.includes('aria-invalid="true"'), /aria-describedby="([\w-]+)/u.test(field)]).toEqual([
      id,
      true,
      true,
    ]);
    expect(html).toContain(`id="${/aria-describedby="([\w-]+)/u.exec(field)?.[1]}"`);
  }
});
