import type Router from '@koa/router';

import { reviewsPage } from '../../views/admin/review.tsx';
import { FORM } from '../../views/words/console-form.ts';
import { REVIEWS } from '../../views/words/console-review.ts';
import type { Said } from '../../views/words/words.ts';
import { flagsOf, unusedActions } from '../agents/flags.ts';
import { type AgentFacts, type OwnershipStore, VERDICTS, type Verdict } from '../agents/ownership.ts';
import { type Accountability, describeVerdict } from './accountability.ts';
import { type Console, KEEPERS, type Visit } from './console.ts';

export interface ReviewDependencies {
  accountability: Accountability;
  ownership: OwnershipStore;
}

const PATH = '/admin/reviews';
/** Agents that are answered at once: more than anybody reads. */
const ROWS = 50;

/** A9: what is due, for whoever answers for it. Each answer is a review of its own, with its own evidence. */
export function adminReviewPages(
  router: Router,
  console: Console,
  { accountability, ownership }: ReviewDependencies,
): void {
  console.get(router, PATH, [...KEEPERS, 'owner'], (visit) => show(visit, undefined, []));

  console.post(router, PATH, [...KEEPERS, 'owner'], async (visit, form) => {
    const answers = [...form].flatMap(([name, verdict]) =>
      name.startsWith('verdict ') && VERDICTS.includes(verdict as Verdict)
        ? [[name.slice('verdict '.length), verdict as Verdict] as const]
        : [],
    );
    const { say } = visit.speaker;
    const problems: Said[] = [];
    const counts = { confirm: 0, narrow: 0, retire: 0 };
    for (const [agent, verdict] of answers.slice(0, ROWS)) {
      const outcome = await reviewed(visit, agent, verdict);
      if (!outcome) problems.push(say(REVIEWS.notYours));
      else if ('reviewed' in outcome) counts[verdict] += 1;
      else {
        const { refused } = outcome;
        const name = (await due(visit)).find(({ id }) => id === agent)?.name ?? agent;
        problems.push(say(FORM.sentence, { text: describeVerdict(refused, name)(visit.speaker) }));
      }
    }
    const { confirm: kept, narrow: narrowed, retire: ended } = counts;
    const done = say(REVIEWS.done, { kept, narrowed, ended });
    return { document: await show(visit, done, problems), status: problems.length > 0 ? 409 : 200 };
  });

  const reviewed = ({ organization, caller, only, person }: Visit, agent: string, verdict: Verdict) =>
    only === undefined
      ? accountability.review({ organization, caller }, agent, verdict, 'reviewed in the console')
      : ownership.review(organization, person.id, agent, verdict, 'reviewed in the console');

  async function due({ organization, only }: Visit): Promise<AgentFacts[]> {
    const now = new Date();
    const all: AgentFacts[] = [];
    if (only !== undefined)
      all.push(...(await ownership.owned(organization, only)).filter(({ owner }) => owner.id === only));
    else
      for (let after = ''; ; after = all.at(-1)?.id ?? '') {
        const facts = await accountability.facts(organization, { after, limit: 1000 });
        all.push(...facts);
        if (facts.length < 1000) break;
      }
    const isDue = (facts: AgentFacts) =>
      flagsOf(facts, now).some((flag) => flag === 'review_due' || flag === 'review_overdue');
    return all.filter(isDue).toSorted((a, b) => a.reviewAt.getTime() - b.reviewAt.getTime());
  }

  async function show(visit: Visit, notice: Said | undefined, problems: readonly Said[]): Promise<string> {
    const all = await due(visit);
    const now = new Date();
    const { say } = visit.speaker;
    return reviewsPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      action: PATH,
      notice,
      problems,
      agents: all.slice(0, ROWS).map((agent) => ({
        id: agent.id,
        href: `/admin/agents/${agent.id}/may-do`,
        name: agent.name,
        owner: agent.owner.name,
        due: visit.at(agent.reviewAt),
        overdue: agent.reviewAt <= now,
        allowed: agent.allowed === null ? say(REVIEWS.anything) : agent.allowed.join(', ') || say(REVIEWS.nothing),
        unused: unusedActions(agent, now),
        lastUsed: agent.lastUsedAt ? visit.at(agent.lastUsedAt) : say(REVIEWS.never),
      })),
      more: all.length > ROWS,
    });
  }
}
