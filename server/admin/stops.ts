import { RESUME_REFUSED } from '../../views/words/console-stop.ts';
import { saying } from '../../views/words/saying.ts';
import { pairOf, type StopKind } from '../agents/liveness.ts';
import { newId } from '../oauth/ids.ts';
import {
  type Act,
  type AdminOutcome,
  actorOf,
  conflict,
  done,
  forbidden,
  malformed,
  type Organization,
  onlyOf,
  unknown,
} from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, type Call, organizationOf, personOf } from './call.ts';
import { gives, input, oneOf, plain, reference, takes } from './input.ts';
import { listed, listQuery } from './lists.ts';
import { count, either, ended, instant, maybe, named, object, one, pageOfMany, text, truth } from './shapes.ts';
import {
  HELD_KINDS,
  type HeldKind,
  isHeldKind,
  resumeStep,
  type StopStore,
  type StopTarget,
} from './standing-stops.ts';

type OrderKind = StopKind | HeldKind;

const order = input<{
  organization?: string;
  kind: OrderKind;
  subject?: string;
  reason: string;
  security?: boolean;
}>(
  {
    organization: reference,
    kind: oneOf(...HELD_KINDS, 'person', 'task', 'grant', 'token', 'client'),
    subject: reference,
    reason: plain(200),
    security: { type: 'boolean' },
  },
  ['kind', 'reason'],
);

/**
 * Ends everything under one key, at once, within one organization. An agent, one person's use of it, all agents of an
 * owner, a resource and an organization stay stopped until somebody resumes them; what is narrower has ended, and that
 * is all. The answer says what was stopped, and what nobody can take back: JWTs that a resource may still accept
 * without asking, and until when.
 */
export const stop: Answer = async (call, dependencies) => {
  const asked = order(call.body);
  if (!asked.ok) return asked;
  const { kind, reason } = asked.value;
  if (beyondOwn(call, kind)) return onlyTheirAgents;
  const place = await placeOf(call, asked.value, dependencies);
  if (!place.ok) return place;
  const organization = place.value;
  const subject = await subjectOf(call, kind, asked.value.subject, organization, dependencies);
  if (!subject.ok) return subject;
  const act = { organization: organization.id, caller: call.caller };
  if (isHeldKind(kind)) {
    const held = await holdStopped(act, { kind, subject: subject.value }, asked.value, dependencies.stops);
    return done({ ...held, organization: organization.slug });
  }
  const stopped = await dependencies.store.stop(act, { kind, subject: subject.value, reason });
  return done({ kind, subject: subject.value, organization: organization.slug, ...stopped });
};
takes(stop, { body: order });
const EFFECT = object({ agents: count, sub_agents: count, people: count, tasks: count, waiting: count, tokens: count });
const SUBJECT = { kind: text, subject: text, organization: text };
gives(
  stop,
  either(
    object({ ...SUBJECT, ...ended }),
    object({ ...SUBJECT, ...ended, id: text, security: truth, stopped: EFFECT }),
  ),
);

/** Stops first and counts afterwards: nothing that takes longer in a large organization stands before the refusal. */
export async function holdStopped(
  act: Act,
  target: StopTarget,
  { reason, security = true }: { reason: string; security?: boolean | undefined },
  stops: StopStore,
) {
  const id = newId('stp');
  const stoppedAt = await stops.stop(act, { ...target, id, security, reason });
  const tokens = await stops.stillLive(act.organization, target);
  const stopped = await stops.effect(act.organization, target);
  return { id, ...target, security, stopped_at: stoppedAt, stopped, tokens };
}

const effectOrder = input<{ organization?: string; kind: HeldKind; subject?: string }>(
  { organization: reference, kind: oneOf(...HELD_KINDS), subject: reference },
  ['kind'],
);

/** What a stop would end now, without ending it. */
export const stopEffect: Answer = async (call, dependencies) => {
  const asked = effectOrder(call.query);
  if (!asked.ok) return asked;
  const { kind } = asked.value;
  if (beyondOwn(call, kind)) return onlyTheirAgents;
  const place = await placeOf(call, asked.value, dependencies);
  if (!place.ok) return place;
  const subject = await subjectOf(call, kind, asked.value.subject, place.value, dependencies);
  if (!subject.ok) return subject;
  const target = { kind, subject: subject.value };
  const [stopped, tokens] = await Promise.all([
    dependencies.stops.effect(place.value.id, target),
    dependencies.stops.stillLive(place.value.id, target),
  ]);
  return done({ ...target, organization: place.value.slug, stopped, tokens });
};
takes(stopEffect, { query: effectOrder });
gives(stopEffect, object({ ...SUBJECT, stopped: EFFECT, tokens: ended.tokens }));

const someStops = listQuery({ all: oneOf('true', 'false'), kind: oneOf(...HELD_KINDS) });

/** Stops that stand, the latest first; with `all=true` those that were resumed as well. */
export const listStops: Answer = async (call, dependencies) => {
  const stops = await listed(call, someStops, dependencies, ({ id }, asked) => {
    const { all, ...filters } = asked.filters;
    const standing = all === 'true' ? filters : { ...filters, standing: 'true' };
    return dependencies.stops.list(id, { ...asked, filters: standing });
  });
  return stops.ok ? done({ stops: stops.value.rows, next: stops.value.next }) : stops;
};
takes(listStops, { query: someStops });
gives(
  listStops,
  pageOfMany(
    'stops',
    object({
      id: text,
      organization: text,
      kind: one(...HELD_KINDS),
      subject: text,
      name: text,
      security: truth,
      reason: text,
      stopped_by: named,
      stopped_at: instant,
      resume_asked_by: maybe(named),
      resume_asked_at: maybe(instant),
      resumed_by: maybe(named),
      resumed_at: maybe(instant),
    }),
  ),
);

const resumption = input<{ organization?: string; confirmation: string; reason: string }>(
  { organization: reference, confirmation: plain(200), reason: plain(200) },
  ['confirmation', 'reason'],
);

/** Lets what was stopped be asked for again. What it held stays over: people are asked anew. */
export const resumeStop: Answer = async (call, dependencies) => {
  const asked = resumption(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const act = { organization: organization.value.id, caller: call.caller };
  return resumeHeld(act, String(call.params.stop), asked.value, dependencies.stops);
};
takes(resumeStop, { body: resumption });
gives(resumeStop, object({ id: text, name: text, resumed: truth }));

export async function resumeHeld(
  act: Act,
  id: string,
  { confirmation, reason }: { confirmation: string; reason: string },
  stops: StopStore,
): Promise<AdminOutcome<{ id: string; name: string; resumed: boolean }>> {
  const stop = await stops.find(act.organization, id);
  if (!stop) return unknown(`stop ${id}`);
  const step = resumeStep(stop, actorOf(act.caller), confirmation, new Date());
  if (!step.ok) return step;
  const made = step.value === 'ask' ? await stops.askToResume(act, id) : await stops.resume(act, id, reason);
  if (!made) return conflict('resumed_already', saying(RESUME_REFUSED.resumed_already, { name: stop.name }));
  return done({ id, name: stop.name, resumed: step.value === 'resume' });
}

/** Whoever answers for agents stops these; anything larger is others' as well. */
const beyondOwn = ({ caller }: Call, kind: OrderKind): boolean => onlyOf(caller) !== undefined && kind !== 'agent';
const onlyTheirAgents = forbidden('not_yours', 'you may stop the agents you answer for: kind agent');

/** The operator need not say in which organization a task or an agent is. */
async function placeOf(
  call: Call,
  { kind, subject = '', organization }: { kind: OrderKind; subject?: string; organization?: string },
  dependencies: AdminDependencies,
): Promise<AdminOutcome<Organization>> {
  if (organization === undefined && call.caller.kind === 'operator') {
    if (kind === 'organization') return organizationOf(call, subject, dependencies);
    if (kind === 'task') return organizationOf(call, await dependencies.organizations.ofTask(subject), dependencies);
    if (kind === 'agent') {
      const agent = await agentOf(call, subject, undefined, dependencies);
      return agent.ok ? done(agent.value.organization) : agent;
    }
  }
  return organizationOf(call, organization, dependencies);
}

async function subjectOf(
  call: Call,
  kind: OrderKind,
  subject: string | undefined,
  organization: Organization,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<string>> {
  if (kind === 'organization') {
    const fits = subject === undefined || subject === organization.id || subject === organization.slug;
    return fits ? done(organization.id) : malformed('subject and organization name two organizations');
  }
  if (subject === undefined) return malformed('subject is required');
  const agentId = async (agent: string) => {
    const found = await agentOf(call, agent, organization.id, dependencies);
    return found.ok ? done(found.value.id) : found;
  };
  const personId = async (person: string) => {
    const found = await personOf(organization, person, dependencies);
    return found.ok ? done(found.value.id) : found;
  };
  if (kind === 'agent') return agentId(subject);
  if (kind === 'person' || kind === 'owner') return personId(subject);
  if (kind === 'resource' && !dependencies.catalogue().seenBy(organization.id).resources.has(subject))
    return unknown(`resource ${subject}`);
  if (kind !== 'pair') return done(subject);
  const [agent = '', person] = subject.split('|');
  if (person === undefined) return malformed('subject of a pair is agent|person');
  const [foundAgent, foundPerson] = [await agentId(agent), await personId(person)];
  if (!foundAgent.ok) return foundAgent;
  return foundPerson.ok ? done(pairOf(foundAgent.value, foundPerson.value)) : foundPerson;
}
