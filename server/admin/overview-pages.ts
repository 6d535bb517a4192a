import type Router from '@koa/router';

import { overviewPage, type UnreadPrompt } from '../../views/admin/overview.tsx';
import { FIGURES } from '../../views/words/console-overview.ts';
import type { PromptQuality } from '../approvals/quality.ts';
import { type Console, VIEWERS } from './console.ts';
import type { DocumentAdministration } from './documents.ts';
import type { AgentCounts, Inventory } from './inventory.ts';
import { addressOf } from './listing.ts';
import { type PromptAdministration, REPORT_DAYS, reportOf } from './prompts.ts';
import { reasonOf, STANDING, type StopStore } from './standing-stops.ts';

export interface OverviewDependencies {
  inventory: Inventory;
  stops: StopStore;
  prompts: Pick<PromptAdministration, 'quality'>;
  documents: { administration: Pick<DocumentAdministration, 'waiting'> };
}

/** A1: every figure is a link to the list that counts the same. */
export function adminOverviewPages(router: Router, console: Console, dependencies: OverviewDependencies): void {
  const { inventory, stops, documents } = dependencies;
  console.get(router, '/admin', [...VIEWERS, 'owner'], async (visit) => {
    const { organization, only, person } = visit;
    const { say, clock } = visit.speaker;
    const hourOf = (at: Date) => clock(at, person.timeZone, at);
    const [counts, day, standing, report, fromTheWeb] = await Promise.all([
      inventory.counts(organization, only),
      only === undefined ? inventory.day(organization) : undefined,
      only === undefined ? stops.list(organization, STANDING).then(({ rows }) => rows) : [],
      only === undefined ? reportOf(dependencies, organization, REPORT_DAYS) : [],
      only === undefined ? documents.administration.waiting(organization) : undefined,
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
        ...(fromTheWeb === undefined
          ? []
          : [
              {
                name: 'from_the_web',
                label: say(FIGURES.from_the_web),
                count: fromTheWeb,
                href: '/admin/documents',
                attention: true,
              },
            ]),
      ],
      standing: standing.map(({ id, name, reason, stopped_at }) => ({
        href: `/admin/stops/${id}`,
        name,
        reason: reasonOf({ reason })(visit.speaker),
        since: visit.at(stopped_at),
      })),
      unread: {
        days: REPORT_DAYS,
        prompts: report.filter(({ advice }) => advice === 'not_read').map(unreadPrompt),
      },
      tokens: byHour(day?.tokens),
      refusals: byHour(day?.refusals),
    });
  });
}

/** Each figure leads to the questions that it is made of. */
function unreadPrompt({ action, prompts, approved, denied, median_seconds }: PromptQuality): UnreadPrompt {
  const asked = (standing: string) =>
    addressOf('/admin/approvals', { q: `action:${action} ${standing} asked:${REPORT_DAYS}d`.replace('  ', ' ') });
  return {
    action,
    href: `/admin/actions/${action}`,
    asked: { count: prompts, href: asked('') },
    allowed: { percent: Math.round((1000 * approved) / (approved + denied)) / 10, href: asked('is:allowed') },
    median: { seconds: Math.round(10 * (median_seconds ?? 0)) / 10, href: asked('is:allowed is:denied') },
    // The field that rules are tried with.
    policy: `${addressOf('/admin/policies', { action })}#action`,
  };
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
