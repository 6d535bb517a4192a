import type Router from '@koa/router';

import { type CampaignProps, reviewRulesPage, reviewsPage, startReviewPage } from '../../views/admin/review.tsx';
import { FORM } from '../../views/words/console-form.ts';
import { REVIEWS } from '../../views/words/console-review.ts';
import type { PlainMessage, Said } from '../../views/words/words.ts';
import { unusedActions } from '../agents/flags.ts';
import { OWN_REASONS, RULE_BOUNDS } from '../agents/lifecycle.ts';
import { type AgentFacts, VERDICTS, type Verdict } from '../agents/ownership.ts';
import { describeVerdict } from './accountability.ts';
import type { AdminRefusal } from './admin.ts';
import { setAgentRules } from './agent-rules.ts';
import type { AdminDependencies, Answer } from './call.ts';
import { type Console, KEEPERS, nothingHere, refusalWords, type Visit } from './console.ts';
import { reachOf } from './inventory.ts';
import { addressOf, parseCursor } from './listing.ts';
import { agentsFor, CAMPAIGN_DAYS, type Campaign, closeCampaign, startCampaign } from './reviews.ts';

const PATH = '/admin/reviews';
/** Agents that are answered at once: more than anybody reads. */
const ROWS = 50;
/** Campaigns beside what is due: the newest. */
const CAMPAIGNS = 20;
const DAYS = 30;

/** A9: what is due, for whoever answers for it, and campaigns. Each answer is a review of its own, with its own evidence. */
export function adminReviewPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const { accountability, ownership, reviews, agentRules, catalogue } = dependencies;
  const ANSWERED_BY = [...KEEPERS, 'owner'] as const;
  const ask = (answer: Answer, { caller }: Visit, params: Record<string, string>, body: object) =>
    answer({ caller, params, query: {}, body, text: '' }, dependencies);

  console.get(router, PATH, ANSWERED_BY, (visit) => show(visit, undefined, {}));
  console.post(router, PATH, ANSWERED_BY, async (visit, form) => answered(visit, undefined, form));

  console.get(router, `${PATH}/rules`, ['admin'], (visit) => rulesPage(visit, undefined, []));
  console.post(router, `${PATH}/rules`, ['admin'], async (visit, form) => {
    const typed = { review: form.get('review_days') ?? '', grace: form.get('unowned_grace_days') ?? '' };
    const numbers = { review_days: Number(typed.review || 'x'), unowned_grace_days: Number(typed.grace || 'x') };
    const outcome = await ask(setAgentRules, visit, {}, numbers);
    if (outcome.ok) return `${PATH}?done=ruled`;
    const { say } = visit.speaker;
    const within = (name: keyof typeof RULE_BOUNDS, value: number) =>
      Number.isInteger(value) && value >= RULE_BOUNDS[name][0] && value <= RULE_BOUNDS[name][1];
    const problem = (name: keyof typeof RULE_BOUNDS, field: string, label: Said) => {
      const [least, most] = RULE_BOUNDS[name];
      return { field, text: say(REVIEWS.wholeNumber, { field: label, least, most }) };
    };
    const problems = [
      ...(within('reviewDays', numbers.review_days)
        ? []
        : [problem('reviewDays', 'review_days', say(REVIEWS.everyDays))]),
      ...(within('unownedGraceDays', numbers.unowned_grace_days)
        ? []
        : [problem('unownedGraceDays', 'unowned_grace_days', say(REVIEWS.graceDays))]),
    ];
    return { document: await rulesPage(visit, typed, problems), status: 422 };
  });

  console.get(router, `${PATH}/new`, ['admin'], async (visit) => {
    const { q } = visit.ctx.query;
    return startPage(visit, { name: '', filter: typeof q === 'string' ? q : '', days: String(DAYS) }, undefined, []);
  });
  console.post(router, `${PATH}/new`, ['admin'], async (visit, form) => {
    const typed = {
      name: form.get('name')?.trim() ?? '',
      filter: form.get('filter')?.trim() ?? '',
      days: form.get('days')?.trim() ?? '',
    };
    const { say } = visit.speaker;
    const [least, most] = CAMPAIGN_DAYS;
    const days = /^\d{1,3}$/.test(typed.days) ? Number(typed.days) : 0;
    const problems = [
      ...(typed.name === '' || [...typed.name].length > 80 ? [{ field: 'name', text: say(REVIEWS.nameIt) }] : []),
      ...(days < least || days > most
        ? [{ field: 'days', text: say(REVIEWS.wholeNumber, { field: say(REVIEWS.untilDays), least, most }) }]
        : []),
    ];
    if (problems.length > 0) return { document: startPage(visit, typed, undefined, problems), status: 422 };
    // Another filter than the one that was looked at is looked at first.
    if (form.get('start') !== `=${typed.filter}`) {
      // Whom it would ask is seen before anybody is asked.
      const found = await agentsFor(visit.organization, typed.filter, dependencies);
      if (!found.ok) {
        const wrong = [{ field: 'filter', text: whyNot(found, visit) }];
        return { document: startPage(visit, typed, undefined, wrong), status: 422 };
      }
      const owners = new Set(found.value.map(({ owner }) => owner)).size;
      return { document: startPage(visit, typed, { agents: found.value.length, owners }, []), status: 200 };
    }
    const { name, filter } = typed;
    const outcome = await ask(startCampaign, visit, {}, { name, filter, days });
    if (outcome.ok) return `${PATH}/${(outcome.value as { id: string }).id}?done=started`;
    const field = outcome.reason === 'name_taken' ? 'name' : 'filter';
    const wrong = [{ field, text: whyNot(outcome, visit) }];
    return { document: startPage(visit, typed, undefined, wrong), status: outcome.status };
  });

  console.get(router, `${PATH}/:campaign`, ANSWERED_BY, async (visit) => show(visit, await campaignIn(visit), {}));
  console.post(router, `${PATH}/:campaign`, ANSWERED_BY, async (visit, form) =>
    answered(visit, await campaignIn(visit), form),
  );
  console.post(router, `${PATH}/:campaign/close`, ['admin'], async (visit) => {
    const { id } = await campaignIn(visit);
    await ask(closeCampaign, visit, { campaign: id }, {});
    return `${PATH}/${id}`;
  });

  async function campaignIn({ organization, only, ctx }: Visit): Promise<Campaign> {
    const campaign = await reviews.campaign(organization, String(ctx.params.campaign), only);
    if (!campaign) throw nothingHere();
    return campaign;
  }

  async function answered(visit: Visit, campaign: Campaign | undefined, form: ReadonlyMap<string, string>) {
    const { say } = visit.speaker;
    const problems: Said[] = [];
    const counts = { confirm: 0, narrow: 0, retire: 0 };
    for (const [agent, verdict] of await answersIn(visit, form)) {
      const outcome = await reviewed(visit, agent, verdict);
      if (!outcome) problems.push(say(REVIEWS.notYours));
      else if ('reviewed' in outcome) counts[verdict] += 1;
      else {
        const [facts] = await accountability.facts(visit.organization, { agent });
        const text = describeVerdict(outcome.refused, facts?.name ?? agent)(visit.speaker);
        problems.push(say(FORM.sentence, { text }));
      }
    }
    const { confirm: kept, narrow: narrowed, retire: ended } = counts;
    const notice = say(REVIEWS.done, { kept, narrowed, ended });
    const document = await show(visit, campaign, { notice, problems });
    return { document, status: problems.length > 0 ? 409 : 200 };
  }

  /** One answer each; what has none gets the answer for all the rest, as far as there may be one. */
  async function answersIn(visit: Visit, form: ReadonlyMap<string, string>): Promise<(readonly [string, Verdict])[]> {
    const fields = [...form].flatMap(([name, value]) =>
      name.startsWith('verdict ') ? [[name.slice('verdict '.length), value] as const] : [],
    );
    const rest = form.get('rest');
    const answers: (readonly [string, Verdict])[] = [];
    for (const [agent, value] of fields.slice(0, ROWS)) {
      if (VERDICTS.includes(value as Verdict)) answers.push([agent, value as Verdict]);
      else if (rest === 'narrow' || rest === 'confirm') {
        const [facts] = await accountability.facts(visit.organization, { agent });
        if (facts && mayBeAmongTheRest(visit, facts, rest)) answers.push([agent, rest]);
      }
    }
    return answers;
  }

  /** What nobody used is taken away from many at once; kept at once is only what cannot do much (A9). */
  const mayBeAmongTheRest = (visit: Visit, facts: AgentFacts, verdict: 'narrow' | 'confirm'): boolean =>
    verdict === 'narrow' ? unusedActions(facts, new Date()).length > 0 : !isHigh(levelOf(visit, facts));

  const levelOf = ({ organization }: Visit, { allowed }: AgentFacts) =>
    reachOf(allowed, catalogue().seenBy(organization)).level ?? 'low';

  const reviewed = ({ organization, caller, only, person }: Visit, agent: string, verdict: Verdict) =>
    only === undefined
      ? accountability.review({ organization, caller }, agent, verdict, OWN_REASONS.reviewedInConsole.en)
      : ownership.review(organization, person.id, agent, verdict, OWN_REASONS.reviewedInConsole.en);

  async function show(
    visit: Visit,
    campaign: Campaign | undefined,
    { notice = noticeOf(visit), problems = [] }: { notice?: Said | undefined; problems?: readonly Said[] },
  ): Promise<string> {
    const { organization, only, ctx, roles } = visit;
    const { say } = visit.speaker;
    const after = typeof ctx.query.after === 'string' ? parseCursor(ctx.query.after) : undefined;
    const path = campaign ? `${PATH}/${campaign.id}` : PATH;
    // What was just answered counts already.
    const fresh = campaign && (await reviews.campaign(organization, campaign.id));
    const asked = { owner: only, campaign: campaign?.id, after, limit: ROWS };
    const { rows, next } = fresh?.closedAt ? { rows: [], next: undefined } : await reviews.due(organization, asked);
    const now = new Date();
    return reviewsPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      action: path,
      notice,
      problems,
      ...(fresh && { campaign: await campaignProps(visit, fresh) }),
      total: fresh ? fresh.agents - fresh.settled : await reviews.dueCount(organization, only),
      campaigns: campaign ? [] : await openCampaigns(visit),
      begin: !campaign && roles.has('admin') ? `${PATH}/new` : undefined,
      rules: campaign ? undefined : await rulesOf(visit),
      agents: rows.map((agent) => ({
        id: agent.id,
        href: `/admin/agents/${agent.id}/may-do`,
        name: agent.name,
        owner: agent.owner.name,
        due: visit.at(agent.reviewAt),
        overdue: agent.reviewAt <= now,
        level: levelOf(visit, agent),
        allowed:
          agent.allowed?.map((action) => {
            const at = agent.usedAt[action];
            return { action, used: at ? visit.at(new Date(at)) : say(REVIEWS.never) };
          }) ?? null,
        unused: unusedActions(agent, now),
        lastUsed: agent.lastUsedAt ? visit.at(agent.lastUsedAt) : say(REVIEWS.never),
      })),
      first: after && path,
      next: next && addressOf(path, { after: next }),
    });
  }

  async function openCampaigns(visit: Visit) {
    const asked = { words: [], filters: {}, after: undefined, limit: CAMPAIGNS };
    const { rows } = await reviews.campaigns(visit.organization, asked, visit.only);
    return rows.map((campaign) => ({ ...farOf(visit, campaign), href: `${PATH}/${campaign.id}` }));
  }

  async function campaignProps(visit: Visit, campaign: Campaign): Promise<CampaignProps> {
    const owners = visit.only === undefined ? await reviews.owners(visit.organization, campaign.id) : [];
    return {
      ...farOf(visit, campaign),
      started: visit.speaker.say(REVIEWS.startedBy, { person: campaign.startedBy, time: visit.at(campaign.startedAt) }),
      filter: campaign.filter,
      owners: owners.map(({ owner, agents, settled }) => ({ name: owner.name, agents, settled })),
      close: visit.roles.has('admin') && !campaign.closedAt ? `${PATH}/${campaign.id}/close` : undefined,
    };
  }

  const farOf = (visit: Visit, { name, agents, settled, dueAt, closedAt }: Campaign) => ({
    name,
    agents,
    settled,
    until: closedAt
      ? visit.speaker.say(REVIEWS.closedAt, { time: visit.at(closedAt) })
      : visit.speaker.say(REVIEWS.until, { time: visit.at(dueAt) }),
    closed: closedAt !== null,
  });

  async function rulesOf(visit: Visit) {
    const { reviewDays, unownedGraceDays } = await agentRules.get(visit.organization);
    return {
      says: visit.speaker.say(REVIEWS.ruled, { days: reviewDays, grace: unownedGraceDays }),
      href: visit.roles.has('admin') ? `${PATH}/rules` : undefined,
    };
  }

  async function rulesPage(
    visit: Visit,
    typed: { review: string; grace: string } | undefined,
    problems: readonly { field: string; text: Said }[],
  ): Promise<string> {
    const rules = await agentRules.get(visit.organization);
    const { review, grace } = typed ?? { review: String(rules.reviewDays), grace: String(rules.unownedGraceDays) };
    return reviewRulesPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      action: `${PATH}/rules`,
      back: PATH,
      review,
      grace,
      problems,
    });
  }

  const startPage = (
    visit: Visit,
    typed: { name: string; filter: string; days: string },
    found: { agents: number; owners: number } | undefined,
    problems: readonly { field: string; text: Said }[],
  ): string =>
    startReviewPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      action: `${PATH}/new`,
      back: PATH,
      ...typed,
      found,
      problems,
    });
}

/** What is wrong with a filter is a sentence of its own. */
const whyNot = (refusal: AdminRefusal, visit: Visit): Said =>
  (refusal.status === 400 ? refusal.said?.(visit.speaker) : undefined) ?? refusalWords(refusal, visit);

const isHigh = (level: string): boolean => level === 'high' || level === 'critical';

const NOTICES = new Map<string, PlainMessage>([
  ['ruled', REVIEWS.rulesSaved],
  ['started', REVIEWS.started],
]);
const noticeOf = ({ ctx, speaker }: Visit): Said | undefined => {
  const notice = NOTICES.get(String(ctx.query.done));
  return notice && speaker.say(notice);
};
