import type Router from '@koa/router';

import { type Figure, overviewPage } from '../../views/admin/overview.tsx';
import { type Console, VIEWERS } from './console.ts';
import type { AgentCounts, Inventory } from './inventory.ts';
import { addressOf } from './listing.ts';
import type { StopStore } from './standing-stops.ts';

export interface OverviewDependencies {
  inventory: Inventory;
  stops: StopStore;
}

/** A1: every figure is a link to the list that counts the same. */
export function adminOverviewPages(router: Router, console: Console, { inventory, stops }: OverviewDependencies): void {
  console.get(router, '/admin', [...VIEWERS, 'owner'], async (visit) => {
    const { organization, only, person } = visit;
    const [counts, day, standing] = await Promise.all([
      inventory.counts(organization, only),
      only === undefined ? inventory.day(organization) : undefined,
      only === undefined ? stops.list(organization, true) : [],
    ]);
    const now = Date.now();
    return overviewPage({
      frame: visit.frame('/admin'),
      figures: [
        ...AGENT_FIGURES.map(([label, count, q, attention]) => ({
          label,
          count: counts[count],
          href: addressOf('/admin/agents', { q }),
          attention,
        })),
        ...(day
          ? ([
              { label: 'waiting for an approval', count: day.waiting },
              { label: 'of them critical', count: day.waiting_critical, attention: true },
              { label: 'denied in 24 hours', count: day.denied },
              { label: '“I did not start this”', count: day.not_me, attention: true },
              { label: 'refused by this server', count: day.refused },
            ] satisfies Figure[])
          : []),
      ],
      standing: standing.map(({ id, name, reason, stopped_at }) => ({
        href: `/admin/stops/${id}`,
        name,
        reason,
        since: visit.at(stopped_at),
      })),
      tokens: (day?.tokens ?? []).map((count, index, all) => ({
        hour: new Date(now - (all.length - index) * 3_600_000).toLocaleTimeString('en-GB', {
          timeZone: person.timeZone,
          hour: '2-digit',
          minute: '2-digit',
        }),
        count,
      })),
    });
  });
}

const AGENT_FIGURES: readonly [label: string, count: keyof AgentCounts, q: string, attention: boolean][] = [
  ['agents active', 'active', 'status:active', false],
  ['waiting to begin', 'pending', 'status:pending', false],
  ['ownerless', 'ownerless', 'flag:ownerless', true],
  ['reviews overdue', 'review_overdue', 'flag:review_overdue', true],
  ['stale', 'dormant', 'flag:dormant', true],
  ['never used', 'never_used', 'flag:never_used', false],
  ['expiring', 'expiring', 'flag:expiring', false],
  ['paused by people', 'muted', 'flag:muted', false],
  ['reported by people', 'reported', 'flag:reported', true],
  ['stopped', 'stopped', 'is:stopped', true],
];
