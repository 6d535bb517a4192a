import type Router from '@koa/router';

import { overviewPage } from '../../views/admin/overview.tsx';
import { FIGURES } from '../../views/words/console-overview.ts';
import { type Console, VIEWERS } from './console.ts';
import type { AgentCounts, Inventory } from './inventory.ts';
import { addressOf } from './listing.ts';
import { STANDING, type StopStore } from './standing-stops.ts';

export interface OverviewDependencies {
  inventory: Inventory;
  stops: StopStore;
}

/** A1: every figure is a link to the list that counts the same. */
export function adminOverviewPages(router: Router, console: Console, { inventory, stops }: OverviewDependencies): void {
  console.get(router, '/admin', [...VIEWERS, 'owner'], async (visit) => {
    const { organization, only, person } = visit;
    const { say, clock } = visit.speaker;
    const hourOf = (at: Date) => clock(at, person.timeZone, at);
    const [counts, day, standing] = await Promise.all([
      inventory.counts(organization, only),
      only === undefined ? inventory.day(organization) : undefined,
      only === undefined ? stops.list(organization, STANDING).then(({ rows }) => rows) : [],
    ]);
    const now = Date.now();
    const byHour = (counts: readonly number[] = []) =>
      counts.map((count, index) => ({ hour: hourOf(new Date(now - (counts.length - index) * 3_600_000)), count }));
    return overviewPage({
      frame: visit.frame('/admin'),
      figures: [
        ...AGENT_FIGURES.map(([name, q, attention]) => ({
          name,
          label: say(FIGURES[name]),
          count: counts[name],
          href: addressOf('/admin/agents', { q }),
          attention,
        })),
        ...(day
          ? DAY_FIGURES.map(([name, query, attention]) => ({
              name,
              label: say(FIGURES[name]),
              count: day[name],
              href: addressOf('/admin/approvals', query),
              attention,
            }))
          : []),
      ],
      standing: standing.map(({ id, name, reason, stopped_at }) => ({
        href: `/admin/stops/${id}`,
        name,
        reason,
        since: visit.at(stopped_at),
      })),
      tokens: byHour(day?.tokens),
      refusals: byHour(day?.refusals),
    });
  });
}

/** What each counts, the list that counts the same, and whether somebody should look at it. */
const AGENT_FIGURES = [
  ['active', 'status:active', false],
  ['pending', 'status:pending', false],
  ['ownerless', 'flag:ownerless', true],
  ['review_overdue', 'flag:review_overdue', true],
  ['dormant', 'flag:dormant', true],
  ['never_used', 'flag:never_used', false],
  ['expiring', 'flag:expiring', false],
  ['muted', 'flag:muted', false],
  ['reported', 'flag:reported', true],
  ['stopped', 'is:stopped', true],
] as const satisfies readonly (readonly [name: keyof AgentCounts, q: string, attention: boolean])[];

const DAY_FIGURES = [
  ['waiting', { q: 'is:waiting', sort: 'urgency' }, false],
  ['waiting_critical', { q: 'is:waiting level:critical', sort: 'urgency' }, true],
  ['denied', { q: 'is:denied within:24h' }, false],
  ['not_me', { q: 'reason:not_me within:24h' }, true],
] as const;
