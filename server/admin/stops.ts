import { pairOf, type StopKind } from '../agents/liveness.ts';
import { type AdminOutcome, done, malformed, type Organization } from './admin.ts';
import { type AdminDependencies, type Answer, agentOf, type Call, organizationOf, personOf } from './call.ts';
import { input, oneOf, plain, reference } from './input.ts';

const order = input<{ organization?: string; kind: StopKind; subject?: string; reason: string }>(
  {
    organization: reference,
    kind: oneOf('agent', 'person', 'pair', 'task', 'grant', 'token', 'client', 'resource', 'organization'),
    subject: reference,
    reason: plain(200),
  },
  ['kind', 'reason'],
);

/**
 * Ends everything under one key, at once, within one organization. The answer says what nobody can take back: JWTs that
 * a resource may still accept without asking, and until when.
 */
export const stop: Answer = async (call, dependencies) => {
  const asked = order(call.body);
  if (!asked.ok) return asked;
  const { kind, reason } = asked.value;
  const place = await placeOf(call, asked.value, dependencies);
  if (!place.ok) return place;
  const organization = place.value;
  const subject = await subjectOf(call, kind, asked.value.subject, organization, dependencies);
  if (!subject.ok) return subject;
  const stopped = await dependencies.store.stop(
    { organization: organization.id, caller: call.caller },
    { kind, subject: subject.value, reason },
  );
  return done({ kind, subject: subject.value, organization: organization.slug, ...stopped });
};

/** The operator need not say in which organization a task or an agent is. */
async function placeOf(
  call: Call,
  { kind, subject = '', organization }: { kind: StopKind; subject?: string; organization?: string },
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
  kind: StopKind,
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
  if (kind === 'person') return personId(subject);
  if (kind !== 'pair') return done(subject);
  const [agent = '', person] = subject.split('|');
  if (person === undefined) return malformed('subject of a pair is agent|person');
  const [foundAgent, foundPerson] = [await agentId(agent), await personId(person)];
  if (!foundAgent.ok) return foundAgent;
  return foundPerson.ok ? done(pairOf(foundAgent.value, foundPerson.value)) : foundPerson;
}
