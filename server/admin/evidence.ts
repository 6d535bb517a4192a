import { AUDIT } from '../../views/words/console-audit.ts';
import { saying } from '../../views/words/saying.ts';
import type { DeathReason } from '../agents/liveness.ts';
import { IMPACTS } from '../catalogue/action.ts';
import type { TokenKind } from '../delegation/token.ts';
import type { Named } from './admin.ts';
import {
  isDay,
  isInstant,
  type Listing,
  type ListingRules,
  type Page,
  type ParsedListing,
  parseListing,
} from './listing.ts';

/** One event with names for what it names, and what is still readable of its content. */
export interface ReadableEvent {
  id: string;
  at: Date;
  /** Slug. */
  organization: string;
  type: string;
  decision: 'allowed' | 'refused' | 'reported';
  reason: string | null;
  outcome: string | null;
  person: Named | null;
  agent: Named | null;
  application: Named | null;
  resource: Named | null;
  task: string | null;
  approval: string | null;
  jti: string | null;
  txn: string | null;
  /** Who did it, where it was neither the person nor the agent. */
  by: Named | null;
  /** The agents that act, the acting one first. */
  acting: readonly Named[] | null;
  content: Readonly<Record<string, unknown>>;
  /** Names of what the content mentions by id. */
  names: Readonly<Record<string, string>>;
}

export interface EvidenceFilter {
  task?: string | undefined;
  agent?: string | undefined;
  person?: string | undefined;
  type?: string | undefined;
  /** Events before this one, by its id. */
  before?: string | undefined;
  limit: number;
}

/** One event as a search finds it. */
export interface FoundEvent extends ReadableEvent {
  /** What the person read, of the task or the question behind it. */
  sentence: string | null;
}

/** @see EVIDENCE_LISTING */
export interface EvidenceSearch {
  listing: Listing;
  /** Of calendar dates (IANA name). */
  timeZone: string;
  limit: number;
  /** Events before this one alone, by its id. */
  before?: string | undefined;
}

/** How evidence is looked for (A7). The organization is never asked for: it is the reader's own. */
export const EVIDENCE_LISTING = {
  filters: {
    agent: undefined,
    person: undefined,
    system: undefined,
    type: undefined,
    decision: ['allowed', 'refused', 'reported'],
    reason: undefined,
    level: IMPACTS,
    task: undefined,
    approval: undefined,
    after: undefined,
    before: undefined,
  },
  sorts: ['at'],
  order: '-at',
} as const satisfies ListingRules;

/** What is looked for, as it was written: refused in words where it means nothing. */
export function parseEvidenceSearch(
  query: { q?: string | undefined; after?: string | undefined },
  timeZone: string,
): ParsedListing {
  const parsed = parseListing(query, EVIDENCE_LISTING);
  if (!parsed.ok) return parsed;
  const wrong = parsed.listing.filters.find(
    ({ name, value }) => (name === 'after' || name === 'before') && !isMoment(value),
  );
  return wrong ? { ok: false, problem: saying(AUDIT.noDate, { value: wrong.value, ...today(timeZone) }) } : parsed;
}

/** Now, as it is written there. */
function today(timeZone: string): { day: string; time: string } {
  const [day = '', time = ''] = new Date().toLocaleString('sv-SE', { timeZone }).split(' ');
  return { day, time: `${day}T${time.slice(0, 5)}Z` };
}

/** A calendar date in the reader's zone, or an instant (RFC 3339 §5.6). */
const isMoment = (value: string): boolean => isDay(value) || (value.includes('T') && isInstant(value));

/** One access token of a task, with its place in the lineage. */
export interface ChainToken {
  jti: string;
  kind: TokenKind;
  /** The `jti` it was exchanged from. */
  parent: string | null;
  depth: number;
  agent: Named | null;
  acting: readonly Named[];
  /** The child that a hand-off is for. */
  handed_to: Named | null;
  resource: Named;
  scopes: readonly string[];
  actions: readonly { action: string; parameters: Record<string, unknown> }[];
  issued_at: Date;
  expires_at: Date;
  /** Why it is over, or null while it is alive. */
  over: DeathReason | 'expired' | null;
}

/** Everything about one task in one place: who asked, who decided what, what was issued, used, reported and stopped. */
export interface TaskChain {
  organization: { id: string; slug: string; name: string };
  task: {
    id: string;
    sentence: string;
    impact: string;
    person: Named;
    agent: Named | null;
    actions: readonly { action: string; parameters: Record<string, unknown>; uses: number; max_uses: number | null }[];
    request_hash: string;
    decision_hash: string;
    approved_at: Date;
    expires_at: Date;
    /** Why it is over, or null while it is alive. */
    over: DeathReason | null;
    /** The question behind it; null where nobody was asked. */
    approval: string | null;
    /** SHA-256, hex, of the page as it was shown; null where none was, or it was erased. */
    screen_hash: string | null;
  };
  tokens: readonly ChainToken[];
  /** Oldest first. */
  events: readonly ReadableEvent[];
}

/** Reads evidence of one organization, under row-level security. */
export interface EvidenceReader {
  /** The newest events that fit, oldest first. */
  list(organization: string, filter: EvidenceFilter): Promise<ReadableEvent[]>;
  /** What an auditor looks for, latest first. */
  search(organization: string, asked: EvidenceSearch): Promise<Page<FoundEvent>>;
  chain(organization: string, task: string): Promise<TaskChain | undefined>;
}
