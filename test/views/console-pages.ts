import { agentsPage } from '../../views/admin/agents.tsx';
import type { AdminFrame } from '../../views/admin/shell.tsx';
import { AGENT_VIEWS, FLAG_NAMES, INVENTORY } from '../../views/words/console-agents.ts';
import { LIST, LISTING } from '../../views/words/console-list.ts';
import { PARTS } from '../../views/words/console-shell.ts';
import type { PageLanguage } from '../../views/words/language.ts';
import { speakerOf } from '../../views/words/speaker.ts';
import { asItIs } from '../../views/words/words.ts';

/** What others wrote on the pages of the console, and what is written so in every language. */
export const CONSOLE_NAMES = [
  ...['Ada Lovelace', 'admin@acme.example', 'Olga Marin', 'Meeting Helper', 'Room Finder', 'Finds a room', 'CSV'],
  ...['status:active level:high finance', 'status:active', 'flag:dormant'],
];

/** Every page of the console, in this language. */
export function consolePagesIn(language: PageLanguage): Record<string, string> {
  const speaker = speakerOf(language);
  const { say } = speaker;
  const csrf = 'csrf-value';

  const frame = (current: keyof typeof PARTS): AdminFrame => ({
    speaker,
    organizationName: 'Acme',
    person: { name: 'Ada Lovelace', email: 'admin@acme.example' },
    csrf,
    requestId: 'http_5k2m',
    returnTo: '/admin',
    stop: '/admin/stop',
    sections: (['overview', 'agents', 'reviews', 'actions', 'policies'] as const).map((part) => ({
      href: part === 'overview' ? '/admin' : `/admin/${part}`,
      label: say(PARTS[part]),
      current: part === current,
    })),
  });

  const agents = agentsPage({
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
  });

  return { 'console-agents': agents };
}
