import type Router from '@koa/router';

import { type SystemsPage, systemsPage } from '../../views/admin/systems.tsx';
import { SYSTEMS } from '../../views/words/console-systems.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import type { AdminDependencies } from './call.ts';
import { type Claim, claimResource, placesOf, proveResource } from './claims.ts';
import { type Console, VIEWERS, type Visit } from './console.ts';
import { addressOf, parseCursor, queryOf } from './listing.ts';

const PATH = '/admin/systems';
const ROWS = 20;

/** APIs of the organization: what proves that it controls them, by the same answers as the admin API's. */
export function adminClaimPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const show = async (visit: Visit, more: Partial<SystemsPage> = {}): Promise<string> => {
    const { after } = visit.ctx.method === 'GET' ? queryOf(visit.ctx.query) : {};
    const asked = { words: [], filters: {}, after: after === undefined ? undefined : parseCursor(after), limit: ROWS };
    const { rows, next } = await dependencies.claims.store.claims(visit.organization, asked);
    return systemsPage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      problems: [],
      typed: undefined,
      mayChange: visit.roles.has('admin'),
      claims: rows.map((claim) => shown(claim, visit)),
      first: asked.after && PATH,
      next: next && addressOf(PATH, { after: next }),
      ...more,
    });
  };
  const refused = async (visit: Visit, status: number, more: Partial<SystemsPage>) => ({
    document: await show(visit, more),
    status,
  });

  console.get(router, PATH, VIEWERS, (visit) => {
    const asked = visit.ctx.query.done;
    const notice = asked === 'claimed' || asked === 'proven' ? visit.speaker.say(SYSTEMS[asked]) : undefined;
    return show(visit, { notice });
  });

  console.post(router, PATH, ['admin'], async (visit, form) => {
    const typed = { resource: form.get('resource')?.trim() ?? '', name: form.get('name')?.trim() ?? '' };
    const call = { caller: visit.caller, params: {}, query: {}, body: typed, text: '' };
    const outcome = await claimResource(call, dependencies);
    if (outcome.ok) return `${PATH}?done=claimed`;
    const words = wordsOf(CLAIMING, outcome.reason);
    const problems = [{ field: 'resource', text: visit.speaker.say(words) }];
    return refused(visit, outcome.status, { problems, typed });
  });

  console.post(router, `${PATH}/prove`, ['admin'], async (visit, form) => {
    const body = { resource: form.get('resource') ?? '' };
    const call = { caller: visit.caller, params: {}, query: {}, body, text: '' };
    const outcome = await proveResource(call, dependencies);
    if (outcome.ok) return `${PATH}?done=proven`;
    return refused(visit, outcome.status, { problem: visit.speaker.say(wordsOf(PROVING, outcome.reason)) });
  });
}

function shown(claim: Claim, { at, speaker: { say } }: Visit): SystemsPage['claims'][number] {
  const { resource, name, challenge: value, expires_at, proven_at, proven_by } = claim;
  const common = { resource, name };
  if (proven_at !== null) {
    const state = proven_by === 'dns' ? 'byDns' : 'byDocument';
    return { ...common, state, when: say(SYSTEMS.since, { time: at(proven_at) }) };
  }
  const when = say(SYSTEMS.until, { time: at(expires_at) });
  if (expires_at.getTime() <= Date.now()) return { ...common, state: 'over', when };
  const { document, dns } = placesOf(claim);
  return {
    ...common,
    state: 'waits',
    when,
    proof: { url: document.url, member: document.member, record: dns.name, value },
  };
}

const wordsOf = (words: Readonly<Record<string, PlainMessage>>, reason: string): PlainMessage =>
  (Object.hasOwn(words, reason) ? words[reason] : undefined) ?? SYSTEMS.notDone;

const CLAIMING = {
  resource: SYSTEMS.notResource,
  taken: SYSTEMS.taken,
  invalid_request: SYSTEMS.incomplete,
} as const;

const PROVING = {
  not_proven: SYSTEMS.notProven,
  expired: SYSTEMS.expired,
  taken: SYSTEMS.taken,
  not_found: SYSTEMS.unknown,
  invalid_request: SYSTEMS.unknown,
} as const;
