import type Router from '@koa/router';

import { type AgentRow, agentsPage } from '../../views/admin/agents.tsx';
import type { AdminList } from '../../views/admin/list.tsx';
import { AGENT_VIEWS, FLAG_NAMES, INVENTORY } from '../../views/words/console-agents.ts';
import { LIST } from '../../views/words/console-list.ts';
import { asItIs, type PlainMessage, type Said } from '../../views/words/words.ts';
import { purposeIn } from '../agents/presets.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { BadRequest } from '../http/form.ts';
import { type Console, KEEPERS, VIEWERS, type Visit } from './console.ts';
import {
  AGENT_LISTING,
  type COUNTED_FLAGS,
  type Inventory,
  type InventoryRow,
  reachFilter,
  reachOf,
} from './inventory.ts';
import { addressOf, chipsOf, csvOf, type Listing, parseListing, queryOf, quoted, sortOf } from './listing.ts';

export interface AgentPagesDependencies {
  inventory: Inventory;
  catalogue: () => Catalogue;
}

const PATH = '/admin/agents';
const ROWS = 50;
/** Rows of one export: more is what the admin API pages through. */
const EXPORTED = 10_000;

const VIEWS = [
  'ownerless',
  'dormant',
  'review_overdue',
  'expiring',
  'never_used',
  'reported',
] as const satisfies readonly (typeof COUNTED_FLAGS)[number][];

/** A2: the inventory. */
export function adminAgentPages(router: Router, console: Console, dependencies: AgentPagesDependencies): void {
  const { inventory, catalogue } = dependencies;
  const seen = (visit: Visit) => catalogue().seenBy(visit.organization);

  console.get(router, PATH, [...VIEWERS, 'owner'], async (visit) => {
    const query = queryOf(visit.ctx.query);
    const parsed = parseListing(query, AGENT_LISTING);
    const listing = parsed.ok ? parsed.listing : undefined;
    const [found, counts] = await Promise.all([
      listing && inventory.list(visit.organization, { ...asked(visit, listing), limit: ROWS }),
      inventory.counts(visit.organization, visit.only),
    ]);
    const may = KEEPERS.some((role) => visit.roles.has(role)) || visit.roles.has('owner');
    const { q, sort } = query;
    const { say } = visit.speaker;
    return agentsPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      total: counts.all,
      notice: noticeOf(visit),
      register: visit.roles.has('admin') ? `${PATH}/new` : undefined,
      list: {
        action: PATH,
        q: q ?? '',
        sort,
        hint: 'status:active level:high finance',
        chips: chipsOf(PATH, query),
        views: VIEWS.map((flag) => ({
          label: say(AGENT_VIEWS[flag]),
          count: counts[flag],
          href: addressOf(PATH, { q: `flag:${flag}` }),
          current: q === `flag:${flag}`,
        })),
        nothing: say(parsed.ok ? INVENTORY.none : LIST.nothingSought),
        first: query.after === undefined ? undefined : addressOf(PATH, { q, sort }),
        next: found?.next === undefined ? undefined : addressOf(PATH, { q, sort, after: found.next }),
        problem: parsed.ok ? undefined : parsed.problem(visit.speaker),
        exports: [
          { label: say(LIST.exportCsv), href: addressOf(`${PATH}.csv`, { q, sort }) },
          { label: say(LIST.exportJsonLines), href: addressOf(`${PATH}.jsonl`, { q, sort }) },
        ],
        command: `countersign agents list${q ? ` --filter ${quoted(q)}` : ''}${sort ? ` --sort ${sort}` : ''}`,
      },
      columns: columnsOf(visit, query, listing),
      agents: (found?.rows ?? []).map((row) => rowOf(row, visit, seen(visit), may)),
    });
  });

  for (const format of ['csv', 'jsonl'] as const) {
    console.get(router, `${PATH}.${format}`, [...VIEWERS, 'owner'], async (visit) => {
      const parsed = parseListing(queryOf(visit.ctx.query), AGENT_LISTING);
      if (!parsed.ok) throw new BadRequest(parsed.problem);
      const { rows } = await inventory.list(visit.organization, { ...asked(visit, parsed.listing), limit: EXPORTED });
      const { ctx } = visit;
      ctx.set('Content-Disposition', `attachment; filename="agents.${format}"`);
      ctx.set('Cache-Control', 'no-store');
      ctx.set('X-Content-Type-Options', 'nosniff');
      ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/jsonl';
      ctx.body =
        format === 'csv'
          ? csvOf([EXPORT.map(([name]) => name), ...rows.map((row) => EXPORT.map(([, cell]) => cell(row)))])
          : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
      return undefined;
    });
  }

  const asked = (visit: Visit, listing: Listing) => ({
    listing,
    reach: reachFilter(listing, seen(visit)),
    only: visit.only,
  });
}

const COLUMNS: readonly { label?: PlainMessage; sort?: string; number?: boolean }[] = [
  { label: INVENTORY.name, sort: 'name' },
  { label: INVENTORY.owner, sort: 'owner' },
  { label: INVENTORY.actsFor },
  { label: INVENTORY.systems, number: true },
  { label: INVENTORY.topLevel },
  { label: INVENTORY.lastUsed, sort: 'last_used' },
  { label: INVENTORY.asked, number: true },
  { label: INVENTORY.allowed, number: true },
  { label: INVENTORY.flags },
  {},
];

const columnsOf = (
  { speaker }: Visit,
  query: ReturnType<typeof queryOf>,
  listing: Listing | undefined,
): AdminList['columns'] =>
  COLUMNS.map(({ label, sort, number }) => ({
    label: label && speaker.say(label),
    number,
    sort: sort === undefined ? undefined : sortOf(PATH, query, sort, listing),
  }));

function rowOf(row: InventoryRow, visit: Visit, catalogue: Catalogue, mayPause: boolean): AgentRow {
  const { systems, level } = reachOf(row.actions, catalogue);
  const { say } = visit.speaker;
  return {
    id: row.id,
    href: `${PATH}/${row.id}`,
    name: row.name,
    purpose: purposeIn(row.purpose ?? '', visit.speaker),
    status: row.stopped ? 'stopped' : row.status,
    owner: row.owner.name ?? row.owner.id,
    actsFor:
      row.mode === 'sub_agent' && row.people === 0
        ? say(INVENTORY.otherAgents)
        : say(INVENTORY.people, { count: row.people }),
    systems: systems.length,
    level,
    lastUsed: row.last_used ? visit.at(row.last_used) : say(INVENTORY.never),
    asked: row.asked,
    allowed:
      row.decided === 0
        ? asItIs('–')
        : say(INVENTORY.percent, { number: Math.round((100 * row.allowed) / row.decided) }),
    flags: row.flags.map((flag) => say(FLAG_NAMES[flag])),
    pause: mayPause && row.status === 'active' ? `${PATH}/${row.id}/pause` : undefined,
  };
}

const EXPORT: readonly (readonly [name: string, cell: (row: InventoryRow) => unknown])[] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['status', ({ status }) => status],
  ['mode', ({ mode }) => mode],
  ['purpose', ({ purpose }) => purpose],
  ['owner', ({ owner }) => owner.email],
  ['deputy', ({ deputy }) => deputy.email],
  ['actions', ({ actions }) => actions],
  ['people', ({ people }) => people],
  ['asked_7d', ({ asked }) => asked],
  ['allowed_7d', ({ allowed }) => allowed],
  ['last_used', ({ last_used }) => last_used],
  ['registered_at', ({ registered_at }) => registered_at],
  ['expires_at', ({ expires_at }) => expires_at],
  ['environment', ({ environment }) => environment],
  ['flags', ({ flags }) => flags],
];

const noticeOf = ({ ctx, speaker }: Visit): Said | undefined =>
  ctx.query.done === 'paused' ? speaker.say(INVENTORY.paused) : undefined;

/** For a shell: single quotes around, and none within that ends them. */
