import type { AgentPage } from '../../views/agent.tsx';
import type { DecisionPage } from '../../views/decision.tsx';
import type { InboxPage } from '../../views/inbox.tsx';
import type { Frame } from '../../views/layout.tsx';
import type { MyAgentsPage } from '../../views/my-agents.tsx';
import { AGENT_STATES, AGENTS } from '../../views/words/agents.ts';
import { CEREMONY } from '../../views/words/ceremony.ts';
import { DECISION } from '../../views/words/decision.ts';
import type { PageLanguage } from '../../views/words/language.ts';
import { NARROWING } from '../../views/words/narrowing.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';

/** The five tasks of the interface's specification (§7) and what hangs on them, as the pages receive them. */
export function samplesIn(language: PageLanguage) {
  const speaker = speakerOf(language);
  const { say } = speaker;
  /** What a catalogue says in the reader's language, where a picture shows it. */
  const inGerman = <Sample>(english: Sample, german: Sample): Sample => (language === 'de' ? german : english);
  const frame: Frame = {
    speaker,
    organizationName: 'Acme',
    person: { name: 'Anna Berg', email: 'person@acme.example' },
    csrf: 'csrf-value',
    requestId: 'http_5k2m',
    returnTo: '/inbox',
  };

  const asker = {
    agentId: 'agt_meeting',
    owner: 'Priya N.',
    environment: 'production' as const,
    registered: say(DECISION.registered),
    firstRequest: false,
    allowedBefore: 14,
    chain: ['Anna Berg', 'Meeting Helper'],
    application: 'Acme Chat',
    mayHandTo: [],
  };

  const once = { value: 'once', label: inGerman('Once', 'Einmal'), checked: true };

  /** T1, low impact, in the browser. */
  const readCalendar: DecisionPage = {
    frame: { ...frame, reportUrl: '/r/req_8f2k/report' },
    csrf: 'csrf-value',
    action: '/r/req_8f2k',
    requestHash: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
    requestId: 'req_8f2k',
    screen: 'scr_1',
    agentName: 'Meeting Helper',
    headline: inGerman(
      [
        { text: 'read your calendar for ', critical: false },
        { text: '24–28 Nov', value: true, critical: true },
      ],
      [
        { text: 'Ihren Kalender lesen, ', critical: false },
        { text: '24.–28. Nov.', critical: true },
      ],
    ),
    impact: 'low',
    impactSymbol: '○',
    impactLine: inGerman('Reads only · Low impact', 'Liest nur · Geringe Auswirkung'),
    facts: inGerman(
      {
        what: 'Read event titles, times and attendees',
        system: 'Google Calendar — anna@acme.example',
        data: 'Your main calendar, 24–28 Nov 2026 only',
        changes: 'Nothing. It cannot create, change or send',
        impact: 'It will see who you meet and when',
        duration: 'Your choice below',
      },
      {
        what: 'Titel, Zeiten und Teilnehmer von Terminen lesen',
        system: 'Google Kalender, anna@acme.example',
        data: 'Ihr Hauptkalender, nur 24.–28. Nov. 2026',
        changes: 'Nichts. Kein Anlegen, Ändern oder Senden',
        impact: 'Sichtbar wird, wen Sie wann treffen',
        duration: 'Ihre Wahl unten',
      },
    ),
    agentWords: inGerman('Find a free hour for the Q1 review.', 'Finde eine freie Stunde für das Q1-Review.'),
    narrowing: [
      {
        fields: [
          {
            kind: 'date',
            name: 'narrow_0_from',
            label: asItIs('From'),
            value: '2026-11-24',
            min: '2026-11-24',
            max: '2026-11-28',
          },
          {
            kind: 'date',
            name: 'narrow_0_to',
            label: asItIs('To'),
            value: '2026-11-28',
            min: '2026-11-24',
            max: '2026-11-28',
          },
        ],
      },
    ],
    durations: [
      once,
      { value: 'PT1H', label: inGerman('1 hour', '1 Stunde'), checked: false },
      { value: 'today', label: inGerman('Today', 'Heute'), checked: false },
    ],
    who: asker,
    exactRequest: JSON.stringify(
      [
        {
          type: 'calendar.events.read',
          locations: ['https://calendar.acme.example'],
          from: '2026-11-24',
          to: '2026-11-28',
        },
      ],
      null,
      2,
    ),
    hashPrefix: 'n4bQgYhMfWWa',
    askedAt: '14:02',
    expiresAt: '14:12 (UTC+2)',
    buttonLabel: inGerman('Allow reading', 'Lesen erlauben'),
  };

  /** T2, medium impact, with a sub-agent. */
  const sendInvitations: DecisionPage = {
    ...readCalendar,
    headline: [
      { text: 'invite ', critical: false },
      { text: '6 people', critical: true },
      { text: ' to ', critical: false },
      { text: '“Q1 review”', critical: true },
      { text: ', ', critical: false },
      { text: 'Thu 26 Nov 10:00', critical: true },
    ],
    impact: 'medium',
    impactSymbol: '◐',
    impactLine: 'Sends messages · Medium impact · Can be cancelled',
    facts: {
      what: 'Create one event and e-mail 6 guests',
      system: 'Google Calendar — anna@acme.example',
      data: 'Guests: 6, all at Acme',
      changes: 'Yes — one event, 6 e-mails in your name',
      impact: 'Guests see your name as sender',
      duration: 'Once, within 10 minutes',
    },
    narrowing: [
      {
        fields: [
          {
            kind: 'members',
            label: say(NARROWING.leaveOut, { label: 'Guests' }),
            members: [
              { name: 'narrow_0_guests_0', text: 'anna@acme.example' },
              { name: 'narrow_0_guests_1', text: 'ben@acme.example' },
            ],
          },
        ],
      },
    ],
    durations: [once],
    who: { ...asker, mayHandTo: ['Invitation Worker'] },
    buttonLabel: 'Send invitations',
  };

  /** T3, high impact, from behind: the person types the number shown where the task was started. */
  const exportContacts: DecisionPage = {
    ...readCalendar,
    agentName: 'Finance Agent',
    headline: [
      { text: 'export ', critical: false },
      { text: '1,240 CRM contacts', critical: true },
    ],
    impact: 'high',
    impactSymbol: '▲',
    impactLine: 'Copies personal data out · High impact · Cannot be recalled',
    facts: {
      what: 'Export contacts tagged “Lead 2026” as CSV',
      system: 'HubSpot — portal Acme EMEA',
      data: 'Names, work e-mails, phone numbers (1,240 people)',
      changes: 'Nothing in HubSpot; makes a copy elsewhere',
      impact: 'Personal data leaves HubSpot to Acme Drive',
      duration: 'Once, within 10 minutes',
    },
    agentWords: undefined,
    reference: 'Lead-export-26',
    narrowing: undefined,
    durations: [once],
    number: { wrong: false },
    origin: say(DECISION.askedAt, { agent: 'Finance Agent', time: '14:01' }),
    who: { ...asker, agentId: 'agt_finance', owner: 'Tom K.', chain: ['Anna Berg', 'Finance Agent'] },
    buttonLabel: 'Approve export',
  };

  /** T4, high impact: the person types the amount. */
  const refund: DecisionPage = {
    ...exportContacts,
    headline: inGerman(
      [
        { text: 'refund ', critical: false },
        { text: 'EUR 4,200.00', critical: true },
        { text: ' to ', critical: false },
        { text: 'Nordwind GmbH', critical: true },
      ],
      [
        { text: '4.200,00 EUR', critical: true },
        { text: ' an die ', critical: false },
        { text: 'Nordwind GmbH', critical: true },
        { text: ' erstatten', critical: false },
      ],
    ),
    impactLine: inGerman(
      'Moves money · High impact · Cannot be undone here',
      'Bewegt Geld · Hohe Auswirkung · Hier nicht umkehrbar',
    ),
    facts: inGerman(
      {
        what: 'Refund invoice INV-20991 in full',
        system: 'Stripe — account Acme GmbH (live)',
        data: 'Payment pi_3Q…81c, card ending 4242',
        changes: 'Yes — one refund is created',
        impact: 'EUR 4,200.00 leaves Acme. Your limit: EUR 5,000',
        duration: 'Once, within 10 minutes. No repeat',
      },
      {
        what: 'Rechnung INV-20991 vollständig erstatten',
        system: 'Stripe, Konto Acme GmbH (live)',
        data: 'Zahlung pi_3Q…81c, Karte endet auf 4242',
        changes: 'Ja, eine Erstattung wird angelegt',
        impact: '4.200,00 EUR verlassen Acme. Ihre Grenze: 5.000 EUR',
        duration: 'Einmal, innerhalb von 10 Minuten',
      },
    ),
    agentWords: inGerman('Customer returned the order.', 'Der Kunde hat die Bestellung zurückgeschickt.'),
    reference: undefined,
    number: undefined,
    origin: undefined,
    criticalValue: {
      label: say(CEREMONY.typeIt, { label: inGerman('Amount', 'Betrag') }),
      hint: say(CEREMONY.asAbove),
      wrong: false,
    },
    buttonLabel: inGerman('Approve refund', 'Erstattung freigeben'),
  };

  /** The same for whoever chooses the amount instead of typing it. */
  const refundChosen: DecisionPage = {
    ...refund,
    criticalValue: {
      label: say(CEREMONY.chooseIt, { label: inGerman('Amount', 'Betrag') }),
      hint: say(CEREMONY.asAbove),
      wrong: false,
      choices: ['EUR 4,700.00', 'EUR 4,200.00', 'EUR 9,200.00'],
    },
  };

  /** A payee whose name is not what it looks like: its o is Cyrillic. */
  const refundLookAlike: DecisionPage = {
    ...refund,
    headline: refund.headline.map((part) =>
      part.text === 'Nordwind GmbH' ? { ...part, text: 'Nоrdwind GmbH' } : part,
    ),
    lookAlikes: ['Nоrdwind'],
  };

  /** More than was asked for, and nothing left of a list. */
  const refundNarrowed: DecisionPage = {
    ...refund,
    narrowing: [
      {
        open: true,
        fields: [
          {
            kind: 'typed',
            name: 'narrow_0_amount',
            label: say(NARROWING.atMost, { label: inGerman('Amount', 'Betrag'), currency: 'EUR' }),
            value: inGerman('42,000.00', '42.000,00'),
            problem: say(NARROWING.notThisAmount, { most: inGerman('EUR 4,200.00', '4.200,00 EUR') }),
          },
          {
            kind: 'members',
            label: say(NARROWING.leaveOut, { label: inGerman('Items', 'Posten') }),
            members: [
              { name: 'narrow_0_lines_0', text: 'INV-20991/1', checked: true },
              { name: 'narrow_0_lines_1', text: 'INV-20991/2', checked: true },
            ],
            problem: say(NARROWING.tooFewLeft),
          },
        ],
      },
    ],
  };

  /** T5, critical impact, by an agent that registered itself. */
  const deleteRepository: DecisionPage = {
    ...refund,
    agentName: 'DevOps Bot',
    headline: [
      { text: 'delete the repository ', critical: false },
      { text: 'acme/billing', critical: true },
    ],
    impact: 'critical',
    impactSymbol: '▲▲',
    impactLine: 'Deletes data · Critical impact · Cannot be undone',
    facts: {
      what: 'Delete the repository with issues and pull requests',
      system: 'GitHub — organization acme',
      data: '1,912 commits, 48 open issues, 3 years',
      changes: 'Yes — everything in it is removed',
      impact: 'Builds and deployments of “billing” will stop',
      duration: 'Once, within 10 minutes after both approvals',
    },
    agentWords: undefined,
    instead: {
      headline: [
        { text: 'archive the repository ', critical: false },
        { text: 'acme/billing', critical: true },
      ],
      impactLine: 'Locks a repository · Medium impact · Can be undone',
      impactSymbol: '◐',
      taskLanguage: undefined,
    },
    criticalValue: { label: asItIs('Type the name of the repository'), hint: asItIs('As shown above'), wrong: false },
    buttonLabel: 'Approve deletion',
  };

  const severalActions: DecisionPage = {
    ...readCalendar,
    headline: [{ text: 'do 2 things in your calendar', critical: false }],
    impact: 'medium',
    impactSymbol: '◐',
    impactLine: 'Reads and sends · Medium impact · Can be cancelled',
    actions: [
      {
        index: 0,
        sentence: 'Read your calendar for 24–28 Nov',
        impactLine: 'Reads only · Low impact',
        impact: 'low',
        preselected: true,
      },
      {
        index: 1,
        sentence: 'Invite 6 people to “Q1 review”',
        impactLine: 'Sends messages · Medium impact',
        impact: 'medium',
        preselected: true,
      },
    ],
    buttonLabel: 'Allow what I chose',
  };

  const inbox: InboxPage = {
    frame,
    waiting: [
      {
        href: '/r/req_1',
        agentName: 'Finance Agent',
        headline: 'refund EUR 4,200.00 to Nordwind GmbH',
        impact: 'high',
        impactSymbol: '▲',
        expiresAt: '14:12',
      },
      {
        href: '/r/req_2',
        agentName: 'Meeting Helper',
        headline: 'read your calendar for 24–28 Nov',
        impact: 'low',
        impactSymbol: '○',
        expiresAt: '14:30',
      },
    ],
    notified: true,
    earlier: { allowed: 3, denied: 1, expired: 1 },
    recent: [
      { at: '13:40', text: 'Meeting Helper: read your calendar for 17–21 Nov', outcome: say(OUTCOMES.allowedOnce) },
      { at: '11:05', text: 'Web Researcher: export 80 CRM contacts', outcome: say(OUTCOMES.denied) },
    ],
  };

  const myAgents: MyAgentsPage = {
    frame,
    csrf: 'csrf-value',
    stopAll: '/agents/stop',
    total: 3,
    show: 'all',
    sought: '',
    agents: [
      {
        id: 'agt_meeting',
        name: 'Meeting Helper',
        owner: 'Priya N.',
        purpose: 'Finds times and prepares meetings',
        lastUsed: '12 minutes ago',
        status: say(AGENT_STATES.active),
        asked: { count: 14, denied: 2 },
        stopAction: '/agents/agt_any/stop',
        paused: false,
        pauseAction: '/agents/agt_meeting/pause',
        resumeAction: '/agents/agt_meeting/resume',
        tasks: [
          {
            id: 'tsk_1',
            sentence: 'read your calendar for 24–28 Nov',
            impactSymbol: '○',
            until: '15:02',
            stopAction: '/tasks/tsk_1/stop',
          },
          {
            id: 'tsk_2',
            sentence: 'invite 6 people to “Q1 review”, Thu 26 Nov 10:00',
            impactSymbol: '◐',
            until: '14:12',
            uses: { done: 0, most: 1 },
            stopAction: '/tasks/tsk_2/stop',
          },
        ],
        recent: [
          {
            at: '14:05',
            text: 'read your calendar for 24–28 Nov',
            outcome: say(OUTCOMES.allowedOnce),
            href: '/receipts/apr_1',
          },
        ],
      },
      {
        id: 'agt_finance',
        name: 'Finance Agent',
        owner: 'Tom K.',
        purpose: 'Checks invoices and prepares refunds',
        lastUsed: '2 hours ago',
        status: say(AGENT_STATES.active),
        asked: { count: 14, denied: 2 },
        stopAction: '/agents/agt_any/stop',
        paused: false,
        pauseAction: '/agents/agt_finance/pause',
        resumeAction: '/agents/agt_finance/resume',
        tasks: [],
        recent: [],
      },
      {
        id: 'agt_web',
        name: 'Web Researcher',
        owner: 'Tom K.',
        purpose: 'Looks things up',
        status: say(AGENT_STATES.active),
        asked: { count: 14, denied: 2 },
        stopAction: '/agents/agt_any/stop',
        paused: true,
        pauseAction: '/agents/agt_web/pause',
        resumeAction: '/agents/agt_web/resume',
        tasks: [],
        recent: [],
      },
    ],
  };

  const [meetingHelper] = myAgents.agents;
  if (meetingHelper === undefined) throw new Error('the sample has an agent');

  const oneAgent: AgentPage = {
    frame,
    csrf: 'csrf-value',
    agent: {
      ...meetingHelper,
      registered: say(DECISION.registered),
      mayHandTo: ['Invitation Worker', 'Room Finder'],
    },
    timeline: [
      {
        at: '14:05',
        text: 'read your calendar for 24–28 Nov',
        outcome: say(AGENTS.usedSince, { outcome: say(OUTCOMES.allowedOnce), count: 1 }),
        href: '/receipts/apr_1',
      },
      {
        at: '13:40',
        text: 'invite 6 people to “Q1 review”, Thu 26 Nov 10:00',
        outcome: say(OUTCOMES.denied),
        href: '/receipts/apr_2',
      },
    ],
  };

  const owning = {
    offers: [
      {
        id: 'off_1',
        href: '/offers/off_1',
        role: 'owner',
        agentName: 'Room Finder',
        purpose: 'Finds a room',
        mode: 'sub_agent',
        madeBy: 'Priya N.',
        other: { name: 'Tom K.', accepted: true },
        actions: ['calendar.events.read'],
        redirectHosts: ['tools.example.com'],
        reviewDays: 90,
      },
    ],
    changes: [
      {
        id: 'chg_1',
        href: '/owned/changes/chg_1',
        agentName: 'Room Finder',
        proposed: { redirect_uris: ['https://tools.example.com/back'] },
        before: { redirect_uris: null },
      },
    ],
    agents: [
      {
        id: 'agt_rooms',
        name: 'Room Finder',
        purpose: 'Finds a room',
        role: 'owner',
        status: 'active',
        owner: 'Lena S.',
        deputy: 'Tom K.',
        lastUsed: '13:58',
        reviewAt: '14:00',
        flags: ['review_due', 'over_privileged'],
        moves: ['suspend', 'retire'],
      },
    ],
  } as const;

  return {
    frame,
    readCalendar,
    sendInvitations,
    exportContacts,
    refund,
    refundChosen,
    refundLookAlike,
    refundNarrowed,
    deleteRepository,
    severalActions,
    inbox,
    myAgents,
    oneAgent,
    owning,
  };
}

export const {
  frame,
  readCalendar,
  sendInvitations,
  exportContacts,
  refund,
  deleteRepository,
  severalActions,
  inbox,
  myAgents,
  oneAgent,
} = samplesIn('en');
