import { agentPage } from '../../views/agent.tsx';
import { batchPage } from '../../views/batch.tsx';
import { confirmPage } from '../../views/confirm.tsx';
import { decisionPage } from '../../views/decision.tsx';
import { enrolPage } from '../../views/enrol.tsx';
import { errorPage } from '../../views/error.tsx';
import { homePage } from '../../views/home.tsx';
import { inboxPage } from '../../views/inbox.tsx';
import { myAgentsPage } from '../../views/my-agents.tsx';
import { contactPage, notificationsPage } from '../../views/notifications.tsx';
import { changePage, offerPage, ownedPage, reviewPage } from '../../views/owner.tsx';
import { quietPage } from '../../views/quiet.tsx';
import { receiptPage } from '../../views/receipt.tsx';
import { recoveryCodesPage, recoverySignInPage } from '../../views/recovery-codes.tsx';
import { reportPage } from '../../views/report.tsx';
import { allowedWords, deniedWords, expiredWords, quietWords, repeatOffer, resultPage } from '../../views/result.tsx';
import { securityPage } from '../../views/security.tsx';
import { signInPage } from '../../views/sign-in.tsx';
import { signInSettingsPage } from '../../views/sign-in-settings.tsx';
import { signedOutPage } from '../../views/signed-out.tsx';
import { EVENTS } from '../../views/words/agents.ts';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { COMPARED } from '../../views/words/compared.ts';
import { DECIDERS } from '../../views/words/deciders.ts';
import { DECISION } from '../../views/words/decision.ts';
import { ENTRANCE } from '../../views/words/entrance.ts';
import { ERRORS } from '../../views/words/errors.ts';
import { INBOX } from '../../views/words/inbox.ts';
import type { PageLanguage } from '../../views/words/language.ts';
import { NARROWING } from '../../views/words/narrowing.ts';
import { NOTIFICATIONS } from '../../views/words/notifications.ts';
import { RECEIPT } from '../../views/words/receipt.ts';
import { RECOVERY } from '../../views/words/recovery.ts';
import { OUTCOMES, RESULT } from '../../views/words/result.ts';
import { SECURITY } from '../../views/words/security.ts';
import { IMPACT } from '../../views/words/shell.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import { consolePagesIn } from './console-pages.ts';
import { samplesIn } from './samples.ts';

/** Names of others that stand on these pages beside those of the samples: the same in every language. */
export const NAMES = [
  'ada@acme.example',
  'Ada Lovelace',
  'lost the phone',
  'Chrome Android',
  'ntfy.sh',
  'ntfy',
  'Slack',
  'Teams',
  'Finance Agent',
  'Web Researcher',
  'Pays what is due',
  'Privacy',
  'Payments desk',
  'Tom Kehl',
  'anna@acme.example',
  'tom@acme.example',
  'UTC+1',
  'calendar',
  'refund EUR 4,200.00 to Nordwind GmbH',
  ...['Acme SSO', 'Priya N.', 'Tom K.', 'Lena S.', 'Room Finder', 'Finds a room', 'tools.example.com'],
  ...['Phone', 'hooks.slack.example', 'Slack', 'Teams', 'ntfy', 'UTC+2'],
  ...['calendar.events.read', 'calendar.events.export', 'redirect_uris'],
  'Acme Labs',
  ...['Amount', 'Invoice', 'INV-20991', 'EUR 310.00', 'EUR 4,200.00', 'EUR 5,000.00'],
  'Acme',
  'Anna Berg',
  'person@acme.example',
  'trips.example.com',
  'Trip Planner',
];

/** Every page, in this language. */
export function pagesIn(language: PageLanguage) {
  const speaker = speakerOf(language);
  const { say } = speaker;
  const {
    deleteRepository,
    exportContacts,
    frame,
    inbox,
    myAgents,
    oneAgent,
    readCalendar,
    refund,
    refundChosen,
    refundLookAlike,
    refundNarrowed,
    sendInvitations,
    severalActions,
    owning,
  } = samplesIn(language);
  const visitor = { speaker, organizationName: 'Acme', returnTo: '/login' };
  const confirming = {
    frame,
    csrf: 'csrf-value',
    action: '/r/req_8f2k',
    requestHash: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
    screen: 'scr_2',
    readScreen: 'scr_1',
    decisionHash: 'CgFh0TxsrC4Is0V1sFbDwCggn4bQgYhMfWWaL-qgxVr',
    agentName: 'Finance Agent',
    headline: refund.headline,
    impact: 'high' as const,
    impactLine: refund.impactLine,
    impactSymbol: '▲',
    duration: say(CEREMONY.onceUntil, { time: '14:12' }),
    approvals: undefined,
    inInbox: true,
  };

  const [, , webResearcher] = myAgents.agents;
  if (webResearcher === undefined) throw new Error('the sample has a third agent');
  const muted = {
    ...webResearcher,
    paused: false,
    mutedUntil: '30/11/2026',
    unmuteAction: '/agents/agt_web/unmute',
  };

  /** Pages in which a person decides. */
  const decisions: Record<string, string> = {
    'read-calendar': decisionPage(readCalendar),
    'send-invitations': decisionPage(sendInvitations),
    'export-contacts': decisionPage(exportContacts),
    refund: decisionPage(refund),
    'delete-repository': decisionPage(deleteRepository),
    'self-registered': decisionPage({
      ...readCalendar,
      agentName: 'Trip Planner',
      warnUnverified: 'trips.example.com',
      who: {
        ...readCalendar.who,
        registered: say(DECISION.unverifiedShort, { host: 'trips.example.com' }),
        firstRequest: true,
      },
    }),
  };

  /** Longer decisions, and those that were sent back. */
  const variants: Record<string, string> = {
    'several-actions': decisionPage(severalActions),
    'number-wrong': decisionPage({ ...exportContacts, number: { wrong: true } }),
    'amount-wrong': decisionPage({
      ...refund,
      criticalValue: { ...refund.criticalValue, wrong: true } as never,
    }),
    'amount-chosen': decisionPage(refundChosen),
    'passkey-missing': decisionPage({
      ...refund,
      cannotApprove: {
        words: say(CEREMONY.noPasskey),
        link: { href: '/settings/security?return_to=%2Fr%2Freq_8f2k', label: say(CEREMONY.addPasskey) },
      },
    }),
    'ask-for-approval': decisionPage({
      ...exportContacts,
      number: undefined,
      durations: [],
      asking: {
        only: say(DECIDERS.only, { group: 'Acme Labs' }),
        who: say(DECIDERS.willBeAsked, { count: 2, people: 'Lena S., Priya N., Tom K.' }),
        policy: say(DECIDERS.byPolicy, { policy: 'Acme' }),
        passes: say(DECIDERS.passes, { what: 'calendar' }),
      },
    }),
    'for-another': decisionPage({
      ...refund,
      because: asItIs(
        `${say(DECIDERS.asOne, { person: 'Anna Berg', group: 'Acme Labs', count: 2 })} ${say(DECIDERS.byPolicy, { policy: 'Acme' })}`,
      ),
      approvals: say(CEREMONY.firstApproval, { person: 'Lena S.', time: '14:01' }),
      compared: {
        person: 'Anna Berg',
        last: {
          outcome: say(COMPARED.allowedOnce, { count: 2 }),
          time: speaker.clock(new Date('2026-11-12T14:01:00Z'), 'UTC', new Date('2026-11-26T14:01:00Z')),
          wasAllowed: true,
          differences: {
            values: [
              { label: 'Amount', before: 'EUR 310.00', after: 'EUR 4,200.00' },
              { label: 'Invoice', before: undefined, after: 'INV-20991' },
            ],
            added: [],
            left: [],
          },
        },
        narrowed: {
          person: 'Lena S.',
          differences: {
            values: [{ label: 'Amount', before: 'EUR 5,000.00', after: 'EUR 4,200.00' }],
            added: [],
            left: [],
          },
        },
      },
    }),
    'look-alike': decisionPage(refundLookAlike),
    'narrowing-wrong': decisionPage({ ...refundNarrowed, error: say(NARROWING.notNarrower) }),
    'choice-unread': decisionPage({ ...readCalendar, error: say(DECISION.unread), unread: true }),
    'choice-missing': decisionPage({ ...severalActions, error: say(DECISION.nothingChosen) }),
  };

  const notAnnounced = say(NOTIFICATIONS.quietSince, {
    agent: 'Web Researcher',
    because: say(NOTIFICATIONS.because.ten_minutes),
    count: 4,
  });

  /** Pages of a person who is signed in. */
  const account: Record<string, string> = {
    inbox: inboxPage({ ...inbox, frame: { ...frame, zone: asItIs('UTC+1') } }),
    'inbox-together': inboxPage({
      ...inbox,
      together: [{ href: '/inbox/batch', label: say(INBOX.together, { agent: 'Meeting Helper', count: 3 }) }],
      quiet: [{ sentence: notAnnounced, href: '/inbox/quiet?agent=agt_1&because=ten_minutes' }],
    }),
    'inbox-quiet': quietPage({
      frame,
      sentence: notAnnounced,
      requests: [OUTCOMES.waiting, OUTCOMES.expired, OUTCOMES.denied, OUTCOMES.allowedOnce].map((outcome, index) => ({
        text: `Web Researcher: ${inbox.waiting[1]?.headline}`,
        at: `14:0${7 - 2 * index}`,
        outcome: say(outcome),
        href: `/receipts/apr_${index}`,
      })),
    }),
    batch: batchPage({
      frame,
      csrf: 'csrf',
      agentName: 'Meeting Helper',
      allReads: true,
      rows: inbox.waiting.map(({ headline }, index) => ({
        id: `apr_${index}`,
        requestHash: 'hash',
        sentence: headline,
        impactLine: say(IMPACT.low),
        lasting: 'Once, within 10 minutes',
        until: '14:12',
      })),
    }),
    notifications: notificationsPage({
      frame,
      csrf: 'csrf',
      pushKey: 'key',
      devices: [{ id: 'dev_1', name: 'Chrome Android', added: '24/11/2026', reached: '14:02' }],
      email: 'anna@acme.example',
      targets: [{ id: 'trg_1', kind: 'ntfy', host: 'ntfy.sh' }],
      choices: {
        channels: ['push', 'email'],
        fallbackMinutes: 5,
        detail: 'minimal',
        quietFrom: '22:00',
        quietTo: '07:00',
        highBreaksQuiet: true,
        deputy: 'tom@acme.example',
        deputyMinutes: 30,
        receipts: true,
      },
      zone: 'UTC+1',
      agents: [{ id: 'agt_1', name: 'Finance Agent', since: '24/11/2026' }],
      groups: [
        { id: 'grp_1', name: 'Privacy', since: '24/11/2026', muted: false },
        { id: 'grp_2', name: 'Payments desk', since: '24/11/2026', muted: true },
      ],
      codeIsSet: true,
      error: say(NOTIFICATIONS.notSaved),
      problems: { quiet: say(NOTIFICATIONS.quietWrong), deputy: say(NOTIFICATIONS.deputyUnknown) },
    }),
    report: reportPage({
      frame,
      csrf: 'csrf',
      agentName: 'Meeting Helper',
      sentence: readCalendar.headline.map(({ text }) => text).join(''),
      action: '/r/req_8f2k',
      requestHash: 'hash',
      back: '/r/req_8f2k',
      requestId: 'req_8f2k',
    }),
    contact: contactPage({
      frame,
      csrf: 'csrf',
      agent: {
        id: 'agt_1',
        name: 'Finance Agent',
        purpose: 'Pays what is due',
        owner: 'Tom Kehl',
        mode: 'unattended',
      },
      registered: say(DECISION.registered),
      since: undefined,
      returnTo: '/r/apr_1',
    }),
    'inbox-empty': inboxPage({ frame, waiting: [], earlier: { allowed: 0, denied: 0, expired: 0 }, recent: [] }),
    agents: myAgentsPage(myAgents),
    'agents-none': myAgentsPage({ ...myAgents, agents: [], total: 0 }),
    'agents-sought': myAgentsPage({
      ...myAgents,
      agents: myAgents.agents.slice(0, 1),
      show: 'active',
      sought: 'calendar',
    }),
    agent: agentPage(oneAgent),
    'agents-muted': myAgentsPage({ ...myAgents, agents: [muted], total: 1 }),
    'agent-muted': agentPage({ ...oneAgent, agent: { ...oneAgent.agent, ...muted, tasks: [], lastUsed: '13:40' } }),
    allowed: resultPage({
      frame,
      ...allowedWords(speaker, {
        agentName: 'Finance Agent',
        once: true,
        task: 'refund EUR 4,200.00 to Nordwind GmbH',
        until: '14:12',
      }),
      receipt: [
        { label: say(DECISION.what), value: 'Refund invoice INV-20991 in full' },
        { label: say(DECISION.system), value: 'Stripe — account Acme GmbH (live)' },
      ],
      continueTo: {
        url: 'https://agent.example/callback?code=c',
        label: say(RESULT.returnTo, { agent: 'Finance Agent' }),
        automatic: false,
      },
      stop: { action: '/tasks/tsk_91c/stop', csrf: 'csrf-value', label: say(RESULT.stopNow) },
    }),
    'allowed-repeat': resultPage({
      frame,
      ...allowedWords(speaker, {
        agentName: 'Meeting Helper',
        once: true,
        task: readCalendar.headline.map(({ text }) => text).join(''),
        until: '14:12',
      }),
      receipt: [
        { label: say(DECISION.what), value: String(readCalendar.facts.what) },
        { label: say(DECISION.system), value: String(readCalendar.facts.system) },
      ],
      stop: { action: '/tasks/tsk_91c/stop', csrf: 'csrf-value', label: say(RESULT.stopNow) },
      repeat: {
        action: '/tasks/tsk_91c/repeat',
        csrf: 'csrf-value',
        ...repeatOffer(speaker, 3, { days: 7, uses: 20, daily: 5 }),
      },
    }),
    denied: resultPage({
      frame,
      ...deniedWords(speaker, 'Finance Agent'),
      detail: quietWords(speaker, 'Finance Agent', { because: 'recently_denied', time: '14:20 (UTC+1)' }),
      denyReasons: { action: '/r/req_8f2k/reason', csrf: 'csrf-value' },
    }),
    receipt: receiptPage({
      frame,
      csrf: 'csrf-value',
      id: 'apr_8f2k91c',
      agent: { id: 'agt_finance', name: 'Finance Agent' },
      sentence: 'refund EUR 4,200.00 to Nordwind GmbH',
      impact: 'high',
      outcome: say(OUTCOMES.allowedOnce),
      status: 'allowed',
      askedAt: `${speaker.clock(new Date('2026-11-24T13:01:00Z'), 'Europe/Berlin', new Date(0))} (UTC+1)`,
      decidedAt: '14:02',
      reason: undefined,
      proof: say(RECEIPT.byPasskey),
      seconds: 19,
      task: { alive: true, until: '14:12', uses: { done: 0, most: 1 }, stopAction: '/tasks/tsk_91c/stop' },
      screen: { erased: false, href: '/receipts/apr_8f2k91c/screen' },
      requestHash: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
      decision: '{\n  "verdict": "approve"\n}',
      decisionHash: 'CgFh0TxsrC4Is0V1sFbDwCggn4bQgYhMfWWaL-qgxVr',
      timeline: [
        {
          at: '14:06',
          text: say(EVENTS['redemption.reserved']),
          outcome: say(OUTCOMES.succeeded),
          reference: 're_3Q81c',
        },
        { at: '14:02', text: say(EVENTS['task.approved']) },
        { at: '14:01', text: say(EVENTS['request.received']) },
      ],
    }),
    'recovery-codes': recoveryCodesPage({
      frame,
      codes: [
        ...['7K3M-9QWX-2V8D-HT4N-5ZPB-CR6E', 'A1F0-J8GS-YM3K-Q7WD-X2VN-9H5T', '4BCE-6RZP-8D1K-T3MX-WQ9V-NH20'],
        ...['G5JA-F7S2-YX8M-D4KQ-1WVT-3HN9', 'ZP6B-CRE0-K9T7-M2XQ-4WDV-5HN8', 'F1JS-A8GY-Q3KM-7XWD-2VNT-H9Z5'],
        ...['P4BC-R6EZ-D8K1-3TMX-9QVW-0HN2', 'S2YX-J5AG-8F7M-4KQD-V1WT-N9H3', 'C0RE-ZP6B-7K9T-XQ2M-WD4V-H8N5'],
        'Y3KM-F1JS-8GAQ-WD7X-NT2V-5H9Z',
      ],
    }),
    passkeys: securityPage({
      frame,
      csrf: 'csrf-value',
      passkeys: [
        {
          id: 'crd_1',
          name: 'Phone',
          created: asItIs('13:58'),
          lastUsed: asItIs('14:02'),
          mayApproveFrom: undefined,
          kind: say(SECURITY.synced),
          removal: '{}',
        },
      ],
      add: {
        signInFirst: undefined,
        request: '{}',
        creation: '{}',
        wait: undefined,
        demonstration: false,
        deviceBound: true,
      },
      recoveries: [
        {
          id: 'rec_1',
          reason: 'lost the phone',
          askedBy: 'Ada Lovelace',
          askedAt: asItIs('13:40'),
          until: asItIs('13:40'),
        },
      ],
      sessions: [
        { reference: 'a1', isCurrent: true, how: 'Acme SSO', since: asItIs('09:12'), seen: asItIs('14:02') },
        {
          reference: 'b2',
          isCurrent: false,
          how: say(SECURITY.byPasskey),
          since: asItIs('08:01'),
          seen: asItIs('11:30'),
        },
      ],
      chooses: false,
      addFirst: false,
      codes: { left: 8, made: asItIs('13:58'), signInFirst: undefined, tooSoon: false },
    }),
    owned: ownedPage({ frame, csrf: 'csrf-value', ...owning, first: '/owned', next: '/owned?after=agt_9' }),
    offer: offerPage({ frame, csrf: 'csrf-value', offer: { ...owning.offers[0], madeAt: '14:02' } }),
    change: changePage({ frame, csrf: 'csrf-value', change: { ...owning.changes[0], askedAt: '14:02' } }),
    review: reviewPage({
      frame,
      csrf: 'csrf-value',
      agent: owning.agents[0],
      allowed: [
        { action: 'calendar.events.read', used: '13:58' },
        { action: 'calendar.events.export', used: undefined },
      ],
      anything: false,
      unused: ['calendar.events.export'],
    }),
    confirm: confirmPage({ ...confirming, by: { request: '{}' } }),
    'confirm-sign-in-again': confirmPage({ ...confirming, by: { providers: [{ id: 'idp_1', name: 'Acme SSO' }] } }),
    'confirm-signed-in': confirmPage({
      ...confirming,
      by: {
        signedIn: say(CEREMONY.signedInAgain, { provider: 'Acme SSO', time: '14:04' }),
        button: asItIs(refund.buttonLabel),
      },
    }),
    'how-you-sign-in': signInSettingsPage({
      frame,
      csrf: 'csrf-value',
      accounts: [{ id: 'idp_1', name: 'Acme SSO', since: '09:12', signsIn: true }],
      providers: [{ id: 'idp_2', name: 'Acme Labs' }],
    }),
    expired: resultPage({ frame, ...expiredWords(speaker, asItIs('14:12')) }),
  };

  /** Pages of somebody who is not. */
  const entrance: Record<string, string> = {
    'recovery-code': recoverySignInPage({
      frame: { speaker, organizationName: 'Acme' },
      csrf: 'csrf-value',
      error: say(RECOVERY.notRight),
      email: 'ada@acme.example',
    }),
    'sign-in': signInPage({ frame: visitor, csrf: 'csrf-value', action: '/sign-in', host: 'access.acme.example' }),
    'sign-in-refused': signInPage({
      frame: visitor,
      csrf: 'csrf-value',
      action: '/sign-in',
      host: 'access.acme.example',
      error: say(ENTRANCE.notRight),
      email: 'person@acme.example',
    }),
    home: homePage({
      frame: visitor,
      signInUrl: '/sign-in',
      documents: [
        { href: '/.well-known/openid-configuration', label: say(ENTRANCE.openidConfiguration) },
        { href: '/.well-known/oauth-authorization-server', label: say(ENTRANCE.serverMetadata) },
      ],
    }),
    enrol: enrolPage({ frame: visitor, csrf: 'csrf-value', action: '/enrol', fields: {} }),
    'signed-out': signedOutPage({ frame: visitor, signInUrl: '/sign-in' }),
    error: errorPage({
      frame: visitor,
      title: say(ERRORS.requestEnds),
      message: say(ERRORS.requestEndsMeans),
      nextStep: say(ERRORS.requestEndsNext),
      forBuilder: 'redirect_uri is missing (invalid_request)',
      requestId: 'http_5k2m',
    }),
  };

  const console = consolePagesIn(language);
  return {
    decisions,
    variants,
    account,
    entrance,
    console,
    everyPage: { ...decisions, ...variants, ...account, ...entrance, ...console },
  };
}

export const { decisions, variants, account, entrance, everyPage } = pagesIn('en');
