import { describeVerdict } from '../../server/admin/accountability.ts';
import { problemsIn } from '../../server/admin/draft.ts';
import { qrOf } from '../../server/admin/qr.ts';
import { type ActionPage, actionPage, actionsPage } from '../../views/admin/action.tsx';
import {
  type AgentHead,
  agentActivityPage,
  agentChangesPage,
  agentEdgesPage,
  agentMayDoPage,
  agentMovePage,
  agentPeoplePage,
  agentSummaryPage,
} from '../../views/admin/agent.tsx';
import { agentKeyPage, agentOfferPage, agentRemovePage } from '../../views/admin/agent-changes.tsx';
import { type AgentsPage, agentsPage } from '../../views/admin/agents.tsx';
import { approvalsPage } from '../../views/admin/approvals.tsx';
import { type AuditRow, auditPage, type StoryPart, storyPage } from '../../views/admin/audit.tsx';
import { groupsPage } from '../../views/admin/deciders.tsx';
import { allowDocumentPage, type DocumentsPage, documentsPage, domainPage } from '../../views/admin/documents.tsx';
import { newActionPage } from '../../views/admin/new-action.tsx';
import { overviewPage } from '../../views/admin/overview.tsx';
import { enrolmentLinkPage, peoplePage } from '../../views/admin/people.tsx';
import { personPage } from '../../views/admin/person.tsx';
import { type PoliciesPage, policiesPage } from '../../views/admin/policies.tsx';
import { recoveriesPage } from '../../views/admin/recoveries.tsx';
import { registeredPage, registerPage, registerReviewPage } from '../../views/admin/register.tsx';
import { type ReviewsPage, reviewRulesPage, reviewsPage, startReviewPage } from '../../views/admin/review.tsx';
import type { AdminFrame } from '../../views/admin/shell.tsx';
import { resumePage, type StandingRow, type StopPage, stopPage, stoppedPage } from '../../views/admin/stop.tsx';
import { type SystemsPage, systemsPage } from '../../views/admin/systems.tsx';
import { ACTIONS, NEW_ACTION } from '../../views/words/console-actions.ts';
import { AGENT, AGENT_EVENTS, AGENT_NOTICES, METHODS, MODES, MOVE } from '../../views/words/console-agent.ts';
import { OFFERING, ROTATION } from '../../views/words/console-agent-changes.ts';
import { AGENT_VIEWS, FLAG_NAMES, INVENTORY } from '../../views/words/console-agents.ts';
import { APPROVALS, SECOND_REASON } from '../../views/words/console-approvals.ts';
import { ADMIN_ACTS, AUDIT, DONE_TO, ENDED, PERSON_EVENTS, STORY, WHOLE } from '../../views/words/console-audit.ts';
import { ACTION_CHANGE } from '../../views/words/console-changes.ts';
import { WHO_DECIDES } from '../../views/words/console-deciders.ts';
import { LET_IN, LETTING_IN, LIMIT_FIELDS, LIMIT_WORDS } from '../../views/words/console-documents.ts';
import { FORM } from '../../views/words/console-form.ts';
import { BEYOND, REACH, REQUIRED } from '../../views/words/console-lifecycle.ts';
import { LINT, YAML } from '../../views/words/console-lint.ts';
import { LIST, LISTING } from '../../views/words/console-list.ts';
import { FIGURES } from '../../views/words/console-overview.ts';
import { PEOPLE, ROLE_NAMES } from '../../views/words/console-people.ts';
import { POLICIES } from '../../views/words/console-policies.ts';
import { RECOVERIES } from '../../views/words/console-recovery.ts';
import { REFUSALS } from '../../views/words/console-refusals.ts';
import { DRAFT, REGISTER, REGISTER_STEPS } from '../../views/words/console-register.ts';
import { REVIEWS } from '../../views/words/console-review.ts';
import { ANSWER, POLICY_CHANGE, RULE } from '../../views/words/console-rules.ts';
import { LEVEL, PARTS, STATUS } from '../../views/words/console-shell.ts';
import { EFFECT, RESUME_REFUSED, STOP, STOP_KINDS, STOP_REASONS, STOPPED } from '../../views/words/console-stop.ts';
import { SYSTEMS } from '../../views/words/console-systems.ts';
import { ENVIRONMENT } from '../../views/words/environment.ts';
import { LANGUAGE_NAMES, LANGUAGES, type PageLanguage } from '../../views/words/language.ts';
import { AGENT_FLAGS } from '../../views/words/owned.ts';
import { PASSES } from '../../views/words/passes.ts';
import { RECEIPT } from '../../views/words/receipt.ts';
import { OUTCOMES } from '../../views/words/result.ts';
import { saying } from '../../views/words/saying.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';
import { samplesIn } from './samples.ts';

/** An action as its owner writes it. */
const WRITTEN = `key: calendar.events.read
version: 3
verb: read
critical: [from, to]
headline:
  en: read your calendar for {from..to}
  de: Ihren Kalender lesen, {from..to}
button: { en: Allow reading, de: Lesen erlauben }
effect: { en: Reads only, de: Liest nur }
reversible: true
level: { default: low }
durations: { default: once, max: P1D }
`;

/** What others wrote on the pages of the console, and what is written so in every language. */
export const CONSOLE_NAMES = [
  'calendar.invitations.send',
  ...['Ada Lovelace', 'admin@acme.example', 'Olga Marin', 'Meeting Helper', 'Room Finder', 'Finds a room', 'CSV'],
  ...['Olga Marin <olga@acme.example>', 'Ada Lovelace <ada@acme.example>', 'Anna Berg', 'anna@acme.example'],
  ...['calendar.events.read', 'calendar.events.export', 'repos.repository.delete', 'calendar.read', 'Reading'],
  ...['private_key_jwt', 'mTLS', 'agt_meeting', 'cli_8f2k91c', 'Google Calendar', 'GitHub'],
  ...['anna@acme.exmaple', 'approver@acme.example', 'person@acme.example', 'lost the phone', 'new laptop'],
  ...['lena@acme.example', 'Lena Sommer', 'olga@acme.example', 'role:admin', 'Link'],
  ...['Autumn 2026', 'Tom Krause', 'level:high', 'decision:refused', '2026-11-27T14:02Z', 'Google Calendar'],
  ...[
    'tsk_9f5857fd',
    'YrRvdDxp0DOl',
    'Dd9ZesMSLn9O',
    '73e3dc97196a',
    '0.1.0/tlte',
    '8DDIu0Iw',
    'evt_7',
    'T1',
    'T2',
    'Deutsch',
  ],
  ...['usr_anna', 'usr_ada', 'read your calendar for 24–28 Nov'],
  ...[
    'stp_1',
    'JWK',
    'Invite 3 people to Q1 review',
    '{"kty": "EC"}',
    'JSON',
    'https://',
    'agent.yaml',
    'nowhere-at-all',
    'rules: []',
  ],
  ...['status:active level:high finance', 'status:active', 'flag:dormant'],
  ...[WRITTEN.replace(/\s+/g, ' ').trim(), 'facts.what: wher is not a parameter', 'flow map at line 4'],
  'sample 1: impact has 83/70 characters',
  ...['https://tools.example.com/agent.json', 'claude.ai', 'evil.example', 'crm.acme.example', 'nobody@acme.example'],
  ...['https://rooms.acme.example', 'https://rooms.acme.example/.well-known/oauth-protected-resource', 'Acme Rooms'],
  ...['_countersign-challenge.rooms.acme.example', '"countersign_challenge": "wJ3sX0aV"', 'wJ3sX0aV', 'Acme Library'],
  ...['https://library.acme.example', 'Acme Parking', 'https://parking.acme.example', 'tools.example.com'],
];

/** A draft in which every step is wrong. */
const NOTHING_RIGHT = {
  name: 'room finder',
  purpose: ' ',
  owner: 'anna@acme.example',
  deputy: 'anna@acme.example',
  redirect_uris: 'nowhere-at-all',
  keys: 'given',
  jwks: '{"kty":"EC","d":"x"}',
  'action repos.repository.delete': '1',
  per_minute: '-1',
  days: '400',
};

/** Every page of the console, in this language. */
export function consolePagesIn(language: PageLanguage): Record<string, string> {
  const speaker = speakerOf(language);
  const { say } = speaker;
  const csrf = 'csrf-value';
  const { readCalendar } = samplesIn(language);

  const frame = (current: keyof typeof PARTS): AdminFrame => ({
    speaker,
    organizationName: 'Acme',
    person: { name: 'Ada Lovelace', email: 'admin@acme.example' },
    csrf,
    requestId: 'http_5k2m',
    returnTo: '/admin',
    stop: '/admin/stop',
    sections: (
      [
        'overview',
        'approvals',
        'agents',
        'reviews',
        'actions',
        'policies',
        'documents',
        'systems',
        'people',
        'recoveries',
        'audit',
      ] as const
    ).map((part) => ({
      href: part === 'overview' ? '/admin' : `/admin/${part}`,
      label: say(PARTS[part]),
      current: part === current,
    })),
  });

  const inventory: AgentsPage = {
    frame: frame('agents'),
    csrf,
    total: 1240,
    notice: say(INVENTORY.paused),
    register: '/admin/agents/new',
    list: {
      action: '/admin/agents',
      q: 'status:active flag:dormant',
      hint: 'status:active level:high finance',
      chips: [
        { label: 'status:active', without: '/admin/agents?q=flag%3Adormant' },
        { label: 'flag:dormant', without: '/admin/agents?q=status%3Aactive' },
      ],
      views: (['ownerless', 'dormant', 'review_overdue', 'expiring', 'never_used', 'reported'] as const).map(
        (flag) => ({
          label: say(AGENT_VIEWS[flag]),
          href: `/admin/agents?q=flag%3A${flag}`,
          count: flag === 'dormant' ? 12 : 0,
          current: flag === 'dormant',
        }),
      ),
      nothing: say(INVENTORY.none),
      first: '/admin/agents',
      next: '/admin/agents?after=x',
      problem: say(LISTING.tooMany, { limit: 20 }),
      exports: [
        { label: say(LIST.exportCsv), href: '/admin/agents.csv' },
        { label: say(LIST.exportJsonLines), href: '/admin/agents.jsonl' },
      ],
      command: 'countersign agents list',
    },
    columns: [
      { label: say(INVENTORY.name), sort: { href: '/admin/agents?sort=-name', direction: 'ascending' } },
      { label: say(INVENTORY.owner), sort: { href: '/admin/agents?sort=owner' } },
      { label: say(INVENTORY.actsFor) },
      { label: say(INVENTORY.systems), number: true },
      { label: say(INVENTORY.topLevel) },
      { label: say(INVENTORY.lastUsed), sort: { href: '/admin/agents?sort=last_used' } },
      { label: say(INVENTORY.asked), number: true },
      { label: say(INVENTORY.allowed), number: true },
      { label: say(INVENTORY.flags) },
      {},
    ],
    agents: [
      {
        id: 'agt_meeting',
        href: '/admin/agents/agt_meeting',
        name: 'Meeting Helper',
        purpose: 'Finds a room',
        status: 'active',
        owner: 'Olga Marin',
        actsFor: say(INVENTORY.people, { count: 31 }),
        systems: 2,
        level: 'high',
        lastUsed: asItIs('14:02'),
        asked: 1240,
        allowed: say(INVENTORY.percent, { number: 92 }),
        flags: [say(FLAG_NAMES.over_privileged), say(FLAG_NAMES.review_due)],
        pause: '/admin/agents/agt_meeting/pause',
      },
      {
        id: 'agt_room',
        href: '/admin/agents/agt_room',
        name: 'Room Finder',
        purpose: 'Finds a room',
        status: 'suspended',
        owner: 'Olga Marin',
        actsFor: say(INVENTORY.otherAgents),
        systems: 0,
        lastUsed: say(INVENTORY.never),
        asked: 0,
        allowed: asItIs('–'),
        flags: [],
      },
    ],
  };
  const agents = agentsPage(inventory);

  const head = (side: 'summary' | 'mayDo' | 'people' | 'subAgents' | 'activity' | 'changes'): AgentHead => ({
    frame: frame('agents'),
    csrf,
    name: 'Meeting Helper',
    purpose: 'Finds a room',
    status: 'active',
    tabs: (['summary', 'mayDo', 'people', 'subAgents', 'activity', 'changes'] as const).map((name) => ({
      href: `/admin/agents/agt_meeting/${name}`,
      label: say(AGENT[name]),
      current: name === side,
    })),
    pause: '/admin/agents/agt_meeting/pause',
    actions: [
      { href: '/admin/agents/agt_meeting/retire', label: say(MOVE.retireLink), danger: true },
      { href: '/admin/stop?find=agt_meeting', label: say(AGENT.stop), danger: true },
    ],
  });

  const agent: Record<string, string> = {
    'console-agent': agentSummaryPage({
      ...head('summary'),
      notice: say(AGENT_NOTICES.narrow),
      lacks: [say(REQUIRED.deputy), say(REQUIRED.key)],
      flags: (Object.keys(AGENT_FLAGS) as (keyof typeof AGENT_FLAGS)[]).map((flag) => say(AGENT_FLAGS[flag])),
      facts: [
        [say(AGENT.owner), 'Olga Marin <olga@acme.example>'],
        [say(AGENT.deputy), say(AGENT.notAccepted, { person: 'Ada Lovelace <ada@acme.example>' })],
        [say(AGENT.askedDeputy), 'anna@acme.example'],
        [say(AGENT.howItRuns), say(MODES.unattended)],
        [say(ENVIRONMENT.called), say(ENVIRONMENT.production)],
        [say(AGENT.registered), '14:02'],
        [say(AGENT.lastUsed), say(AGENT.never)],
        [say(AGENT.liveTasks), '3'],
        [say(AGENT.reviewBy), '14:02'],
        [say(AGENT.ends), say(AGENT.noDate)],
        [say(AGENT.id), 'agt_meeting'],
      ],
      offer: '/admin/agents/agt_meeting/offer',
      clients: (Object.keys(METHODS) as (keyof typeof METHODS)[]).map((method) => ({
        id: 'cli_8f2k91c',
        name: method === 'none' ? '' : 'Meeting Helper',
        method: say(METHODS[method]),
        rotate: method === 'private_key_jwt' ? '/admin/agents/agt_meeting/clients/cli_8f2k91c/key' : undefined,
      })),
    }),
    'console-agent-may-do': agentMayDoPage({
      ...head('mayDo'),
      days: 90,
      reached: [
        {
          action: 'calendar.events.read',
          system: 'Google Calendar',
          level: 'low',
          ways: [
            say(REACH.own),
            say(REACH.policy, { name: 'Reading' }),
            say(REACH.registered),
            say(REACH.handed, { agent: 'Room Finder' }),
          ],
          because: undefined,
          used: asItIs('14:02'),
          unused: false,
          remove: '/admin/agents/agt_meeting/remove?actions=calendar.events.read',
        },
        {
          action: 'calendar.events.export',
          system: 'Google Calendar',
          level: 'high',
          ways: [say(REACH.scope, { scope: 'calendar.read' })],
          because: undefined,
          used: undefined,
          unused: true,
          remove: '/admin/agents/agt_meeting/remove?actions=calendar.events.export',
        },
        {
          action: 'repos.repository.delete',
          system: 'GitHub',
          level: 'critical',
          ways: [],
          because: say(BEYOND.highest_impact, {
            action: 'repos.repository.delete',
            impact: say(LEVEL.critical),
            highest: say(LEVEL.high),
          }),
          used: undefined,
          unused: false,
          remove: undefined,
        },
      ],
      unused: ['calendar.events.export'],
      removeUnused: '/admin/agents/agt_meeting/remove?actions=calendar.events.export',
      reviewBy: asItIs('14:02'),
      review: '/admin/agents/agt_meeting/review',
    }),
    'console-agent-key': agentKeyPage({
      ...head('summary'),
      action: '/admin/agents/agt_meeting/clients/cli_8f2k91c/key',
      cancel: '/admin/agents/agt_meeting',
      waits: true,
      pending: true,
      address: undefined,
      keys: [
        { kid: 'key-2027', until: undefined },
        { kid: 'key-2026', until: asItIs('14:02') },
      ],
      typed: { keys: '{"kty": "EC"}', overlap: 's86400' },
      problems: [{ field: 'keys', text: say(ROTATION.registeredAlready) }],
    }),
    'console-agent-offer': agentOfferPage({
      ...head('summary'),
      action: '/admin/agents/agt_meeting/offer',
      cancel: '/admin/agents/agt_meeting',
      people: [{ email: 'anna@acme.example', name: 'Anna Berg' }],
      typed: { person: 'anna@acme.example' },
      problem: say(OFFERING.incomplete),
    }),
    'console-agent-remove': agentRemovePage({
      ...head('mayDo'),
      action: '/admin/agents/agt_meeting/remove',
      cancel: '/admin/agents/agt_meeting/may-do',
      removed: ['calendar.events.export', 'calendar.invitations.send'],
      people: 1,
      ends: [
        {
          task: 'tsk_1',
          sentence: 'Invite 3 people to Q1 review',
          person: 'Anna Berg',
          actions: ['calendar.invitations.send'],
          until: asItIs('14:02'),
        },
      ],
      changed: true,
    }),
    'console-agent-people': agentPeoplePage({
      ...head('people'),
      people: [
        {
          id: 'usr_1',
          name: 'Anna Berg',
          email: 'anna@acme.example',
          asked: 1240,
          allowed: 1200,
          denied: 2,
          live_tasks: 3,
          paused: true,
          lastAsked: asItIs('14:02'),
          stop: '/admin/stop?find=agt_meeting%7Cusr_1',
        },
      ],
    }),
    'console-agent-sub-agents': agentEdgesPage({
      ...head('subAgents'),
      links: [
        {
          from: { href: '/admin/agents/agt_meeting', name: 'Meeting Helper' },
          to: { href: '/admin/agents/agt_room', name: 'Room Finder' },
          actions: 'calendar.events.read',
          depth: 1,
          distance: 1,
        },
      ],
    }),
    'console-agent-activity': agentActivityPage({
      ...head('activity'),
      evidence: '/admin/audit?q=agent%3Aagt_meeting',
      events: (Object.keys(AGENT_EVENTS) as (keyof typeof AGENT_EVENTS)[]).map((type) => ({
        id: type,
        at: asItIs('14:02'),
        what: say(AGENT_EVENTS[type]),
        person: 'Anna Berg',
        system: 'Google Calendar',
        outcome: type === 'token.refused' ? say(AGENT.refused) : '',
      })),
    }),
    'console-agent-changes': agentChangesPage({
      ...head('changes'),
      changes: [
        {
          at: asItIs('14:02'),
          what: say(AGENT.registeredAs, { status: say(STATUS.pending) }),
          by: 'Ada Lovelace',
          reason: 'Finds a room',
        },
      ],
    }),
    'console-agent-retire': agentMovePage({
      ...head('summary'),
      move: 'retire',
      action: '/admin/agents/agt_meeting/retire',
      problems: [{ field: 'confirmation', text: say(AGENT.typeExactly, { agent: 'Meeting Helper' }) }],
    }),
    'console-agent-activate': agentMovePage({
      ...head('summary'),
      status: 'pending',
      move: 'activate',
      action: '/admin/agents/agt_meeting/activate',
      lacks: [say(REQUIRED.owner), say(REQUIRED.deputy)],
      problems: [],
    }),
    'console-agent-resume': agentMovePage({
      ...head('summary'),
      status: 'suspended',
      move: 'resume',
      action: '/admin/agents/agt_meeting/resume',
      problems: [],
    }),
  };

  const campaign = {
    name: 'Autumn 2026',
    agents: 42,
    settled: 18,
    until: say(REVIEWS.until, { time: asItIs('14:02') }),
    closed: false,
  };
  const reviewed: ReviewsPage = {
    frame: frame('reviews'),
    csrf,
    action: '/admin/reviews',
    total: 71,
    campaigns: [{ ...campaign, href: '/admin/reviews/rev_1' }],
    begin: '/admin/reviews/new',
    rules: { says: say(REVIEWS.ruled, { days: 90, grace: 7 }), href: '/admin/reviews/rules' },
    notice: say(REVIEWS.done, { kept: 2, narrowed: 1, ended: 0 }),
    problems: [
      say(FORM.sentence, {
        text: describeVerdict({ reason: 'nothing_used' }, 'Room Finder')(speaker),
      }),
      say(REVIEWS.notYours),
    ],
    agents: [
      {
        id: 'agt_meeting',
        href: '/admin/agents/agt_meeting/may-do',
        name: 'Meeting Helper',
        owner: 'Olga Marin',
        due: asItIs('14:02'),
        overdue: true,
        level: 'high',
        allowed: [
          { action: 'calendar.events.read', used: asItIs('14:02') },
          { action: 'calendar.events.export', used: say(REVIEWS.never) },
        ],
        unused: ['calendar.events.export'],
        lastUsed: asItIs('14:02'),
      },
      {
        id: 'agt_room',
        href: '/admin/agents/agt_room/may-do',
        name: 'Room Finder',
        owner: 'Olga Marin',
        due: asItIs('14:02'),
        overdue: false,
        level: 'critical',
        allowed: null,
        unused: [],
        lastUsed: say(REVIEWS.never),
      },
    ],
    first: '/admin/reviews',
    next: '/admin/reviews?after=x',
  };
  const reviews = reviewsPage(reviewed);

  const overview = overviewPage({
    frame: frame('overview'),
    unread: {
      days: 7,
      prompts: [
        {
          action: 'calendar.events.read',
          href: '/admin/actions/x',
          asked: { count: 1312, href: '/admin/approvals' },
          allowed: { percent: 99.7, href: '/admin/approvals' },
          median: { seconds: 1.4, href: '/admin/approvals' },
          policy: '/admin/policies',
        },
      ],
    },
    figures: (Object.keys(FIGURES) as (keyof typeof FIGURES)[]).map((name, index) => ({
      name,
      label: say(FIGURES[name]),
      count: index === 0 ? 1240 : index % 3,
      href: index < 10 ? '/admin/agents' : '/admin/approvals',
      attention: index > 1,
    })),
    standing: [{ href: '/admin/stops/stp_1', name: 'Room Finder', reason: 'Finds a room', since: asItIs('14:02') }],
    tokens: Array.from({ length: 24 }, (_, hour) => ({
      hour: `${String(hour).padStart(2, '0')}:00`,
      count: (hour * 37) % 90,
    })),
    refusals: Array.from({ length: 24 }, (_, hour) => ({
      hour: `${String(hour).padStart(2, '0')}:00`,
      count: (hour * 11) % 7,
    })),
  });

  const moment = (said: string) => ({ said: asItIs(said), exact: `2026-11-27T${said}:00.000Z` });
  const anna = { name: 'Anna Berg', id: 'usr_anna' };
  const helper = { name: 'Meeting Helper', id: 'agt_meeting' };
  const happened: AuditRow[] = [
    ...Object.values(AGENT_EVENTS).map((what) => ({ who: [anna, helper], what: say(what) })),
    ...Object.values(PERSON_EVENTS).map((what) => ({ who: [anna], what: say(what) })),
    ...Object.values(ADMIN_ACTS).map((what) => ({ who: [{ name: 'Ada Lovelace', id: 'usr_ada' }], what: say(what) })),
    ...Object.values(DONE_TO).map((what) => ({
      who: [{ name: 'Ada Lovelace', id: 'usr_ada' }],
      what: say(what, { whom: 'Room Finder' }),
    })),
    { who: [{ name: 'Ada Lovelace', id: 'usr_ada' }], what: say(DONE_TO['authority.stopped'], { whom: say(WHOLE) }) },
  ].map((one, index) => ({
    ...one,
    id: `evt_${index}`,
    at: moment('14:02'),
    about: index % 3 === 0 ? 'read your calendar for 24–28 Nov' : undefined,
    action: index % 3 === 0 ? 'calendar.events.read' : undefined,
    system: index % 3 === 0 ? 'Google Calendar' : undefined,
    decision: (['allowed', 'refused', 'reported'] as const)[index % 3] ?? 'allowed',
    outcome: index % 3 === 1 ? say(REFUSALS.details_wider) : '',
    story: index % 3 === 0 ? '/admin/audit/chain/tsk_1' : undefined,
  }));
  const slots = { token: 'T1', time: '14:12' };
  const helperRequested = {
    what: say(STORY.requested, { agent: 'Meeting Helper', action: 'calendar.events.read', version: '1' }),
    quiet: [say(STORY.bound, { key: '…8DDIu0Iw' })],
  };
  const whole: StoryPart[] = [
    {
      name: say(STORY.asked),
      lines: [
        {
          at: moment('14:01'),
          what: say(STORY.askedIn, { person: 'Anna Berg', application: 'Meeting Helper' }),
          quiet: [say(STORY.fromBehind)],
        },
      ],
    },
    { name: say(STORY.agent), lines: [helperRequested] },
    {
      name: say(STORY.shown),
      lines: [
        {
          at: moment('14:02'),
          what: say(STORY.screen, { language: LANGUAGE_NAMES.de, template: '0.1.0/tlte' }),
          code: '73e3dc97196a…',
        },
      ],
      link: { href: '/receipts/apr_1/screen', text: say(STORY.asShown) },
    },
    {
      name: say(STORY.decided),
      lines: [
        { at: moment('14:02'), what: say(STORY.signedBy, { person: 'Olga Marin' }), quiet: [say(RECEIPT.byPasskey)] },
        {
          at: moment('14:03'),
          what: say(STORY.allowedBy, { person: 'Anna Berg', duration: say(STORY.until, { time: '15:02' }) }),
          quiet: [say(RECEIPT.byPasskey), say(STORY.seconds, { count: 19 })],
        },
      ],
    },
    {
      name: say(STORY.issued),
      lines: [
        {
          at: moment('14:03'),
          what: say(STORY.token, { ...slots, system: 'Google Calendar' }),
          quiet: [asItIs('Meeting Helper'), say(ENDED.alive)],
        },
        { at: moment('14:04'), what: say(STORY.handOff, { ...slots, token: 'T2', agent: 'Room Finder' }) },
      ],
    },
    {
      name: say(STORY.used),
      lines: [
        {
          at: moment('14:05'),
          what: say(STORY.usedAt, {
            action: 'calendar.events.read',
            system: 'Google Calendar',
            agent: 'Meeting Helper',
          }),
        },
      ],
    },
    {
      name: say(STORY.outcome),
      lines: [
        {
          at: moment('14:05'),
          what: say(STORY.outcomeOf, { action: 'calendar.events.read', outcome: say(OUTCOMES.allowed) }),
          quiet: [
            say(STORY.reference, { reference: 'evt_7' }),
            say(STORY.affected, { count: 2 }),
            say(STORY.saidBy, { system: 'Google Calendar' }),
          ],
        },
      ],
    },
  ];
  /** A policy decided, and nothing came of it: what is missing is said. */
  const gaps: StoryPart[] = [
    { name: say(STORY.asked), lines: [], gap: say(STORY.askedAnother) },
    { name: say(STORY.agent), lines: [helperRequested] },
    { name: say(STORY.shown), lines: [], gap: say(STORY.noScreen) },
    {
      name: say(STORY.decided),
      lines: [
        {
          at: moment('14:02'),
          what: say(STORY.allowedBy, { person: 'Anna Berg', duration: say(STORY.once) }),
          quiet: [say(STORY.byPolicy, { policy: 'Reading' })],
        },
      ],
    },
    { name: say(STORY.issued), lines: [{ at: moment('14:02'), what: say(STORY.root, slots) }] },
    { name: say(STORY.used), lines: [], gap: say(STORY.notUsedYet) },
    { name: say(STORY.outcome), lines: [], gap: say(STORY.noOutcomeYet, { system: 'GitHub' }) },
  ];
  const story = (parts: readonly StoryPart[], more: Partial<Parameters<typeof storyPage>[0]> = {}) =>
    storyPage({
      frame: frame('audit'),
      title: say(STORY.title, { agent: 'Meeting Helper', person: 'Anna Berg' }),
      sentence: 'read your calendar for 24–28 Nov',
      level: 'low',
      state: { tone: 'good', said: say(STORY.lives, { time: '15:02' }) },
      parts,
      beside: [],
      hashes: [
        [say(STORY.task), 'tsk_9f5857fd'],
        [say(STORY.request), 'YrRvdDxp0DOl'],
        [say(STORY.decision), 'Dd9ZesMSLn9O'],
        [say(STORY.page), '73e3dc97196a'],
      ],
      events: happened,
      download: '/admin/audit/chain/tsk_1.json',
      ...more,
    });

  const approvals = approvalsPage({
    frame: frame('approvals'),
    list: {
      action: '/admin/approvals',
      q: 'status:active',
      sort: 'urgency',
      hint: 'status:active',
      chips: [{ label: 'status:active', without: '/admin/approvals' }],
      views: (['viewWaiting', 'viewCritical', 'viewDenied', 'viewNotMe'] as const).map((view, index) => ({
        label: say(APPROVALS[view]),
        href: '/admin/approvals',
        current: index === 0,
      })),
      nothing: say(APPROVALS.nothingWaits),
      first: '/admin/approvals',
      next: '/admin/approvals?after=x',
      exports: [],
    },
    columns: [
      { label: say(APPROVALS.what) },
      { label: say(APPROVALS.level), sort: { href: '/admin/approvals?sort=-urgency', direction: 'ascending' } },
      { label: say(APPROVALS.agent) },
      { label: say(APPROVALS.person) },
      { label: say(APPROVALS.asked), sort: { href: '/admin/approvals?sort=asked' } },
      { label: say(APPROVALS.until) },
      { label: say(APPROVALS.state) },
      { label: say(APPROVALS.signatures) },
      {},
    ],
    approvals: [
      {
        id: 'apr_1',
        level: 'critical',
        what: 'repos.repository.delete',
        agent: { href: '/admin/agents/agt_meeting', name: 'Meeting Helper' },
        person: 'Anna Berg',
        asked: asItIs('14:02'),
        until: asItIs('14:32'),
        standing: 'waiting',
        signatures: [
          say(APPROVALS.signedBy, { person: 'Anna Berg', time: '14:03' }),
          say(APPROVALS.needs, { count: 1 }),
        ],
        review: '/r/apr_1',
      },
      ...(['allowed', 'denied', 'expired', 'stopped'] as const).map((standing) => ({
        id: `apr_${standing}`,
        level: 'low' as const,
        what: 'calendar.events.read',
        agent: { href: '/admin/agents/agt_room', name: 'Room Finder' },
        person: 'Anna Berg',
        asked: asItIs('13:02'),
        until: asItIs('–'),
        standing,
        reason: standing === 'denied' ? say(SECOND_REASON.second_person) : undefined,
        signatures: [],
      })),
    ],
  });

  const standing: StandingRow = {
    id: 'stp_1',
    href: '/admin/stops/stp_1',
    name: 'Room Finder',
    kind: say(STOP_KINDS.agent),
    security: true,
    reason: say(STOP_REASONS.injection),
    by: 'Ada Lovelace',
    at: asItIs('14:02'),
    state: 'standing',
  };
  const nothingStopped: StopPage = {
    frame: frame('overview'),
    csrf,
    find: '',
    notFound: false,
    targets: [
      {
        value: 'organization:org_1',
        label: say(STOP.allOf, { name: 'Acme' }),
        effect: say(STOP.tooMany),
        checked: false,
      },
    ],
    until: undefined,
    problems: [],
    standing: [],
  };
  const stop: Record<string, string> = {
    'console-stop': stopPage({
      ...nothingStopped,
      find: 'Room Finder',
      notFound: true,
      targets: [
        {
          value: 'agent:agt_room',
          label: 'Room Finder',
          effect: asItIs(
            (Object.keys(EFFECT) as (keyof typeof EFFECT)[])
              .map((name, index) => say(EFFECT[name], { count: index + 1 }))
              .join(' · '),
          ),
          checked: true,
        },
        {
          value: 'resource:calendar',
          label: say(STOP.allUsing, { name: 'Google Calendar' }),
          effect: say(STOP.nothingGoesOn),
          checked: false,
        },
        ...nothingStopped.targets,
      ],
      until: asItIs('14:07:21'),
      problems: [{ field: 'find', text: say(STOP.choose) }],
      standing: [
        standing,
        { ...standing, id: 'stp_2', state: 'waiting' },
        { ...standing, id: 'stp_3', security: false },
      ],
    }),
    'console-stop-nothing': stopPage(nothingStopped),
    'console-stopped': stoppedPage({
      frame: frame('overview'),
      stop: standing,
      facts: [
        [say(STOP.what), standing.kind],
        [say(STOP.why), standing.reason],
        [say(STOPPED.stoppedAt), say(STOPPED.timeBy, { time: '14:02', person: 'Ada Lovelace' })],
        [say(STOPPED.resumingTakes), say(STOPPED.two)],
        [say(STOPPED.concerned), say(EFFECT.people, { count: 31 })],
        [say(STOPPED.incident), 'stp_1'],
      ],
      systems: [{ name: 'Google Calendar', count: 1240, until: asItIs('14:07:21') }],
      instances: [
        { id: 'ins_1', heard: asItIs('14:02:21'), gone: false },
        { id: 'ins_2', heard: undefined, gone: false },
        { id: 'ins_3', heard: undefined, gone: true },
      ],
      now: asItIs('14:02:21'),
      resume: '/admin/stops/stp_1/resume',
      notice: say(STOPPED.noticeStopped, { name: 'Room Finder' }),
    }),
    'console-stop-resumed': stoppedPage({
      frame: frame('overview'),
      stop: { ...standing, state: 'resumed' },
      facts: [[say(STOPPED.resumedAt), say(STOPPED.timeBy, { time: '14:02', person: 'Ada Lovelace' })]],
      systems: [],
      instances: [],
      now: asItIs('14:02:21'),
      resume: undefined,
      notice: say(STOPPED.noticeResumed, { name: 'Room Finder' }),
    }),
    'console-resume': resumePage({
      frame: frame('overview'),
      csrf,
      stop: standing,
      second: 'Olga Marin',
      problems: [{ field: 'confirmation', text: say(FORM.sentence, { text: say(RESUME_REFUSED.needs_another) }) }],
    }),
  };

  const steps = (step: number) =>
    (['name', 'owner', 'mode', 'keys', 'limits'] as const).map((name, index) => ({
      label: say(REGISTER_STEPS[name]),
      href: index + 1 < step ? `/admin/agents/new/drf_1/${index + 1}` : undefined,
      current: index + 1 === step,
    }));
  const registering: Record<string, string> = Object.fromEntries(
    ([1, 2, 3, 4, 5] as const).map((step) => [
      `console-register-${step}`,
      registerPage({
        frame: frame('agents'),
        csrf,
        action: `/admin/agents/new/drf_1/${step}`,
        step,
        steps: steps(step),
        fields: {},
        problems: problemsIn(step, NOTHING_RIGHT, {
          names: ['Room Finder'],
          people: new Set(),
          actions: new Set(),
        }).map(({ field, text }) => ({ field, text: text(speaker) })),
        people: [{ email: 'anna@acme.example', name: 'Anna Berg' }],
        actions: [
          { key: 'calendar.events.read', system: 'Google Calendar', level: 'low', chosen: true },
          { key: 'repos.repository.delete', system: 'GitHub', level: 'critical', chosen: false },
        ],
        back: '/admin/agents',
      }),
    ]),
  );
  const registered: Record<string, string> = {
    'console-register-review': registerReviewPage({
      frame: frame('agents'),
      csrf,
      action: '/admin/agents/new/drf_1/review',
      steps: steps(6),
      facts: [
        [say(REGISTER.name), 'Meeting Helper'],
        [say(REGISTER.howItRuns), say(REGISTER.unattended)],
        [say(ENVIRONMENT.called), say(ENVIRONMENT.notSaid)],
        [say(REGISTER.sendsBack), say(REGISTER.nowhere)],
        [say(REGISTER.keys), say(REGISTER.keysMade)],
        [say(REGISTER.mayAsk), 'calendar.events.read'],
        [say(LIMIT_FIELDS.neverAbove), say(LIMIT_FIELDS.noLimit)],
        [say(REGISTER.ends), say(REGISTER.inDays, { count: 90 })],
      ],
      yaml: 'kind: Agent\nname: Meeting Helper\n',
      sample: {
        ask: readCalendar,
        beyond: true,
        actions: ['calendar.events.read', 'calendar.invitations.send'].map((key, index) => ({
          key,
          href: `/admin/agents/new/drf_1/review?show=${key}`,
          current: index === 0,
        })),
      },
      problems: [{ text: say(DRAFT.refused, { detail: 'Finds a room' }) }],
      back: '/admin/agents/new/drf_1/5',
    }),
    'console-registered': registeredPage({
      frame: frame('agents'),
      name: 'Meeting Helper',
      href: '/admin/agents/agt_meeting',
      facts: [
        [say(REGISTER.client), 'cli_8f2k91c'],
        [say(REGISTER.status), say(STATUS.pending)],
      ],
      privateKey: '{ "kty": "EC" }',
      registrationAccessToken: 'opaque',
      keyFile: 'agent-key.json',
      activate: '/admin/agents/agt_meeting/activate',
      snippets: [
        { name: 'curl', text: 'curl https://agents.example' },
        { name: 'openidClient', text: "import * as oauth from 'openid-client';" },
        { name: 'mcp', text: "import { Client } from '@modelcontextprotocol/sdk/client/index.js';" },
      ],
    }),
  };

  const policies: PoliciesPage = {
    frame: frame('policies'),
    csrf,
    version: 0,
    rules: [],
    flow: saying(RULE.noFlow),
    yaml: 'rules: []\n',
    mayChange: true,
    problems: [],
    tried: { agent: '', person: '', action: '', parameters: '{}' },
    actions: ['calendar.events.read'],
    agents: ['Meeting Helper'],
    people: [{ email: 'anna@acme.example', name: 'Anna Berg' }],
    rulesByName: [],
    groups: [],
  };
  const changes = [
    { said: saying(POLICY_CHANGE.otherwise, { rule: 'Reading' }), weakens: true },
    { said: saying(ACTION_CHANGE.reversible), weakens: false },
  ];
  const action: ActionPage = {
    frame: frame('actions'),
    csrf,
    key: 'calendar.events.read',
    version: 2,
    after: 2,
    versions: [1, 2].map((version) => ({ version, href: '/admin/actions/x', current: version === 2 })),
    system: 'Google Calendar',
    mayChange: true,
    shared: false,
    yaml: WRITTEN,
    problems: [],
    lint: [],
    shown: '1.en',
    preview: {
      ask: readCalendar,
      speaker,
      measures: [
        { place: 'headline', unit: 'words', is: 9, most: 18 },
        { place: 'what', unit: 'characters', is: 38, most: 60 },
        { place: 'what', unit: 'words', is: 6, most: 9 },
        { place: 'system', unit: 'characters', is: 35, most: 60 },
        { place: 'data', unit: 'characters', is: 39, most: 60 },
        { place: 'changes', unit: 'characters', is: 41, most: 60 },
        { place: 'impact', unit: 'characters', is: 33, most: 70 },
      ],
      samples: [1, 2, 3].map((number) => ({
        label: say(ACTIONS.sample, { number }),
        shown: `${number}.en`,
        href: '/admin/actions/x',
        current: number === 1,
      })),
      languages: LANGUAGES.map((one) => ({
        label: LANGUAGE_NAMES[one],
        shown: `1.${one}`,
        href: '/admin/actions/x',
        current: one === 'en',
      })),
    },
    changes,
    effect: [{ version: 1, tasks: 3, standing: 1, people: 2, agents: 1, questions: 0 }],
    begin: '/admin/actions/x#yaml',
    live: 31,
    publish: { version: 3, alone: true },
  };

  const documents: DocumentsPage = {
    frame: frame('documents'),
    mayChange: true,
    waiting: [],
    policies: [],
    saysOfOthers: false,
    moreWaiting: undefined,
    morePolicies: undefined,
    first: undefined,
  };
  const systems: SystemsPage = {
    frame: frame('systems'),
    csrf,
    problems: [],
    typed: undefined,
    mayChange: true,
    claims: [],
    first: undefined,
    next: undefined,
  };
  const unpublishable = { begin: undefined, live: undefined, publish: undefined };
  const unreadable = say(YAML.at, { line: '4', column: '2', problem: say(YAML.BAD_INDENT) });

  return {
    'console-policies-none': policiesPage(policies),
    'console-policies': policiesPage({
      ...policies,
      version: 2,
      since: { time: asItIs('14:02'), by: 'Olga Marin' },
      notice: say(POLICIES.published),
      rules: [
        {
          position: 1,
          name: 'Reading',
          verdict: 'ask',
          said: saying(RULE.sentence, { answer: saying(ANSWER.ask), matched: saying(RULE.anything) }),
        },
      ],
      proposal: { yaml: 'rules: []\n', hash: 'abc', by: 'Olga Marin', since: '13:40', mine: false, changes },
      effect: {
        changes,
        days: 7,
        requests: 12,
        verdicts: (['allow', 'ask', 'others', 'two', 'never'] as const).map((verdict) => ({
          verdict,
          before: 4,
          after: 2,
        })),
        otherPeople: 1,
      },
      rulesByName: ['Reading'],
      groups: ['GitHub'],
      result: {
        verdict: say(ANSWER.ask),
        rule: say(POLICIES.noneMatches),
        blocks: 'Reading',
        passes: say(PASSES.atMost, { label: 'JWK', value: 500 }),
        ask: { as: 'page', page: readCalendar },
      },
    }),
    'console-policies-seen': policiesPage({
      ...policies,
      mayChange: false,
      result: { problem: say(POLICIES.noJson) },
    }),
    'console-actions': actionsPage({
      frame: frame('actions'),
      actions: [
        {
          key: 'calendar.events.read',
          href: '/admin/actions/x',
          system: 'Google Calendar',
          published: { version: 2, verb: 'read', least: 'low' },
          owner: 'yours',
          waits: 'proposed',
        },
        {
          key: 'repos.repository.delete',
          href: '/admin/actions/x',
          system: 'GitHub',
          published: { version: 1, verb: 'delete', least: 'high', most: 'critical' },
          owner: 'shared',
        },
        {
          key: 'calendar.events.export',
          href: '/admin/actions/x',
          system: 'Google Calendar',
          owner: 'yours',
          waits: 'draft',
        },
      ],
      begin: '/admin/actions/new',
      notice: asItIs(`${say(NEW_ACTION.drafted, { count: 12 })} ${say(NEW_ACTION.leftAlone, { count: 1 })}`),
    }),
    'console-action': actionPage(action),
    'console-action-wrong': actionPage({
      ...action,
      problems: [say(ACTIONS.keptSo)],
      lint: [unreadable],
      preview: undefined,
      ...unpublishable,
      draft: { proposed: false, by: 'Olga Marin', since: '13:40', mine: true, hash: 'abc' },
    }),
    'console-action-drafted': actionPage({
      ...action,
      version: undefined,
      after: undefined,
      versions: [],
      effect: [],
      ...unpublishable,
      draft: { proposed: false, by: 'Olga Marin', since: '13:40', mine: false, hash: 'abc', version: 1 },
      lint: [say(LINT.notAParameter, { name: 'agent.yaml' }), unreadable],
      described: { source: 'agent.yaml', says: 'Finds a room', lacks: ['JWK', 'Reading'] },
    }),
    'console-action-shared': actionPage({
      ...action,
      mayChange: false,
      shared: true,
      lint: undefined,
      ...unpublishable,
      live: 31,
      after: 1,
      notice: say(ACTIONS.saved),
    }),
    'console-action-new': newActionPage({
      frame: frame('actions'),
      csrf,
      systems: [{ value: 'https://calendar.example', label: 'Google Calendar' }],
      typed: new Map([['document', 'JSON']]),
      problem: { field: 'key', text: say(NEW_ACTION.badKey) },
    }),
    'console-action-new-none': newActionPage({ frame: frame('actions'), csrf, systems: [] }),
    ...stop,
    ...registering,
    ...registered,
    'console-overview': overview,
    'console-approvals': approvals,
    'console-evidence': auditPage({
      frame: frame('audit'),
      list: {
        action: '/admin/audit',
        q: 'decision:refused',
        hint: 'decision:refused',
        chips: [{ label: 'decision:refused', without: '/admin/audit' }],
        views: (['viewDecisions', 'viewRefused', 'viewAlarms', 'viewStops', 'viewAdministration'] as const).map(
          (view) => ({
            label: say(AUDIT[view]),
            href: '/admin/audit',
            current: view === 'viewRefused',
          }),
        ),
        nothing: say(AUDIT.none),
        first: '/admin/audit',
        next: '/admin/audit?after=x',
        problem: say(AUDIT.noDate, { value: '2026-02-30', day: '2026-11-27', time: '2026-11-27T14:02Z' }),
        exports: [
          { label: say(LIST.exportCsv), href: '/admin/audit.csv' },
          { label: say(LIST.exportJsonLines), href: '/admin/audit.jsonl' },
        ],
      },
      events: happened.slice(0, 9),
    }),
    'console-story': story(whole, {
      beside: happened.filter(({ decision }) => decision === 'refused').slice(0, 2),
    }),
    'console-story-gaps': story(gaps, { state: { tone: 'over', said: say(STORY.over) } }),
    'console-agents': agents,
    'console-agents-none': agentsPage({ ...inventory, agents: [], notice: undefined }),
    ...agent,
    'console-reviews': reviews,
    'console-people': peoplePage({
      frame: frame('people'),
      csrf,
      action: '/admin/people',
      mayAdd: true,
      problem: undefined,
      typed: { email: 'lena@acme.example', name: 'Lena Sommer', roles: ['approver'] },
      roles: ['admin', 'security', 'auditor', 'approver'],
      list: {
        action: '/admin/people',
        q: 'role:admin',
        hint: 'role:admin olga@acme.example',
        chips: [{ label: 'role:admin', without: '/admin/people' }],
        views: [],
        nothing: say(PEOPLE.none),
        next: '/admin/people?after=x',
        exports: [],
        command: 'countersign people list',
      },
      people: [
        {
          id: 'usr_1',
          email: 'admin@acme.example',
          name: 'Ada Lovelace',
          roles: [say(ROLE_NAMES.admin), say(PEOPLE.byProvider, { role: say(ROLE_NAMES.approver) })],
          state: say(PEOPLE.enrolled),
          mayOffer: false,
        },
        {
          id: 'usr_2',
          email: 'olga@acme.example',
          name: 'Olga Marin',
          roles: [],
          state: say(PEOPLE.notYet),
          mayOffer: true,
        },
      ],
    }),
    'console-person': personPage({
      frame: frame('people'),
      csrf,
      action: '/admin/people/usr_2',
      list: '/admin/people',
      name: 'Olga Marin',
      email: 'olga@acme.example',
      isActive: true,
      ticked: ['auditor'],
      roles: ['admin', 'security', 'auditor', 'approver'],
      notes: [
        say(PEOPLE.besides, { roles: say(ROLE_NAMES.security) }),
        say(PEOPLE.asked, { admin: 'Tom Krause', roles: `${say(ROLE_NAMES.auditor)}, ${say(ROLE_NAMES.approver)}` }),
      ],
      mayChange: true,
      notice: undefined,
      problem: undefined,
    }),
    'console-person-link': enrolmentLinkPage({
      frame: frame('people'),
      back: '/admin/people',
      email: 'olga@acme.example',
      link: 'https://acme.example/enrol/8f2k91cQ0a7m3xWvT5rZpL4nB6sYdHjE1gKuC9iOqVw',
      code: qrOf('https://acme.example/enrol/8f2k91cQ0a7m3xWvT5rZpL4nB6sYdHjE1gKuC9iOqVw'),
      until: asItIs('14:17'),
      waits: true,
    }),
    'console-recoveries': recoveriesPage({
      frame: frame('recoveries'),
      csrf,
      action: '/admin/recoveries',
      notice: undefined,
      problem: say(RECOVERIES.nobody),
      typed: { person: 'anna@acme.exmaple', reason: 'lost the phone' },
      mayAct: true,
      recoveries: [
        {
          id: 'rec_1',
          person: 'person@acme.example',
          reason: 'lost the phone',
          asked: say(RECOVERIES.askedBy, { time: '13:40', admin: 'Olga Marin' }),
          state: say(RECOVERIES.waiting),
          mayConfirm: true,
          mayCancel: true,
        },
        {
          id: 'rec_2',
          person: 'approver@acme.example',
          reason: 'new laptop',
          asked: say(RECOVERIES.askedBy, { time: '09:12', admin: 'Ada Lovelace' }),
          state: say(RECOVERIES.isRefused),
          mayConfirm: false,
          mayCancel: false,
        },
      ],
    }),
    'console-documents': documentsPage({
      ...documents,
      notice: say(LET_IN.saved),
      waiting: [
        {
          url: 'https://tools.example.com/agent.json',
          person: 'anna@acme.example',
          times: 3,
          since: asItIs('14:02'),
          href: '/admin/documents/allow',
        },
      ],
      policies: [
        {
          domain: '*',
          verdict: 'ask',
          answers: undefined,
          limits: say(LET_IN.noLimits),
          since: asItIs('09:12'),
          href: '/admin/documents/domain',
        },
        {
          domain: 'claude.ai',
          verdict: 'allow',
          answers: { owner: 'Olga Marin', deputy: 'Ada Lovelace' },
          limits: say(LIMIT_WORDS.highest_impact, { level: say(LEVEL.medium) }),
          since: asItIs('13:40'),
          href: '/admin/documents/domain',
        },
        {
          domain: 'evil.example',
          verdict: 'deny',
          answers: undefined,
          limits: say(LET_IN.noLimits),
          since: asItIs('13:40'),
          href: '/admin/documents/domain',
        },
      ],
      saysOfOthers: true,
      moreWaiting: '/admin/documents?waiting=x',
      morePolicies: '/admin/documents?after=x',
      first: '/admin/documents',
    }),
    'console-documents-none': documentsPage({ ...documents, mayChange: false }),
    'console-documents-domain': domainPage({
      frame: frame('documents'),
      csrf,
      fields: {
        domain: 'claude.ai',
        verdict: 'allow',
        owner: 'anna@acme.example',
        deputy: 'nobody@acme.example',
        actions: 'calendar.events.read\nrepos.repository.delete',
        highest_impact: 'medium',
        requests_per_minute: '60',
      },
      problems: [{ field: 'deputy', text: say(LETTING_IN.notPerson, { person: 'nobody@acme.example' }) }],
      people: [{ email: 'anna@acme.example', name: 'Anna Berg' }],
      known: true,
      kept: say(LIMIT_WORDS.token_seconds, { count: 60 }),
    }),
    'console-documents-domain-new': domainPage({
      frame: frame('documents'),
      csrf,
      fields: {},
      problems: [],
      people: [{ email: 'anna@acme.example', name: 'Anna Berg' }],
      known: false,
      kept: undefined,
    }),
    'console-documents-allow': allowDocumentPage({
      frame: frame('documents'),
      csrf,
      fields: { url: 'https://tools.example.com/agent.json' },
      problems: [],
      people: [{ email: 'anna@acme.example', name: 'Anna Berg' }],
      host: 'tools.example.com',
    }),
    'console-systems': systemsPage({
      ...systems,
      problem: say(SYSTEMS.notProven),
      claims: [
        {
          resource: 'https://library.acme.example',
          name: 'Acme Library',
          state: 'byDocument',
          when: say(SYSTEMS.since, { time: '13:40' }),
        },
        {
          resource: 'https://parking.acme.example',
          name: 'Acme Parking',
          state: 'over',
          when: say(SYSTEMS.until, { time: '09:12' }),
        },
        {
          resource: 'https://rooms.acme.example',
          name: 'Acme Rooms',
          state: 'waits',
          when: say(SYSTEMS.until, { time: '14:02' }),
          proof: {
            url: 'https://rooms.acme.example/.well-known/oauth-protected-resource',
            member: 'countersign_challenge',
            record: '_countersign-challenge.rooms.acme.example',
            value: 'wJ3sX0aV',
          },
        },
      ],
      next: '/admin/systems?after=x',
    }),
    'console-systems-none': systemsPage({ ...systems, mayChange: false }),
    'console-groups': groupsPage({
      frame: frame('policies'),
      csrf,
      mayChange: true,
      groups: [
        {
          id: 'grp_1',
          name: 'Reading',
          members: [
            { email: 'anna@acme.example', words: asItIs('Anna Berg') },
            {
              email: 'admin@acme.example',
              words: say(WHO_DECIDES.waits, { person: 'Ada Lovelace', by: 'Olga Marin' }),
            },
          ],
          askedBy: say(WHO_DECIDES.askedBy, { rules: 'Reading' }),
          waiting: { hash: 'hash', mine: false },
          removable: false,
        },
        {
          id: 'grp_2',
          name: 'GitHub',
          members: [{ email: 'anna@acme.example', words: say(WHO_DECIDES.disabled, { person: 'Anna Berg' }) }],
          askedBy: say(WHO_DECIDES.askedByNone),
          waiting: { hash: 'hash', mine: true },
          removable: true,
        },
      ],
      notice: say(WHO_DECIDES.saved),
    }),
    'console-groups-none': groupsPage({ frame: frame('policies'), csrf, mayChange: false, groups: [] }),
    'console-reviews-none': reviewsPage({
      frame: frame('reviews'),
      csrf,
      action: '/admin/reviews',
      notice: undefined,
      problems: [],
      total: 0,
      campaigns: [],
      begin: undefined,
      rules: undefined,
      agents: [],
      first: undefined,
      next: undefined,
    }),
    'console-reviews-campaign': reviewsPage({
      ...reviewed,
      notice: say(REVIEWS.started),
      problems: [],
      campaign: {
        ...campaign,
        started: say(REVIEWS.startedBy, { person: 'Ada Lovelace', time: asItIs('13:40') }),
        filter: 'level:high',
        owners: [
          { name: 'Olga Marin', agents: 30, settled: 6 },
          { name: 'Tom Krause', agents: 12, settled: 12 },
        ],
        close: '/admin/reviews/rev_1/close',
      },
      total: 24,
      campaigns: [],
      begin: undefined,
      rules: undefined,
      first: undefined,
    }),
    'console-reviews-new': startReviewPage({
      frame: frame('reviews'),
      csrf,
      action: '/admin/reviews/new',
      back: '/admin/reviews',
      name: 'Autumn 2026',
      filter: 'level:high',
      days: '30',
      found: { agents: 42, owners: 7 },
      problems: [],
    }),
    'console-reviews-rules': reviewRulesPage({
      frame: frame('reviews'),
      csrf,
      action: '/admin/reviews/rules',
      back: '/admin/reviews',
      review: '400',
      grace: '7',
      problems: [
        {
          field: 'review_days',
          text: say(REVIEWS.wholeNumber, { field: say(REVIEWS.everyDays), least: 30, most: 366 }),
        },
      ],
    }),
  };
}
