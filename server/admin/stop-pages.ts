import type Router from '@koa/router';

import { resumePage, type StandingRow, stopPage, stoppedPage } from '../../views/admin/stop.tsx';
import { EFFECT, STOP, STOP_KINDS, STOP_REASONS, STOPPED } from '../../views/words/console-stop.ts';
import { saying } from '../../views/words/saying.ts';
import { asItIs, type Said } from '../../views/words/words.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { BadRequest } from '../http/form.ts';
import { newId } from '../oauth/ids.ts';
import { type AdminStore, actorOf, type Named } from './admin.ts';
import { type Console, KEEPERS, nothingHere, refusalWords, VIEWERS, type Visit } from './console.ts';
import {
  isHeldKind,
  reasonOf,
  STANDING,
  type StandingStop,
  type StopEffect,
  type StopStore,
  type StopTarget,
} from './standing-stops.ts';
import { resumeHeld } from './stops.ts';

export interface StopPagesDependencies {
  stops: StopStore;
  store: AdminStore;
  catalogue: () => Catalogue;
}

/** A8: the stop, what stands, and the way back. Nothing here sends mail or waits for anything but the database. */
export function adminStopPages(
  router: Router,
  console: Console,
  { stops, store, catalogue }: StopPagesDependencies,
): void {
  console.get(router, '/admin/stop', [...KEEPERS, 'owner'], (visit) => show(visit, []));

  console.post(router, '/admin/stop', [...KEEPERS, 'owner'], async (visit, form) => {
    const target = targetIn(form.get('target'));
    const name = target && (await stops.nameOf(visit.organization, target));
    if (!target || name === undefined || !(await mayStop(visit, target)))
      return { document: await show(visit, [{ field: 'find', text: visit.speaker.say(STOP.choose) }]), status: 400 };
    const { organization, caller } = visit;
    const note = form.get('note')?.trim() ?? '';
    // Evidence is in one language: what was chosen is recorded as it reads in English, a note as it was written.
    const { en: reason } = STOP_REASONS[reasonIn(form.get('reason'))];
    if (note.length > 140) throw new BadRequest(saying(STOP.noteLimit, { limit: 140 }));
    const id = newId('stp');
    await stops.stop(
      { organization, caller },
      {
        ...target,
        id,
        reason: note === '' ? reason : `${reason}: ${note}`,
        security: form.get('security') === '1',
      },
    );
    return `/admin/stops/${id}?done=stopped`;
  });

  console.get(router, '/admin/stops/:stop', [...VIEWERS, 'owner'], async (visit) => {
    const stop = await stopIn(visit);
    const { say } = visit.speaker;
    const by = (at: Date, who: Named) => say(STOPPED.timeBy, { time: visit.at(at), person: byWhom(who, visit) });
    const [live, effect, hearings] =
      stop.resumed_at === null
        ? await Promise.all([
            stops.stillLive(visit.organization, stop),
            counted(visit, stop),
            stops.hearings(visit.organization, stop.id),
          ])
        : [[], undefined, []];
    return stoppedPage({
      frame: visit.frame('/admin/stop'),
      notice: noticeOf(visit, stop),
      stop: rowOf(stop, visit),
      facts: [
        [say(STOP.what), say(STOP_KINDS[stop.kind])],
        [say(STOP.why), reasonOf(stop)(visit.speaker)],
        [say(STOPPED.stoppedAt), by(stop.stopped_at, stop.stopped_by)],
        ...(stop.resumed_by && stop.resumed_at
          ? ([[say(STOPPED.resumedAt), by(stop.resumed_at, stop.resumed_by)]] as const)
          : ([[say(STOPPED.resumingTakes), say(stop.security ? STOPPED.two : STOPPED.one)]] as const)),
        ...(effect ? ([[say(STOPPED.concerned), effectWords(effect, visit)]] as const) : []),
        [say(STOPPED.incident), stop.id],
      ],
      systems: live.map(({ resource, name, live_until, count }) => ({
        name: name ?? resource,
        count,
        until: seconds(live_until, visit),
      })),
      instances: hearings.map(({ instance, heard_at, gone }) => ({
        id: instance,
        heard: heard_at === null ? undefined : seconds(heard_at, visit),
        gone,
      })),
      now: seconds(new Date(), visit),
      resume:
        stop.resumed_at === null && KEEPERS.some((role) => visit.roles.has(role))
          ? `/admin/stops/${stop.id}/resume`
          : undefined,
    });
  });

  console.get(router, '/admin/stops/:stop/resume', KEEPERS, async (visit) => {
    const stop = await stopIn(visit);
    // Signed in just now, before anything is typed: a session that somebody left open resumes nothing.
    if (await console.askedToSignIn(visit)) return undefined;
    return resumeForm(visit, stop, []);
  });

  console.post(
    router,
    '/admin/stops/:stop/resume',
    KEEPERS,
    async (visit, form) => {
      const stop = await stopIn(visit);
      const reason = form.get('reason')?.trim() ?? '';
      if (reason === '' || reason.length > 200) {
        const problems = [{ field: 'reason', text: visit.speaker.say(STOPPED.sayWhy) }];
        return { document: resumeForm(visit, stop, problems, form) };
      }
      const { organization, caller } = visit;
      const confirmation = form.get('confirmation') ?? '';
      const resumed = await resumeHeld({ organization, caller }, stop.id, { confirmation, reason }, stops);
      if (!resumed.ok) {
        const field = resumed.reason === 'name_not_typed' ? 'confirmation' : undefined;
        const text = refusalWords(resumed, visit);
        return { document: resumeForm(visit, stop, [{ field, text }], form), status: resumed.status };
      }
      return `/admin/stops/${stop.id}?done=${resumed.value.resumed ? 'resumed' : 'asked'}`;
    },
    { fresh: true },
  );

  async function show(visit: Visit, problems: readonly { field?: string; text: Said }[]): Promise<string> {
    const find = typeof visit.ctx.query.find === 'string' ? visit.ctx.query.find.trim() : '';
    const targets = await targetsFor(visit, find);
    const effects = await Promise.all(targets.map((target) => counted(visit, target)));
    const live = await latest(visit, targets);
    const standing = visit.only === undefined ? (await stops.list(visit.organization, STANDING)).rows : [];
    return stopPage({
      frame: visit.frame('/admin/stop'),
      csrf: visit.csrf,
      find,
      notFound: find !== '' && targets.every(({ kind }) => kind === 'organization'),
      targets: targets.map(({ kind, subject, label }, index) => ({
        value: `${kind}:${subject}`,
        label,
        effect: effectWords(effects[index], visit),
        checked: index === 0 && find !== '' && kind !== 'organization',
      })),
      until: live && seconds(live, visit),
      problems,
      standing: standing.map((stop) => rowOf(stop, visit)),
    });
  }

  /** What the words may mean, nearest first; everything at the end, for whoever may. */
  async function targetsFor(visit: Visit, find: string): Promise<(StopTarget & { label: string })[]> {
    const { organization, person } = visit;
    const targets: (StopTarget & { label: string })[] = [];
    const allOf = (name: string) => visit.speaker.say(STOP.allOf, { name });
    if (find.includes('|')) {
      const label = await stops.nameOf(organization, { kind: 'pair', subject: find });
      if (label !== undefined) targets.push({ kind: 'pair', subject: find, label });
    } else if (find !== '') {
      const [agents, someone] = await Promise.all([
        store.findAgents(organization, find),
        store.findPerson(organization, find),
      ]);
      for (const { id, name } of agents.slice(0, 5)) {
        const card = await store.agent(organization, id);
        targets.push({ kind: 'agent', subject: id, label: name });
        if (card)
          targets.push({ kind: 'owner', subject: card.owner.id, label: allOf(card.owner.name ?? card.owner.id) });
      }
      if (someone) targets.push({ kind: 'owner', subject: someone.id, label: allOf(someone.name ?? someone.id) });
      for (const { resource, name } of catalogue().seenBy(organization).resources.values()) {
        if (name.toLowerCase() === find.toLowerCase() || resource === find)
          targets.push({ kind: 'resource', subject: resource, label: visit.speaker.say(STOP.allUsing, { name }) });
      }
    }
    targets.push({ kind: 'organization', subject: organization, label: allOf(person.organizationName) });
    const allowed = await Promise.all(targets.map((target) => mayStop(visit, target)));
    return targets.filter((_, index) => allowed[index]);
  }

  /** Who administers or secures may stop anything; an owner the agents they answer for. */
  async function mayStop({ roles, only, organization }: Visit, { kind, subject }: StopTarget): Promise<boolean> {
    if (KEEPERS.some((role) => roles.has(role))) return true;
    if (only === undefined || kind !== 'agent') return false;
    const agent = await store.agent(organization, subject);
    return agent !== undefined && (agent.owner.id === only || agent.deputy.id === only);
  }

  async function stopIn(visit: Visit): Promise<StandingStop> {
    const stop = await stops.find(visit.organization, String(visit.ctx.params.stop));
    if (!stop || (visit.only !== undefined && !(await mayStop(visit, stop)))) throw nothingHere();
    return stop;
  }

  /** Counting may take its time in a large organization; stopping never waits for it. */
  const counted = (visit: Visit, target: StopTarget): Promise<StopEffect | undefined> =>
    stops.effect(visit.organization, target).catch(() => undefined);

  async function latest(visit: Visit, targets: readonly StopTarget[]): Promise<Date | undefined> {
    const [first] = targets;
    if (!first) return undefined;
    const live = await stops.stillLive(visit.organization, first).catch(() => []);
    return live.map(({ live_until }) => live_until).toSorted((a, b) => b.getTime() - a.getTime())[0];
  }

  const resumeForm = (
    visit: Visit,
    stop: StandingStop,
    problems: readonly { field?: string | undefined; text: Said }[],
    typed?: ReadonlyMap<string, string>,
  ) =>
    resumePage({
      frame: visit.frame('/admin/stop'),
      csrf: visit.csrf,
      stop: rowOf(stop, visit),
      second:
        stop.resume_asked_by && stop.resume_asked_by.id !== actorOf(visit.caller)
          ? byWhom(stop.resume_asked_by, visit)
          : undefined,
      typed,
      problems,
    });
}

const rowOf = (stop: StandingStop, visit: Visit): StandingRow => ({
  id: stop.id,
  href: `/admin/stops/${stop.id}`,
  name: stop.name,
  kind: visit.speaker.say(STOP_KINDS[stop.kind]),
  security: stop.security,
  reason: reasonOf(stop)(visit.speaker),
  by: byWhom(stop.stopped_by, visit),
  at: visit.at(stop.stopped_at),
  state: stop.resumed_at !== null ? 'resumed' : stop.resume_asked_at !== null ? 'waiting' : 'standing',
});

/** Whoever is nobody here, and no client of theirs, runs this server. */
const byWhom = ({ name }: Named, { speaker }: Visit): string => name ?? speaker.say(STOPPED.operator);

function targetIn(value: string | undefined): StopTarget | undefined {
  const [, kind = '', subject = ''] = /^([a-z]+):(.+)$/.exec(value ?? '') ?? [];
  return isHeldKind(kind) ? { kind, subject } : undefined;
}

const NOTICES = {
  stopped: STOPPED.noticeStopped,
  asked: STOPPED.noticeAsked,
  resumed: STOPPED.noticeResumed,
};

function noticeOf({ ctx, speaker }: Visit, { name }: StandingStop): Said | undefined {
  const done = String(ctx.query.done);
  return Object.hasOwn(NOTICES, done) ? saying(NOTICES[done as keyof typeof NOTICES], { name })(speaker) : undefined;
}

const reasonIn = (value: string | undefined): keyof typeof STOP_REASONS =>
  value !== undefined && Object.hasOwn(STOP_REASONS, value) ? (value as keyof typeof STOP_REASONS) : 'other';

const EFFECTS = ['agents', 'people', 'tasks', 'tokens', 'waiting', 'sub_agents'] as const;

/** "31 people · 4 live tokens": what is there, and nothing of what is not. */
function effectWords(effect: StopEffect | undefined, { speaker: { say } }: Visit): Said {
  if (!effect) return say(STOP.tooMany);
  const parts = EFFECTS.filter((name) => effect[name] > 0).map((name) => say(EFFECT[name], { count: effect[name] }));
  return parts.length === 0 ? say(STOP.nothingGoesOn) : asItIs(parts.join(' · '));
}

/** A clock time to the second: what still lives is counted in them. */
const seconds = (at: Date, { person, speaker }: Visit): Said => speaker.toSecond(at, person.timeZone);
