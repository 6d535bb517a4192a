import type Router from '@koa/router';

import { resumePage, type StandingRow, stopPage, stoppedPage } from '../../views/admin/stop.tsx';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { BadRequest } from '../http/form.ts';
import { newId } from '../oauth/ids.ts';
import { type AdminStore, actorOf } from './admin.ts';
import { type Console, KEEPERS, nothingHere, VIEWERS, type Visit } from './console.ts';
import {
  isHeldKind,
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

const REASONS = [
  'Suspected prompt injection',
  'A key or token may be stolen',
  'It does what nobody allowed',
  'A person reported it',
  'Something else',
] as const;

const KIND_WORDS = {
  agent: 'agent',
  pair: 'one person’s use of an agent',
  owner: 'all agents of a person',
  resource: 'system',
  organization: 'every agent of the organization',
} as const;

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
      return { document: await show(visit, [{ field: 'find', text: 'Choose what to stop.' }]), status: 400 };
    const { organization, caller } = visit;
    const note = form.get('note')?.trim() ?? '';
    const reason = REASONS.find((one) => one === form.get('reason')) ?? 'Something else';
    if (note.length > 140) throw new BadRequest('A note has at most 140 characters.');
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
    const [live, effect] =
      stop.resumed_at === null
        ? await Promise.all([stops.stillLive(visit.organization, stop), counted(visit, stop)])
        : [[], undefined];
    return stoppedPage({
      frame: visit.frame('/admin/stop'),
      notice: noticeOf(visit, stop),
      stop: rowOf(stop, visit),
      facts: [
        ['What', KIND_WORDS[stop.kind]],
        ['Why', stop.reason],
        ['Stopped', `${visit.at(stop.stopped_at)} by ${stop.stopped_by.name ?? stop.stopped_by.id}`],
        ...(stop.resumed_by && stop.resumed_at
          ? ([['Resumed', `${visit.at(stop.resumed_at)} by ${stop.resumed_by.name ?? stop.resumed_by.id}`]] as const)
          : ([['Resuming takes', stop.security ? 'two administrators' : 'one administrator']] as const)),
        ...(effect ? ([['Concerned', effectWords(effect)]] as const) : []),
        ['Incident', stop.id],
      ],
      systems: live.map(({ resource, name, live_until, count }) => ({
        name: name ?? resource,
        count,
        until: seconds(live_until, visit),
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
        return { document: resumeForm(visit, stop, [{ field: 'reason', text: 'Say why it may go on.' }]) };
      }
      const { organization, caller } = visit;
      const confirmation = form.get('confirmation') ?? '';
      const resumed = await resumeHeld({ organization, caller }, stop.id, { confirmation, reason }, stops);
      if (!resumed.ok) {
        const field = resumed.reason === 'name_not_typed' ? 'confirmation' : undefined;
        const text = `${resumed.detail.charAt(0).toUpperCase()}${resumed.detail.slice(1)}.`;
        return { document: resumeForm(visit, stop, [{ field, text }]), status: resumed.status };
      }
      return `/admin/stops/${stop.id}?done=${resumed.value.resumed ? 'resumed' : 'asked'}`;
    },
    { fresh: true },
  );

  async function show(visit: Visit, problems: readonly { field?: string; text: string }[]): Promise<string> {
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
        effect: effectWords(effects[index]),
        checked: index === 0 && find !== '' && kind !== 'organization',
      })),
      reasons: REASONS,
      until: live && seconds(live, visit),
      problems,
      standing: standing.map((stop) => rowOf(stop, visit)),
    });
  }

  /** What the words may mean, nearest first; everything at the end, for whoever may. */
  async function targetsFor(visit: Visit, find: string): Promise<(StopTarget & { label: string })[]> {
    const { organization, person } = visit;
    const targets: (StopTarget & { label: string })[] = [];
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
        if (card) targets.push({ kind: 'owner', subject: card.owner.id, label: `All agents of ${card.owner.name}` });
      }
      if (someone) targets.push({ kind: 'owner', subject: someone.id, label: `All agents of ${someone.name}` });
      for (const { resource, name } of catalogue().seenBy(organization).resources.values()) {
        if (name.toLowerCase() === find.toLowerCase() || resource === find)
          targets.push({ kind: 'resource', subject: resource, label: `Everything that uses ${name}` });
      }
    }
    targets.push({ kind: 'organization', subject: organization, label: `All agents of ${person.organizationName}` });
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
    problems: readonly { field?: string | undefined; text: string }[],
  ) =>
    resumePage({
      frame: visit.frame('/admin/stop'),
      csrf: visit.csrf,
      stop: rowOf(stop, visit),
      second:
        stop.resume_asked_by && stop.resume_asked_by.id !== actorOf(visit.caller)
          ? (stop.resume_asked_by.name ?? stop.resume_asked_by.id)
          : undefined,
      problems,
    });
}

const rowOf = (stop: StandingStop, visit: Visit): StandingRow => ({
  id: stop.id,
  href: `/admin/stops/${stop.id}`,
  name: stop.name,
  kind: KIND_WORDS[stop.kind],
  security: stop.security,
  reason: stop.reason,
  by: stop.stopped_by.name ?? stop.stopped_by.id,
  at: visit.at(stop.stopped_at),
  state: stop.resumed_at !== null ? 'resumed' : stop.resume_asked_at !== null ? 'waiting' : 'standing',
});

function targetIn(value: string | undefined): StopTarget | undefined {
  const [, kind = '', subject = ''] = /^([a-z]+):(.+)$/.exec(value ?? '') ?? [];
  return isHeldKind(kind) ? { kind, subject } : undefined;
}

const noticeOf = ({ ctx }: Visit, { name }: StandingStop): string | undefined =>
  ({
    stopped: `${name}: nothing new is issued, and what it held is over.`,
    asked: 'You resumed it. A second administrator has to do so as well, within a day.',
    resumed: `${name} may be asked for again.`,
  })[String(ctx.query.done)];

/** "31 people · 4 live tokens": what is there, and nothing of what is not. */
function effectWords(effect: StopEffect | undefined): string {
  if (!effect) return 'Too many to count in a moment. Stopping takes no longer.';
  const parts = [
    some(effect.agents, 'agent', 'agents'),
    some(effect.people, 'person', 'people'),
    some(effect.tasks, 'live task', 'live tasks'),
    some(effect.tokens, 'live token', 'live tokens'),
    some(effect.waiting, 'waiting request', 'waiting requests'),
    some(effect.sub_agents, 'sub-agent', 'sub-agents'),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'Nothing is going on under it now.' : parts.join(' · ');
}

const some = (count: number, one: string, many: string): string | undefined =>
  count === 0 ? undefined : `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

/** A clock time to the second: what still lives is counted in them. */
const seconds = (at: Date, { person }: Visit): string =>
  at.toLocaleTimeString('en-GB', { timeZone: person.timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit' });
