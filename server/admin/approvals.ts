import type { DenyReason } from '../approvals/approval.ts';
import { IMPACTS, type Impact } from '../catalogue/action.ts';
import type { RequestedAction } from '../tasks/request.ts';
import type { Named } from './admin.ts';
import type { Listing, ListingRules, Page } from './listing.ts';

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
  deny_reason: DenyReason | 'second_person' | null;
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
}
