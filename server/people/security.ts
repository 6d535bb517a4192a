import type Router from '@koa/router';
import type { Context } from 'koa';

import { securityPage } from '../../views/security.tsx';
import { RECOVERY } from '../../views/words/recovery.ts';
import { SECURITY } from '../../views/words/security.ts';
import type { Said } from '../../views/words/words.ts';
import type { Evidence, EvidenceEvent } from '../evidence/evidence.ts';
import type { Cookies } from '../http/cookies.ts';
import { page } from '../http/respond.ts';
import { hashOf, newId } from '../oauth/ids.ts';
import { checkSpacing, checkText } from '../oauth/text.ts';
import type { Challenges } from './challenge.ts';
import { inSameLanguage, speakerFor } from './language.ts';
import { checkedForm, frameOf, signedIn } from './pages.ts';
import type { OwnRecoveries, Passkey, PasskeyStore } from './passkey.ts';
import type { PeopleStore, Session, SessionStore } from './person.ts';
import { codesOf, recoveryCodeRoutes } from './recovery-code-pages.ts';
import type { RecoveryCodeStore } from './recovery-codes.ts';
import { returnPath } from './return-path.ts';
import type { Read, VerifiedAssertion, WebAuthn } from './webauthn.ts';

export interface SecurityPages {
  passkeys: PasskeyStore;
  people: Pick<PeopleStore, 'setChooses'>;
  sessions: Pick<SessionStore, 'of' | 'endOthers'>;
  sessionIdleSeconds: number;
  recoveries: OwnRecoveries;
  recoveryCodes: RecoveryCodeStore;
  webAuthn: WebAuthn;
  challenges: Challenges;
  /** True for the first who presents this challenge of this person. */
  firstUse(person: string, challenge: string, expiresAt: Date): Promise<boolean>;
  evidence: Evidence;
  cookies: Cookies;
  /** Before a new passkey may approve high impact. */
  waitHours: number;
}

/** The request that somebody came from because they had no passkey: a path of ours, and of nothing else. */
function backOf(ctx: Context): string | undefined {
  const path = returnPath(ctx.query.return_to);
  return /^\/(?:interaction|r)\//.test(path) ? path : undefined;
}

/** A first passkey is added by somebody who has just shown who they are, not by whoever found a browser open. */
const FRESH_SIGN_IN_MS = 300_000;
const NAME_CHARACTERS = 60;

/** U11: the passkeys of the signed-in person. */
export function securityRoutes(router: Router, pages: SecurityPages): void {
  router.get('/settings/security', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await show(ctx, session, pages);
  });
  router.post('/settings/security/sessions/end', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await endSessions(ctx, session, pages);
  });
  router.post('/settings/security/recoveries/:id/refuse', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await refuseRecovery(ctx, session, pages);
  });
  router.post('/settings/security/value', async (ctx) => {
    const session = signedIn(ctx);
    if (!session) return;
    const form = await checkedForm(ctx, pages.cookies);
    const { organization, id } = session.person;
    await pages.people.setChooses(organization, id, form.get('chooses') === '1');
    ctx.redirect(inSameLanguage(ctx, '/settings/security'));
    ctx.status = 303;
  });
  recoveryCodeRoutes(router, pages, (ctx, session) =>
    show(ctx, session, pages, { error: speakerFor(ctx).say(RECOVERY.notMade), status: 403 }),
  );
  router.post('/settings/security/passkeys', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await add(ctx, session, pages);
  });
  router.post('/settings/security/passkeys/:id/rename', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await rename(ctx, session, pages);
  });
  router.post('/settings/security/passkeys/:id/remove', async (ctx) => {
    const session = signedIn(ctx);
    if (session) await remove(ctx, session, pages);
  });
}

async function show(
  ctx: Context,
  session: Session,
  pages: SecurityPages,
  news: { done?: Said; error?: Said; status?: number } = {},
): Promise<void> {
  const { passkeys: store, webAuthn, challenges, cookies, waitHours, sessionIdleSeconds } = pages;
  const { person } = session;
  const now = Date.now();
  const [passkeys, sessions, recoveries] = await Promise.all([
    store.of(person.organization, person.id),
    pages.sessions.of(person.organization, person.id, currentIn(ctx, pages), sessionIdleSeconds),
    pages.recoveries.waiting(person.organization, person.id),
  ]);
  const request = async (purpose: string) =>
    JSON.stringify(await webAuthn.requestOptions(passkeys, challenges.make(person.id, purpose, now)));
  const frame = frameOf(ctx, cookies);
  const { say, clock, duration } = frame.speaker;
  const at = (date: Date) => clock(date, person.timeZone);
  const hasOne = passkeys.length > 0;
  const codes = await codesOf(ctx, session, hasOne, pages);
  const matured = passkeys.some(({ mayApproveFrom }) => mayApproveFrom.getTime() <= now);
  page(
    ctx,
    securityPage({
      frame,
      csrf: cookies.csrf(ctx),
      passkeys: await Promise.all(
        passkeys.map(async ({ id, name, createdAt, lastUsedAt, mayApproveFrom, deviceBound, backedUp }) => ({
          id,
          name,
          created: at(createdAt),
          lastUsed: lastUsedAt ? at(lastUsedAt) : undefined,
          mayApproveFrom: mayApproveFrom.getTime() > now ? at(mayApproveFrom) : undefined,
          kind: say(deviceBound ? SECURITY.onOneDevice : backedUp ? SECURITY.synced : SECURITY.canBeSynced),
          approvesNothing: person.organizationDeviceBound && !deviceBound,
          removal: await request(removing(id)),
        })),
      ),
      add: {
        signInFirst:
          hasOne || isFresh(session, now)
            ? undefined
            : inSameLanguage(ctx, '/login?return_to=%2Fsettings%2Fsecurity&fresh=1'),
        request: hasOne ? await request(VOUCHING) : undefined,
        creation: JSON.stringify(
          await webAuthn.creationOptions(person, passkeys, challenges.make(person.id, CREATING, now)),
        ),
        wait: waitHours === 0 || matured ? undefined : duration(waitHours * 3600),
        demonstration: waitHours === 0,
        deviceBound: person.organizationDeviceBound,
      },
      recoveries: recoveries.map(({ id, reason, askedBy, askedAt, expiresAt }) => ({
        id,
        reason,
        askedBy,
        askedAt: at(askedAt),
        until: at(expiresAt),
      })),
      sessions: sessions.map(({ reference, isCurrent, authenticatedAt, seenAt, acr, provider }) => ({
        reference,
        isCurrent,
        how: provider === null ? say(acr === 'phr' ? SECURITY.byPasskey : SECURITY.byPassword) : provider,
        since: at(authenticatedAt),
        seen: at(seenAt),
      })),
      chooses: person.chooses,
      codes,
      addFirst: session.addsPasskey && !session.recovers && !hasOne,
      recovers: session.recovers && { signIn: hasOne ? inSameLanguage(ctx, '/login?fresh=1&passkey=1') : undefined },
      back: backOf(ctx),
      done: news.done,
      error: news.error,
    }),
    news.status ?? (news.error === undefined ? 200 : 400),
  );
}

/** One of the other browsers, or all of them: a stolen session is of no use any more. */
async function endSessions(ctx: Context, session: Session, pages: SecurityPages): Promise<void> {
  const { organization, id } = session.person;
  const form = await checkedForm(ctx, pages.cookies);
  const one = form.get('session');
  const ended = await pages.sessions.endOthers(organization, id, currentIn(ctx, pages), one);
  const reason = one === undefined ? 'all_others' : 'another';
  if (ended > 0) await pages.evidence.record({ ...event(session, 'person.signed_out', { ended }), reason });
  return show(ctx, session, pages, { done: speakerFor(ctx).say(SECURITY.sessionsEnded, { count: ended }) });
}

/** Nobody ends the passkeys of somebody who is there and says no. */
async function refuseRecovery(ctx: Context, session: Session, pages: SecurityPages): Promise<void> {
  const { organization, id } = session.person;
  const { say } = speakerFor(ctx);
  await checkedForm(ctx, pages.cookies);
  const refused = await pages.recoveries.refuse(organization, id, String(ctx.params.id));
  const news = refused ? { done: say(SECURITY.recoveryRefused) } : { error: say(SECURITY.recoveryOver), status: 409 };
  return show(ctx, session, pages, news);
}

const currentIn = (ctx: Context, { cookies }: Pick<SecurityPages, 'cookies'>): Buffer =>
  hashOf(cookies.session(ctx) ?? '');

async function add(ctx: Context, session: Session, pages: SecurityPages): Promise<void> {
  const { person } = session;
  const { say } = speakerFor(ctx);
  const form = await checkedForm(ctx, pages.cookies);
  const refused = refusing(ctx, session, pages, 'passkey.added');
  const name = nameIn(form);
  if (name === undefined) return show(ctx, session, pages, { error: say(SECURITY.nameProblem) });
  const passkeys = await pages.passkeys.of(person.organization, person.id);

  let voucher: VerifiedAssertion | undefined;
  if (passkeys.length > 0) {
    const read = await vouched(form.get('assertion') ?? '', VOUCHING, person.id, passkeys, pages);
    if (!read.ok) return refused(read.problem, read.detail, say(SECURITY.addNeedsVoucher), 403);
    voucher = read.value;
  } else if (!isFresh(session, Date.now())) {
    return refused('sign_in_too_old', '', say(SECURITY.addNeedsSignIn), 403);
  }

  const challenge = awaiting(CREATING, person.id, pages);
  const read = await pages.webAuthn.readCreation(form.get('attestation') ?? '', challenge.accepts);
  if (!read.ok) return refused(read.problem, read.detail, say(SECURITY.notAnswered), 400);
  if (!(await challenge.isFirst())) return refused('challenge_used', '', say(SECURITY.used), 409);
  if (person.organizationDeviceBound && !read.value.deviceBound) {
    return refused('not_device_bound', '', say(SECURITY.notDeviceBound), 403);
  }
  const id = newId('crd');
  const done = await pages.passkeys.add(
    { organization: person.organization, id, person: person.id, name, ...read.value },
    voucher,
    pages.waitHours * 3600,
    event(session, 'passkey.added', { passkey: id, name, vouched_by: voucher?.passkey.id, acr: session.acr }),
  );
  if (done === 'taken') return refused('taken', '', say(SECURITY.taken), 409);
  if (done === 'voucher_needed') {
    return refused('voucher_needed', '', say(SECURITY.addNeedsVoucher), 403);
  }
  return show(ctx, session, pages, { done: say(SECURITY.wasAdded) });
}

async function rename(ctx: Context, session: Session, pages: SecurityPages): Promise<void> {
  const { person } = session;
  const { say } = speakerFor(ctx);
  const form = await checkedForm(ctx, pages.cookies);
  const name = nameIn(form);
  if (name === undefined) return show(ctx, session, pages, { error: say(SECURITY.nameProblem) });
  const id = String(ctx.params.id);
  const done = await pages.passkeys.rename(
    person.organization,
    person.id,
    id,
    name,
    event(session, 'passkey.renamed', { passkey: id, name }),
  );
  return show(
    ctx,
    session,
    pages,
    done ? { done: say(SECURITY.wasRenamed) } : { error: say(SECURITY.unknown), status: 404 },
  );
}

async function remove(ctx: Context, session: Session, pages: SecurityPages): Promise<void> {
  const { person } = session;
  const { say } = speakerFor(ctx);
  const form = await checkedForm(ctx, pages.cookies);
  const id = String(ctx.params.id);
  const refused = refusing(ctx, session, pages, 'passkey.removed');
  const passkeys = await pages.passkeys.of(person.organization, person.id);
  if (!passkeys.some((passkey) => passkey.id === id)) {
    return show(ctx, session, pages, { error: say(SECURITY.unknown), status: 404 });
  }
  // A password and a session are not enough: whoever has both would end it and add one of their own.
  const read = await vouched(form.get('assertion') ?? '', removing(id), person.id, passkeys, pages);
  if (!read.ok) return refused(read.problem, read.detail, say(SECURITY.removeNeedsVoucher), 403);
  const done = await pages.passkeys.remove(
    person.organization,
    person.id,
    id,
    read.value,
    event(session, 'passkey.removed', { passkey: id, vouched_by: read.value.passkey.id }),
  );
  return done
    ? show(ctx, session, pages, { done: say(SECURITY.wasRemoved) })
    : refused('not_removed', '', say(SECURITY.notRemoved), 409);
}

const CREATING = 'create a passkey';
const VOUCHING = 'vouch for a new passkey';
const removing = (id: string) => `remove the passkey ${id}`;

const isFresh = ({ authenticatedAt }: Session, now: number) => now - authenticatedAt.getTime() < FRESH_SIGN_IN_MS;

/** The challenge inside an answer: one of ours, and the first time that it comes. */
function awaiting(purpose: string, person: string, { challenges, firstUse }: SecurityPages) {
  let found: { given: string; expiresAt: Date } | undefined;
  return {
    accepts: (given: string): boolean => {
      const expiresAt = challenges.accepts(given, person, purpose, Date.now());
      found = expiresAt && { given, expiresAt };
      return found !== undefined;
    },
    isFirst: async () => found !== undefined && firstUse(person, found.given, found.expiresAt),
  };
}

async function vouched(
  answer: string,
  purpose: string,
  person: string,
  passkeys: readonly Passkey[],
  pages: SecurityPages,
): Promise<Read<VerifiedAssertion>> {
  const challenge = awaiting(purpose, person, pages);
  const read = await pages.webAuthn.readAssertion(answer, passkeys, challenge.accepts);
  if (!read.ok || (await challenge.isFirst())) return read;
  return { ok: false, problem: 'not_verified', detail: 'the challenge was used already' };
}

function refusing(ctx: Context, session: Session, pages: SecurityPages, type: EvidenceEvent['type']) {
  return async (reason: string, detail: string, error: Said, status: number): Promise<void> => {
    await pages.evidence.record({ ...event(session, type, { detail }), decision: 'refused', reason });
    return show(ctx, session, pages, { error, status });
  };
}

const event = ({ person }: Session, type: EvidenceEvent['type'], content: Record<string, unknown>): EvidenceEvent => ({
  organization: person.organization,
  type,
  decision: 'allowed',
  person: person.id,
  content,
});

function nameIn(form: ReadonlyMap<string, string>): string | undefined {
  const name = form.get('name')?.trim() ?? '';
  const fits = name !== '' && [...name].length <= NAME_CHARACTERS;
  return fits && checkText(name) === undefined && checkSpacing(name) === undefined ? name : undefined;
}
