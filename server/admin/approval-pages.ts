import type Router from '@koa/router';

import { type ApprovalRow, approvalsPage } from '../../views/admin/approvals.tsx';
import { APPROVALS, SECOND_REASON } from '../../views/words/console-approvals.ts';
import { LIST } from '../../views/words/console-list.ts';
import { DECISION } from '../../views/words/decision.ts';
import { INBOX } from '../../views/words/inbox.ts';
import { DENY_REASONS } from '../../views/words/result.ts';
import { asItIs } from '../../views/words/words.ts';
import { describeApproval } from '../approvals/decide.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { APPROVAL_LISTING, type ApprovalList, type ListedApproval } from './approvals.ts';
import { type AdminRole, type Console, VIEWERS, type Visit } from './console.ts';
import { addressOf, chipsOf, parseListing, queryOf, sortOf } from './listing.ts';

export interface ApprovalPagesDependencies {
  approvalList: ApprovalList;
  catalogue: () => Catalogue;
}

const PATH = '/admin/approvals';
const ROWS = 50;
export const SEES_APPROVALS = [...VIEWERS, 'approver'] as const satisfies readonly AdminRole[];

/** What waits for anybody, the most urgent first (A6-2): what the page shows to whoever asks for nothing else. */
const WAITING = { q: 'is:waiting', sort: 'urgency', after: undefined };

const VIEWS = [
  ['viewWaiting', WAITING],
  ['viewCritical', { q: 'is:waiting level:critical', sort: 'urgency' }],
  ['viewDenied', { q: 'is:denied within:24h' }],
  ['viewNotMe', { q: 'reason:not_me within:24h' }],
] as const;

/** A6: questions that wait, and how the others ended. */
export function adminApprovalPages(router: Router, console: Console, dependencies: ApprovalPagesDependencies): void {
  const { approvalList, catalogue } = dependencies;

  console.get(router, PATH, SEES_APPROVALS, async (visit) => {
    const { say, speaker } = { say: visit.speaker.say, speaker: visit.speaker };
    const asked = queryOf(visit.ctx.query);
    const query = asked.q === undefined && asked.sort === undefined && asked.after === undefined ? WAITING : asked;
    const { q, sort } = query;
    const parsed = parseListing(query, APPROVAL_LISTING);
    const listing = parsed.ok ? parsed.listing : undefined;
    const found =
      listing && (await approvalList.list(visit.organization, { listing, reader: visit.person.id, limit: ROWS }));
    return approvalsPage({
      frame: visit.frame(PATH),
      list: {
        action: PATH,
        q: q ?? '',
        sort,
        hint: 'is:waiting level:high',
        chips: chipsOf(PATH, query),
        views: VIEWS.map(([label, view]) => ({
          label: say(APPROVALS[label]),
          href: addressOf(PATH, view),
          current: q === view.q,
        })),
        nothing: say(!parsed.ok ? LIST.nothingSought : q === WAITING.q ? APPROVALS.nothingWaits : APPROVALS.none),
        first: query.after === undefined ? undefined : addressOf(PATH, { q, sort }),
        next: found?.next === undefined ? undefined : addressOf(PATH, { q, sort, after: found.next }),
        problem: parsed.ok ? undefined : parsed.problem(speaker),
        exports: [],
      },
      columns: [
        { label: say(APPROVALS.what) },
        { label: say(APPROVALS.level), sort: sortOf(PATH, query, 'urgency', listing) },
        { label: say(APPROVALS.agent) },
        { label: say(APPROVALS.person) },
        { label: say(APPROVALS.asked), sort: sortOf(PATH, query, 'asked', listing) },
        { label: say(APPROVALS.until) },
        { label: say(APPROVALS.state) },
        { label: say(APPROVALS.signatures) },
        {},
      ],
      approvals: (found?.rows ?? []).map((one) => rowOf(one, visit, catalogue())),
    });
  });
}

function rowOf(one: ListedApproval, visit: Visit, catalogue: Catalogue): ApprovalRow {
  const { say, catalogue: language, clock } = visit.speaker;
  const described = describeApproval(one, catalogue, visit.person, language);
  const missing = one.standing === 'waiting' && one.quorum > 1 ? one.quorum - one.signed.length : 0;
  const reasons = { ...DENY_REASONS, ...SECOND_REASON };
  return {
    id: one.id,
    level: one.impact,
    what:
      described?.map(({ description }) => description.headlineText).join(say(DECISION.and)) ??
      say(INBOX.noLongerOffered),
    agent: {
      // Who only decides has nothing to look for there.
      href: visit.only === undefined ? `/admin/agents/${one.agent.id}` : undefined,
      name: one.agent.name ?? one.agent.id,
    },
    person: one.person.name ?? one.person.id,
    asked: visit.at(one.asked_at),
    until: one.standing === 'waiting' ? visit.at(one.expires_at) : asItIs('–'),
    standing: one.standing,
    reason: one.deny_reason && reasons[one.deny_reason] ? say(reasons[one.deny_reason]) : undefined,
    signatures: [
      ...(one.quorum > 1 ? one.signed : []).map(({ name, at }) =>
        say(APPROVALS.signedBy, { person: name, time: clock(new Date(at), visit.person.timeZone) }),
      ),
      ...(missing > 0 ? [say(APPROVALS.needs, { count: missing })] : []),
    ],
    review:
      one.may_sign || (one.standing === 'waiting' && one.person.id === visit.person.id) ? `/r/${one.id}` : undefined,
  };
}
