import type Router from '@koa/router';
import type { Context } from 'koa';
import type { AdminFrame } from '../../views/admin/shell.tsx';
import { errorPage } from '../../views/error.tsx';
import { FORM } from '../../views/words/console-form.ts';
import { REFUSED } from '../../views/words/console-refused.ts';
import { CONSOLE, PARTS } from '../../views/words/console-shell.ts';
import { ERRORS } from '../../views/words/errors.ts';
import { saying } from '../../views/words/saying.ts';
import type { Speaker } from '../../views/words/speaker.ts';
import type { Said } from '../../views/words/words.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Cookies } from '../http/cookies.ts';
import { BadRequest, type FormOptions } from '../http/form.ts';
import { stateOf } from '../http/request-state.ts';
import { page } from '../http/respond.ts';
import { speakerFor } from '../people/language.ts';
import { checkedForm, frameOf, signedIn, toSignIn } from '../people/pages.ts';
import type { Person, Session } from '../people/person.ts';
import type { AdminCaller, AdminRefusal } from './admin.ts';

/**
 * The console: pages under `/admin` for whoever administers, secures, audits, approves or owns something in one
 * organization. A page is one line:
 *
 *     console.get(router, '/admin/agents', VIEWERS, async (visit) => agentsPage({ frame: visit.frame('/admin/agents'), … }));
 *     console.post(router, '/admin/agents/:id/pause', [...KEEPERS, 'owner'], async (visit, form) => '/admin/agents');
 *
 * The guard has then made sure of a session, of a role in the session's own organization and, of a form, that it is
 * ours. The organization is never in an address: it is the session's, and whatever a page reads or writes goes through
 * `Database.within(visit.organization, …)`, where row-level security is forced. A new part of the console is one more
 * line in `SECTIONS`. What a page looks like is in views/admin/: `AdminLayout` around `AdminListing`, `Detail` or
 * `AdminForm`.
 */
export interface Console {
  /** Whether they were sent to sign in again, with their passkey if they have one: what is deliberate asks for it. */
  askedToSignIn(visit: Visit): Promise<boolean>;
  /** Answers a document, or undefined where the work has answered itself. */
  get(
    router: Router,
    path: string,
    roles: readonly AdminRole[],
    work: (visit: Visit) => Promise<string | undefined>,
  ): void;
  /** Answers where the browser goes next, or a document (a form with what is wrong with it) and its status. */
  post(
    router: Router,
    path: string,
    roles: readonly AdminRole[],
    work: (
      visit: Visit,
      form: Map<string, string>,
    ) => Promise<string | { document: string; status?: number | undefined }>,
    options?: { fresh?: boolean } & FormOptions,
  ): void;
}

/**
 * `owner` is nobody's role but a fact: whoever owns an agent, or is its deputy, sees and stops that one. The others
 * are given to a person: `admin` changes, `security` stops and resumes, `auditor` reads, `approver` decides what needs
 * a second person.
 */
export type AdminRole = 'owner' | 'security' | 'auditor' | 'admin' | 'approver';

/** Who sees the whole organization. */
export const VIEWERS = ['admin', 'security', 'auditor'] as const satisfies readonly AdminRole[];
/** Who may stop anything in it. */
export const KEEPERS = ['admin', 'security'] as const satisfies readonly AdminRole[];

/** The parts of the console that exist, in the order of the navigation. */
const SECTIONS: readonly { href: string; label: keyof typeof PARTS; roles: readonly AdminRole[] }[] = [
  { href: '/admin', label: 'overview', roles: [...VIEWERS, 'owner'] },
  { href: '/admin/approvals', label: 'approvals', roles: [...VIEWERS, 'approver'] },
  { href: '/admin/agents', label: 'agents', roles: [...VIEWERS, 'owner'] },
  { href: '/admin/reviews', label: 'reviews', roles: [...KEEPERS, 'owner'] },
  { href: '/admin/actions', label: 'actions', roles: VIEWERS },
  { href: '/admin/policies', label: 'policies', roles: VIEWERS },
  { href: '/admin/documents', label: 'documents', roles: VIEWERS },
  { href: '/admin/systems', label: 'systems', roles: VIEWERS },
  { href: '/admin/people', label: 'people', roles: VIEWERS },
  { href: '/admin/recoveries', label: 'recoveries', roles: VIEWERS },
  { href: '/admin/audit', label: 'audit', roles: VIEWERS },
];

/** One request of somebody who may open the page. */
export interface Visit {
  ctx: Context;
  session: Session;
  person: Person;
  organization: string;
  roles: ReadonlySet<AdminRole>;
  /** Set for whoever sees no more than the agents they own or are the deputy of: that person. */
  only: string | undefined;
  /** Who does it, for what changes something. */
  caller: AdminCaller;
  csrf: string;
  /** The language of the page: `const { say } = visit.speaker`. */
  speaker: Speaker;
  /** @param current the section this page belongs to */
  frame(current: string): AdminFrame;
  /** A clock time in this person's zone and language. */
  at(moment: Date): Said;
}

export interface ConsoleDependencies {
  cookies: Cookies;
  evidence: Evidence;
  /** Does this person own an agent, or stand in for its owner? */
  ownsAgents(organization: string, person: string): Promise<boolean>;
  hasPasskey(person: Pick<Person, 'organization' | 'id'>): Promise<boolean>;
}

/** Client of whatever is done on these pages, as evidence names it. */
const THROUGH = 'console';

/** Seconds since the sign-in for what is deliberate: resuming what was stopped, say. */
const FRESH_SECONDS = 300;

export function makeConsole({ cookies, evidence, ownsAgents, hasPasskey }: ConsoleDependencies): Console {
  async function askedToSignIn({ ctx, session }: Visit): Promise<boolean> {
    const weak = session.acr !== 'phr' && (await hasPasskey(session.person));
    if (!weak && isFresh(session)) return false;
    toSignIn(ctx, weak ? 'passkey' : true);
    return true;
  }

  async function visitOf(ctx: Context, allowed: readonly AdminRole[]): Promise<Visit | undefined> {
    const session = signedIn(ctx);
    if (!session) return undefined;
    const { person } = session;
    const { organization } = person;
    const speaker = speakerFor(ctx);
    const roles = new Set(person.roles as readonly AdminRole[]);
    if (await ownsAgents(organization, person.id)) roles.add('owner');
    if (!allowed.some((role) => roles.has(role))) {
      // Who tries to change what is not theirs is something their organization wants to know.
      if (ctx.method !== 'GET') {
        await evidence.record({
          organization,
          type: 'admin.acted',
          decision: 'refused',
          reason: 'role_missing',
          person: person.id,
          content: { by: person.id, through: THROUGH, endpoint: `${ctx.method} ${ctx.path}` },
        });
      }
      page(ctx, refusal(ctx, roles.size > 0), 403);
      return undefined;
    }
    return {
      ctx,
      session,
      person,
      organization,
      roles,
      only: VIEWERS.some((role) => roles.has(role)) ? undefined : person.id,
      caller: { kind: 'person', client: THROUGH, person },
      csrf: cookies.csrf(ctx),
      speaker,
      frame: (current) => ({
        ...frameOf(ctx, cookies),
        ...([...KEEPERS, 'owner' as const].some((role) => roles.has(role)) && { stop: '/admin/stop' }),
        sections: SECTIONS.filter((section) => section.roles.some((role) => roles.has(role))).map(
          ({ href, label }) => ({
            href,
            label: speaker.say(PARTS[label]),
            current: href === current,
          }),
        ),
      }),
      at: (moment) => speaker.clock(moment, person.timeZone),
    };
  }

  function refusal(ctx: Context, hasSome: boolean): string {
    const frame = frameOf(ctx, cookies);
    const { say } = frame.speaker;
    return errorPage({
      frame,
      title: say(CONSOLE.notForYou),
      message: say(hasSome ? CONSOLE.otherRole : CONSOLE.noRole),
      nextStep: say(CONSOLE.askForRole),
      requestId: stateOf(ctx.req).id,
    });
  }

  const answer = (ctx: Context, document: string, status = 200) => {
    // Nothing of another origin keeps a handle on a window of the console.
    ctx.set('Cross-Origin-Opener-Policy', 'same-origin');
    page(ctx, document, status);
  };

  return {
    askedToSignIn,
    get(router, path, roles, work) {
      router.get(path, async (ctx) => {
        const visit = await visitOf(ctx, roles);
        const document = visit && (await work(visit));
        if (document !== undefined) answer(ctx, document);
      });
    },
    post(router, path, roles, work, { fresh = false, ...reading } = {}) {
      router.post(path, async (ctx) => {
        const visit = await visitOf(ctx, roles);
        if (!visit) return;
        const form = await checkedForm(ctx, cookies, reading);
        if (fresh && (await askedToSignIn(visit))) return;
        const outcome = await work(visit, form);
        if (typeof outcome !== 'string') return answer(ctx, outcome.document, outcome.status ?? 400);
        ctx.redirect(outcome);
        ctx.status = 303;
      });
    },
  };
}

const isFresh = ({ authenticatedAt }: Session, now = Date.now()): boolean =>
  now - authenticatedAt.getTime() < FRESH_SECONDS * 1000;

/** Why the admin API refused the same, to a person: in their language where the rule that refused has it. */
export function refusalWords({ said, reason }: AdminRefusal, { speaker }: Pick<Visit, 'speaker'>): Said {
  const text = said?.(speaker) ?? speaker.say(REFUSED.because, { reason });
  // A name stays as it is written.
  return speaker.say(FORM.sentence, { text: text.replace(/^\p{Ll}(?=\p{L}*[ ,])/u, (letter) => letter.toUpperCase()) });
}

/** The same, one by one where a document has several problems. */
export const eachRefusal = (refusal: AdminRefusal, visit: Pick<Visit, 'speaker'>): Said[] =>
  refusal.saidProblems?.map((said) => said(visit.speaker)) ?? [refusalWords(refusal, visit)];

/** What is not there, or not theirs to see: the same words for both. */
export const nothingHere = (): BadRequest => new BadRequest(saying(ERRORS.notFoundMeans), 404);
