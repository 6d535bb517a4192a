import { agentPage } from '../../views/agent.tsx';
import { batchPage } from '../../views/batch.tsx';
import { confirmPage } from '../../views/confirm.tsx';
import { decisionPage } from '../../views/decision.tsx';
import { inboxPage } from '../../views/inbox.tsx';
import { myAgentsPage } from '../../views/my-agents.tsx';
import { contactPage } from '../../views/notifications.tsx';
import { receiptPage } from '../../views/receipt.tsx';
import { allowedWords, blockedWords, deniedWords, resultPage } from '../../views/result.tsx';
import type { PageLanguage } from '../../views/words/language.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import { samplesIn } from './samples.ts';

/** What a server lets through as a value or a name, and what it may be meant to do. */
export const HOSTILE = [
  { name: 'markup', words: '</bdi></h1><img src=x onerror=alert(1)><h1>Approved' },
  { name: 'entities', words: '&lt;b&gt;&#8238;&nbsp;&copy' },
  { name: 'a borrowed seal', words: '✅ Approved by Security ✓' },
  { name: 'a Hebrew name with a number', words: 'נורדווינד 5' },
  { name: 'an Arabic name that begins with one', words: '12 فاتورة' },
  { name: 'a word without an end', words: 'W'.repeat(60) },
  { name: 'a word as long as a line is wide', words: 'W'.repeat(16) },
  { name: 'the widest characters there are', words: '﷽'.repeat(16) },
  { name: 'dashes as long as three', words: '⸻'.repeat(16) },
  { name: 'sixty ideographs', words: '漢'.repeat(60) },
  { name: 'four marks on each letter', words: 'Z\u{310}\u{30d}\u{310}\u{30d}'.repeat(8) },
  { name: 'an address', words: 'https://evil.example/approve?x=1#y' },
  { name: 'the end of a quotation', words: '”, free of charge, Fri 27 Nov 10:00' },
  { name: 'an amount', words: 'EUR 0.01 · Low impact' },
  { name: 'a digit sixty times', words: '1'.repeat(60) },
] as const;

/** Every page that shows what an agent is called or asks for, with these words in each place for it. */
export function hostilePages(words: string, language: PageLanguage = 'en'): Record<string, string> {
  const { frame, readCalendar, myAgents, oneAgent, inbox } = samplesIn(language);
  const speaker = speakerOf(language);
  const headline = [
    { text: 'invite 6 people to “', critical: false },
    { text: words, value: true, critical: true },
    { text: '”, ', critical: false },
    { text: '26 Nov 10:00', value: true, critical: true },
  ];
  // As it stands in a row of a list or in a mail: one text.
  const sentence = headline.map(({ text }) => text).join('');
  const fact = [
    { text: 'For ', critical: false },
    { text: words, value: true, critical: false },
    { text: ', 2026', critical: false },
  ];
  const stated = [
    { text: words, value: true, critical: false, stated: true },
    { text: ', 2026', critical: false },
  ];
  const [agent = oneAgent.agent as never] = myAgents.agents;
  const named = {
    ...agent,
    name: words,
    owner: words,
    purpose: words,
    recent: [],
    tasks: agent.tasks.map((task) => ({ ...task, sentence })),
  };
  const csrf = 'csrf-value';
  return {
    decision: decisionPage({
      ...readCalendar,
      agentName: words,
      headline,
      facts: { ...readCalendar.facts, what: fact, system: fact, data: stated },
      stated: { by: ['Acme CRM'], unanswered: [] },
      agentWords: words,
      reference: words,
      lookAlikes: [words],
      warnUnverified: words,
      who: { ...readCalendar.who, owner: words, chain: ['Anna Berg', words], application: words, mayHandTo: [words] },
      values: [{ label: 'Title', text: words }],
      exactRequest: JSON.stringify({ title: words }, null, 2),
      compared: {
        person: words,
        last: {
          outcome: asItIs('allowed'),
          time: asItIs('14:01'),
          wasAllowed: true,
          differences: {
            values: [
              { label: 'Title', about: words, before: words, after: 'Lunch' },
              { label: 'Title', before: undefined, after: words },
            ],
            added: [words],
            left: [words],
          },
        },
        narrowed: { person: words, differences: { values: [], added: [], left: [words] } },
      },
    }),
    confirm: confirmPage({
      frame,
      csrf,
      action: '/r/req_1',
      requestHash: 'hash',
      screen: 'scr_2',
      readScreen: 'scr_1',
      decisionHash: 'hash',
      agentName: words,
      headline,
      impact: 'high',
      impactLine: readCalendar.impactLine,
      impactSymbol: '▲',
      duration: asItIs('14:12'),
      approvals: undefined,
      inInbox: true,
      by: { request: '{}' },
    }),
    inbox: inboxPage({
      ...inbox,
      waiting: inbox.waiting.map((one) => ({ ...one, agentName: words, headline: sentence })),
      recent: inbox.recent.map((one) => ({ ...one, text: `${words}: ${sentence}` })),
    }),
    batch: batchPage({
      frame,
      csrf,
      agentName: words,
      allReads: true,
      rows: [0, 1].map((index) => ({
        id: `apr_${index}`,
        requestHash: 'hash',
        sentence,
        impactLine: readCalendar.impactLine,
        lasting: 'Once',
        until: '14:12',
      })),
    }),
    allowed: resultPage({
      frame,
      ...allowedWords(speaker, { agentName: words, once: true, task: sentence, until: '14:12' }),
      stop: { action: '/tasks/tsk_1/stop', csrf, label: asItIs('Stop') },
      continueTo: { url: '/inbox', label: asItIs(`← ${words}`), automatic: false },
    }),
    denied: resultPage({ frame, ...deniedWords(speaker, words), denyReasons: { action: '/r/req_1/reason', csrf } }),
    blocked: resultPage({ frame, ...blockedWords(speaker, words) }),
    receipt: receiptPage({
      frame,
      csrf,
      id: 'apr_1',
      agent: { id: 'agt_1', name: words },
      sentence,
      impact: 'high',
      outcome: asItIs('14:02'),
      status: 'allowed',
      askedAt: '14:01',
      decidedAt: '14:02',
      reason: undefined,
      proof: undefined,
      seconds: 19,
      task: undefined,
      screen: { erased: true },
      requestHash: 'hash',
      decision: JSON.stringify({ title: words }),
      decisionHash: 'hash',
      timeline: [{ at: '14:01', text: `${sentence}`, outcome: asItIs('14:02') }],
    } as never),
    agents: myAgentsPage({ ...myAgents, agents: [named] }),
    agent: agentPage({
      ...oneAgent,
      agent: { ...oneAgent.agent, ...named, mayHandTo: [words] },
      timeline: [{ at: '14:05', text: sentence, outcome: asItIs('14:02'), href: '/receipts/apr_1' }],
    }),
    contact: contactPage({
      frame,
      csrf,
      agent: { id: 'agt_1', name: words, purpose: words, owner: words, mode: 'unattended' },
      registered: asItIs('14:01'),
      since: undefined,
      returnTo: '/r/apr_1',
    }),
  };
}

/**
 * What these words do to a page beside being read: anything drawn that is not text, anything left of where it was, and
 * anything that a calm word in their place would not have.
 */
export const harmDone = (words: string, calm: string) => `() => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  const [words, calm] = ${JSON.stringify([words, calm])};
  const harm = [];
  const over = document.documentElement.scrollWidth - innerWidth;
  if (over > 0) harm.push('wider by ' + over);
  if (document.querySelector('main img, main [onerror], main script')) harm.push('markup');
  if (document.querySelectorAll('h1').length !== 1) harm.push('headings');
  for (const button of document.querySelectorAll('.buttons button')) {
    const { left, right, height } = button.getBoundingClientRect();
    if (left < 0 || right > innerWidth || height < 44) harm.push('a button');
  }
  const nodes = [];
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  let text = '';
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    nodes.push([text.length, node]);
    text += node.data;
  }
  const place = (index) => {
    const [start, node] = nodes.findLast(([start]) => start <= index);
    const range = document.createRange();
    range.setStart(node, index - start);
    range.setEnd(node, index - start + 1);
    return [range.getClientRects()[0], node];
  };
  const block = (node) => {
    let at = node.parentElement;
    while (getComputedStyle(at).display.startsWith('inline')) at = at.parentElement;
    return at;
  };
  let count = 0;
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + words.length)) {
    count++;
    const inside = Array.from({ length: words.length }, (_, index) => place(at + index)).filter(([rect]) => rect?.width > 0);
    const [[, own]] = inside;
    const lines = (rect) => (other) => Math.abs(rect.top + rect.height / 2 - other.top - other.height / 2) < rect.height / 2;
    // What is read before them stands left of them, and what is read after them to their right, on every line they share.
    for (const [step, begin] of [[-1, at - 1], [1, at + words.length]]) {
      for (let index = begin; index >= 0 && index < text.length && Math.abs(index - begin) < 12; index += step) {
        const [rect, node] = place(index);
        if (block(node) !== block(own)) break;
        // A quotation runs its own way.
        if (getComputedStyle(block(own)).direction !== 'ltr') break;
        if (!(rect?.width > 0) || text[index].trim() === '') continue;
        for (const [other] of inside.filter(([other]) => lines(rect)(other))) {
          const apart = step === -1 ? other.left - rect.left : rect.right - other.right;
          if (apart < -1) {
            harm.push('out of order: ' + text.slice(Math.max(0, at - 20), at + words.length + 20).replace(words, '…'));
            break;
          }
        }
        if (harm.at(-1)?.startsWith('out of order')) break;
      }
    }
  }
  if (count === 0) harm.push('shown nowhere');
  if (document.querySelector('main').textContent.replaceAll(words, 'calm') !== calm) harm.push('other words');
  return [...new Set(harm)];
}`;
