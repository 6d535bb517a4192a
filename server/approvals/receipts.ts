import type Router from '@koa/router';
import type { Context } from 'koa';

import { receiptPage } from '../../views/receipt.tsx';
import { visible } from '../../views/text.tsx';
import { EVENTS } from '../../views/words/agents.ts';
import { DECIDER_PARTS, RECEIPT } from '../../views/words/receipt.ts';
import { DENY_REASONS, OUTCOMES } from '../../views/words/result.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { PlainMessage, Said } from '../../views/words/words.ts';
import type { Impact } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { EventType } from '../evidence/evidence.ts';
import { inert, page } from '../http/respond.ts';
import { inSameLanguage } from '../people/language.ts';
import { signedIn } from '../people/pages.ts';
import type { Person } from '../people/person.ts';
import type { Decision } from '../tasks/decision.ts';
import { describeApproval } from './decide.ts';
import type { AskedOf, Part } from './deciders.ts';
import { type ApprovalPages, nothingHere, reportable } from './pages.ts';

/** One decision of a person, as their own history tells it. */
export interface Receipt {
  approval: string;
  person: string;
  agent: { id: string; name: string };
  kind: 'browser' | 'backchannel' | 'exchange';
  impact: Impact;
  /** As it was granted, else as it was shown; null where nobody was shown anything. */
  sentence: string | null;
  status: 'pending' | 'approved' | 'denied';
  /** It was ended while it waited. */
  stopped: boolean;
  askedAt: Date;
  decidedAt: Date | null;
  expiresAt: Date;
  denyReason: string | null;
  requestHash: string;
  /** As it was hashed. */
  decision: ({ duration: string; approver?: string } & Pick<Decision, 'instead'>) | null;
  decisionHash: string | null;
  task: {
    id: string;
    expiresAt: Date;
    /** Null where uses are not limited. */
    maxUses: number | null;
    uses: number;
    /** Nothing has ended it. */
    alive: boolean;
    acr: string;
    /** By what the person proved that the decision is theirs; null: by their session. */
    method: 'passkey' | 'sign_in' | null;
  } | null;
  /** Latest first. */
  events: readonly {
    type: EventType;
    decision: string;
    outcome: string | null;
    at: Date;
    person: string | null;
    /** What the system calls what it did. */
    reference: string | null;
  }[];
  /** Who signed it, in order. */
  signed: readonly { id: string; name: string; part: 'person' | Part; method: string | null; at: Date }[];
  /** By which policy others decided as well. */
  askedOf: AskedOf | null;
  /** What is known of the screen that was decided on; undefined where none was. */
  screen:
    | { shownAt: string; language: string; template: string; seconds: number | undefined; erased: boolean }
    | undefined;
}

export interface ReceiptStore {
  find(organization: string, approval: string): Promise<Receipt | undefined>;
  /** The page as it was shown, byte for byte, or that it was erased, and the commitment to it either way. */
  screen(
    organization: string,
    approval: string,
  ): Promise<{ person: string; html: string | undefined; commitment: string } | undefined>;
}

/** Seen from there, every day is of another year, and named in full. */
const EPOCH = new Date(0);

/** Who reads another person's screens: whoever reads all evidence of the organization. */
const READERS: readonly string[] = ['admin', 'security', 'auditor'];

/** `/receipts/{approval}`, and the screen as it was shown. */
export function receiptRoutes(router: Router, pages: ApprovalPages): void {
  router.get('/receipts/:id', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { person } = session;
    const receipt = await pages.receipts.find(person.organization, String(ctx.params.id));
    if (receipt?.person !== person.id) return nothingHere(ctx, pages);
    showReceipt(ctx, receipt, person, pages);
  });

  router.get('/receipts/:id/screen', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const { person } = session;
    const approval = String(ctx.params.id);
    const screen = await pages.receipts.screen(person.organization, approval);
    const reads = person.roles.some((role) => READERS.includes(role));
    if (!screen || !(screen.person === person.id || reads)) return nothingHere(ctx, pages);
    if (screen.html === undefined) return nothingHere(ctx, pages, 410);
    if (screen.person !== person.id) {
      // Reading evidence is evidence.
      await pages.evidence.record({
        organization: person.organization,
        type: 'admin.acted',
        decision: 'allowed',
        reason: 'screen_read',
        person: screen.person,
        approval,
        content: { by: person.id },
      });
    }
    inert(ctx, screen.html);
  });
}

function showReceipt(ctx: Context, receipt: Receipt, person: Person, pages: ApprovalPages): void {
  const { cookies } = pages;
  const frame = reportable(ctx, { id: receipt.approval }, cookies);
  const { speaker } = frame;
  const { say } = speaker;
  const at = (date: Date) => speaker.clock(date, person.timeZone);
  const { task, screen, denyReason } = receipt;
  const reasons: Readonly<Record<string, PlainMessage>> = DENY_REASONS;
  const reason = denyReason === null ? undefined : reasons[denyReason];
  page(
    ctx,
    receiptPage({
      frame,
      csrf: cookies.csrf(ctx),
      id: receipt.approval,
      agent: receipt.agent,
      sentence: receipt.sentence ?? undefined,
      impact: receipt.impact,
      outcome: say(outcomeOf(receipt)),
      status: receipt.status === 'approved' ? 'allowed' : receipt.status === 'denied' ? 'denied' : 'info',
      // On paper, and years later, it is still known when that was.
      askedAt: `${speaker.clock(receipt.askedAt, person.timeZone, EPOCH)} (${speaker.zone(receipt.askedAt, person.timeZone)})`,
      decidedAt: receipt.decidedAt ? at(receipt.decidedAt) : undefined,
      reason: reason && say(reason),
      instead: insteadIn(receipt, speaker, pages.catalogue(), person),
      // In a browser there was no time to say why: the page went back to the agent at once.
      denyReasons:
        receipt.status === 'denied' && denyReason === null && receipt.decision?.approver === person.id
          ? { action: inSameLanguage(ctx, `/r/${receipt.approval}/reason`), csrf: cookies.csrf(ctx) }
          : undefined,
      // Others decided in their place: what the task says of their sign-in proves nothing.
      proof: task && !isByOthers(receipt) ? say(proofOf(task)) : undefined,
      approvedBy: isAlone(receipt) ? undefined : receipt.signed.map((one) => signedBy(one, at, speaker)),
      policy: receipt.askedOf
        ? say(RECEIPT.policyVersion, { policy: visible(receipt.askedOf.rule, 80), version: receipt.askedOf.version })
        : undefined,
      seconds: screen?.seconds,
      task: task
        ? {
            alive: task.alive,
            until: at(task.alive ? task.expiresAt : endOf(task, receipt.events)),
            uses: task.maxUses === null ? undefined : { done: task.uses, most: task.maxUses },
            stopAction: `/tasks/${task.id}/stop`,
          }
        : undefined,
      screen: screen && { erased: screen.erased, href: `/receipts/${receipt.approval}/screen` },
      requestHash: receipt.requestHash,
      decision: receipt.decision ? JSON.stringify(receipt.decision, undefined, 2) : undefined,
      decisionHash: receipt.decisionHash ?? undefined,
      timeline: receipt.events.map((event) => entryOf(event, receipt.person, at, speaker)),
    }),
  );
}

/** What the agent was told that it may ask for instead, in the words of the version that was offered. */
function insteadIn({ decision }: Receipt, { catalogue: locale }: Speaker, catalogue: Catalogue, person: Person) {
  if (!decision?.instead) return undefined;
  const [described] = describeApproval({ actions: [decision.instead] }, catalogue, person, locale) ?? [];
  return described?.description.headlineText ?? decision.instead.action;
}

/** When the task ended: by the stop that came first, else by itself. */
function endOf({ expiresAt }: NonNullable<Receipt['task']>, events: Receipt['events']): Date {
  const ends = events.filter(({ type }) => type === 'authority.stopped').map(({ at }) => at.getTime());
  return new Date(Math.min(expiresAt.getTime(), ...ends));
}

const isByOthers = ({ signed, person }: Receipt): boolean =>
  signed.length > 0 && signed.every(({ id }) => id !== person);

/** The person decided it by themselves, as most are. */
const isAlone = ({ signed, person }: Receipt): boolean => signed.every(({ id }) => id === person);

/** "Ben Okafor, as one of Privacy (passkey), 14:01". */
function signedBy(
  { name, part, method, at }: Receipt['signed'][number],
  clock: (date: Date) => string,
  { say }: Speaker,
): Said {
  const how = say(method === 'passkey' || method === null ? RECEIPT.withPasskey : RECEIPT.withSignIn);
  return say(RECEIPT.signedBy, { person: visible(name, 80), part: say(DECIDER_PARTS[part]), how, time: clock(at) });
}

function outcomeOf({ status, stopped, decision, expiresAt }: Receipt): PlainMessage {
  if (status === 'denied') return OUTCOMES.denied;
  if (status === 'approved') return decision?.duration === 'once' ? OUTCOMES.allowedOnce : OUTCOMES.allowed;
  if (stopped) return OUTCOMES.stopped;
  return expiresAt <= new Date() ? OUTCOMES.expired : OUTCOMES.waiting;
}

/** What was made for this very decision; else how the person had signed in before they pressed the button. */
const proofOf = ({ acr, method }: NonNullable<Receipt['task']>): PlainMessage =>
  method === 'passkey'
    ? RECEIPT.byPasskey
    : method === 'sign_in'
      ? RECEIPT.bySignIn
      : (SIGN_INS[acr] ?? RECEIPT.otherwise);

const SIGN_INS: Readonly<Record<string, PlainMessage>> = {
  phr: RECEIPT.byPasskeySignIn,
  fed: RECEIPT.byProvider,
  pwd: RECEIPT.byPassword,
};

/** What can happen to one decision: each has words of its own. */
type Told = Exclude<
  EventType,
  | `admin.${string}`
  | `agent.${string}`
  | `passkey.${string}`
  | 'person.enrolled'
  | 'person.roles_changed'
  | 'token.alarm'
  | `person.sign${string}`
>;

function entryOf(
  { type, decision, outcome, at, person, reference }: Receipt['events'][number],
  subject: string,
  clock: (date: Date) => string,
  { say }: Speaker,
) {
  const texts: Readonly<Record<Told, PlainMessage>> & Readonly<Record<string, PlainMessage>> = EVENTS;
  const outcomes: Readonly<Record<string, PlainMessage>> = OUTCOMES;
  const ended = outcome ?? (decision === 'refused' ? 'refused' : undefined);
  const words = ended === undefined ? undefined : outcomes[ended];
  // What others decided, the person did not.
  const known = person === subject ? texts[type] : (texts[`${type}.others`] ?? texts[type]);
  return {
    text: say(known ?? EVENTS.other),
    at: clock(at),
    outcome: words && say(words),
    reference: reference ?? undefined,
  };
}
