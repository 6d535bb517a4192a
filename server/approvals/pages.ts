import type { Context } from 'koa';

import type { Frame } from '../../views/layout.tsx';
import { nothingHereWords, resultPage } from '../../views/result.tsx';
import type { ClientStore } from '../agents/clients.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Cookies } from '../http/cookies.ts';
import { page } from '../http/respond.ts';
import type { Sealing } from '../keys/seal.ts';
import type { Refusal } from '../oauth/refusal.ts';
import { inSameLanguage, speakerFor } from '../people/language.ts';
import { frameOf } from '../people/pages.ts';
import type { Accountable, PasskeyStore } from '../people/passkey.ts';
import type { PeopleStore, Session } from '../people/person.ts';
import type { WebAuthn } from '../people/webauthn.ts';
import type { PolicySet } from '../tasks/policies.ts';
import type { Approval } from './approval.ts';
import type { PromptStore, StandingStore } from './prompts.ts';
import type { ReceiptStore } from './receipts.ts';
import type { RulingDependencies } from './ruling.ts';
import type { ScreenStore } from './screen.ts';
import type { BeginSignInAgain } from './sign-in-again.ts';
import type { PersonApprovals } from './store.ts';

export interface ApprovalPages {
  approvals: PersonApprovals;
  catalogue: () => Catalogue;
  clients: ClientStore;
  people: PeopleStore;
  cookies: Cookies;
  sealing: Sealing;
  passkeys: Pick<PasskeyStore, 'of'>;
  webAuthn: WebAuthn;
  beginSignInAgain: BeginSignInAgain;
  /** Who answers for an agent, now. */
  accountable(organization: string, agent: string): Promise<Accountable | undefined>;
  evidence: Evidence;
  /** The newest of the organization. */
  policies(organization: string): Promise<PolicySet>;
  browser: BrowserRequests;
  /** Whether this agent asked this person anything else before, and how many tasks it was allowed for them. */
  history(approval: Approval): Promise<{ asked: boolean; allowed: number }>;
  prompts: PromptStore;
  screens: ScreenStore;
  receipts: ReceiptStore;
  /** Which templates draw the pages. */
  template: string;
  /** Where the style sheet of this release stays for ever: what is seen on a screen is kept with it. */
  styleSheet: string;
  standing: StandingStore;
  /** What the organization's policies say about something else. */
  ruling: RulingDependencies & { issuer: string };
  announcements: Announcements;
}

/** Requests of the last day that one agent's person was not called for, for one reason. */
export interface NotAnnounced {
  agent: string;
  agentName: string;
  because: string;
  count: number;
}

/** Who may call this person, and what they were not called for. */
export interface Announcements {
  isIntroduced(organization: string, agent: string, person: string): Promise<boolean>;
  introductions(organization: string, person: string): Promise<{ agent: string }[]>;
  suppressed(organization: string, person: string): Promise<NotAnnounced[]>;
  /** Does any channel that this person chose lead anywhere? */
  reaches(organization: string, person: string): Promise<boolean>;
}
/** A policy of the organization stands in the way. */
export type PolicyRefusal = Extract<Refusal, { policy: string }>;

/** The engine's half of a browser request. */
export interface BrowserRequests {
  /** What the interaction with this id waits for; undefined when this browser did not begin it, or it is over. */
  waitingFor(
    ctx: Context,
  ): Promise<
    'sign_in' | { freshSignIn: Date } | { approval: string } | { goOn: string; because?: PolicyRefusal } | undefined
  >;
  /** Tells the engine who signed in; answers where the browser goes on, or that a passkey has to sign in. */
  signedIn(ctx: Context, session: Session): Promise<string | 'passkey' | undefined>;
  /** What this interaction asks waits elsewhere already: from now on it shows that, and is answered by it. */
  showInstead(ctx: Context, approval: string): Promise<void>;
  /** Tells the engine what was decided; answers where the browser goes on, unless the engine has forgotten the request. */
  decided(ctx: Context, result: { task: string } | { denied: string }): Promise<string | undefined>;
}

/** The same for an id that never was and for somebody else's request (U3-1). */
export function nothingHere(ctx: Context, { cookies }: ApprovalPages, status = 404): void {
  page(ctx, resultPage({ frame: frameOf(ctx, cookies), ...nothingHereWords(speakerFor(ctx)) }), status);
}

/** The shell of a page about somebody's own request, decided or not: with the way to report it, at the same place on each. */
export const reportable = (ctx: Context, { id }: Pick<Approval, 'id'>, cookies: Cookies): Frame => ({
  ...frameOf(ctx, cookies),
  reportUrl: inSameLanguage(ctx, `/r/${id}/report`),
});
