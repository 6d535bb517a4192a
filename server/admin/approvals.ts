import { REFUSED } from '../../views/words/console-refused.ts';
import { saying } from '../../views/words/saying.ts';
import type { DenyReason } from '../approvals/approval.ts';
import { describeApproval } from '../approvals/decide.ts';
import { IMPACTS, type Impact } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { RequestedAction } from '../tasks/request.ts';
import { type Act, conflict, done, malformed, type Named, type Organization, unknown } from './admin.ts';
import { type Answer, organizationOf, organizationsOf } from './call.ts';
import { gives, input, plain, reference, takes } from './input.ts';
import { type Listing, type ListingRules, type Page, parseListing } from './listing.ts';
import { always, count, instant, many, maybe, named, object, one, pageOfMany, text, withMembers } from './shapes.ts';

/** How a question stands; `stopped`: a stop overtook it while it waited. */
export const STANDINGS = ['waiting', 'allowed', 'denied', 'expired', 'stopped'] as const;
export type Standing = (typeof STANDINGS)[number];

/** How far back a list goes, in hours. */
export const WITHIN = { '1h': 1, '24h': 24, '7d': 168, '30d': 720 } as const;

/**
 * A6-2: what waits is read by level, then by what ends first; everything else latest first. `within` is when it was decided, or asked where it is not;
 * `asked` is when it was asked, as the report about prompts counts.
 */
export const APPROVAL_LISTING = {
  filters: {
    is: STANDINGS,
    level: IMPACTS,
    reason: ['not_me', 'details_wrong', 'too_much', 'not_now', 'second_person'],
    within: Object.keys(WITHIN),
    asked: Object.keys(WITHIN),
    agent: undefined,
    person: undefined,
    action: undefined,
  },
  sorts: ['urgency', 'asked'],
  order: '-asked',
} as const satisfies ListingRules;

/** One question to a person. */
export interface ListedApproval {
  id: string;
  standing: Standing;
  impact: Impact;
  actions: readonly RequestedAction[];
  agent: Named;
  person: Named;
  asked_at: Date;
  expires_at: Date;
  decided_at: Date | null;
  deny_reason: DenyReason | 'second_person' | 'instead' | null;
  /** People whose signature it takes. */
  quorum: number;
  /** Who has signed already. */
  signed: readonly { name: string; at: string }[];
  /** The reader may be the next to sign. */
  may_sign: boolean;
}

/** Questions to people, under row-level security. */
export interface ApprovalList {
  /** @param reader whose possible signature `may_sign` is about */
  list(organization: string, asked: { listing: Listing; reader: string; limit: number }): Promise<Page<ListedApproval>>;
  /** Ends a question before anybody decided it, which is nobody's no. False when nobody waits for an answer any more. */
  deny(act: Act, approval: string, reason: string): Promise<boolean>;
}

const listing = input<{ organization?: string; q?: string; sort?: string; after?: string; limit?: string }>({
  organization: reference,
  q: { type: 'string', maxLength: 500, description: 'As the console has it: is:waiting level:high' },
  sort: { type: 'string', maxLength: 20 },
  after: { type: 'string', maxLength: 1000 },
  limit: { type: 'string', pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$' },
});

/** Questions to people, as the console lists them. Allowing one is a page that its person opens. */
export const listApprovals: Answer = async (call, dependencies) => {
  const asked = listing(call.query);
  if (!asked.ok) return asked;
  const { organization, limit = '50', ...query } = asked.value;
  const parsed = parseListing(query, APPROVAL_LISTING);
  if (!parsed.ok) return malformed(parsed.problem);
  const places = await organizationsOf(call, organization, dependencies);
  if (!places.ok) return places;
  const reader = call.caller.kind === 'person' ? call.caller.person.id : '';
  const pages = await Promise.all(
    places.value.map(async (place) => {
      const asking = { listing: parsed.listing, reader, limit: Number(limit) };
      const { rows, next } = await dependencies.approvalList.list(place.id, asking);
      return { rows: rows.map((row) => shown(row, place, dependencies.catalogue())), next };
    }),
  );
  const [only, ...others] = pages;
  return done({
    approvals: pages.flatMap(({ rows }) => rows),
    next: others.length === 0 ? (only?.next ?? null) : null,
  });
};
takes(listApprovals, { query: listing });
const APPROVAL = object({
  id: text,
  organization: text,
  standing: one(...STANDINGS),
  impact: one(...IMPACTS),
  actions: many(text),
  sentence: maybe(text),
  agent: named,
  person: named,
  asked_at: instant,
  expires_at: instant,
  decided_at: maybe(instant),
  deny_reason: maybe(text),
  quorum: count,
  signed: many(object({ name: text, at: instant })),
});
gives(listApprovals, pageOfMany('approvals', APPROVAL));

export const getApproval: Answer = async (call, dependencies) => {
  const place = await organizationOf(call, call.query.organization, dependencies);
  if (!place.ok) return place;
  const id = call.params.approval ?? '';
  const asked = { filters: [], words: [id], sort: 'asked', descending: true, after: undefined };
  const { rows } = await dependencies.approvalList.list(place.value.id, { listing: asked, reader: '', limit: 2 });
  const found = rows.find((row) => row.id === id);
  return found ? done(shown(found, place.value, dependencies.catalogue())) : unknown(id);
};
gives(getApproval, withMembers(APPROVAL, {}));

const denial = input<{ organization?: string; reason: string }>({ organization: reference, reason: plain(200) }, [
  'reason',
]);

/**
 * Ends a question that waits, whoever it is put to: the agent hears a no at once. It does not count as the person's own,
 * who may be asked again. There is nothing that allows one here: that is a page that its person opens.
 */
export const denyApproval: Answer = async (call, dependencies) => {
  const asked = denial(call.body);
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const id = call.params.approval ?? '';
  const act = { organization: place.value.id, caller: call.caller };
  if (await dependencies.approvalList.deny(act, id, asked.value.reason)) return done({ id, denied: true });
  const known = await getApproval({ ...call, query: { organization: place.value.id } }, dependencies);
  return known.ok ? conflict('not_waiting', saying(REFUSED.notWaiting)) : known;
};
takes(denyApproval, { body: denial });
gives(denyApproval, object({ id: text, denied: always(true) }));

/** What was asked in the words of the catalogue, without the values of the request that no sentence says. */
function shown(row: ListedApproval, { slug, name, domains }: Organization, catalogue: Catalogue) {
  const reader = { name: '', email: '', timeZone: 'UTC', organizationName: name, organizationDomains: domains };
  const described = describeApproval(row, catalogue, reader);
  const { id, standing, impact, agent, person, asked_at, expires_at, decided_at, deny_reason, quorum, signed } = row;
  return {
    id,
    organization: slug,
    standing,
    impact,
    actions: row.actions.map(({ action }) => action),
    sentence: described?.map(({ description }) => description.headlineText).join('; ') ?? null,
    agent,
    person,
    asked_at,
    expires_at,
    decided_at,
    deny_reason,
    quorum,
    signed,
  };
}
