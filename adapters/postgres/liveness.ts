import type { Authority, DeathReason, Liveness, Stop } from '../../server/agents/liveness.ts';
import { stopKeys } from '../../server/agents/liveness.ts';
import { STOPPED } from '../../server/approvals/tell-client.ts';
import type { EvidenceEvent } from '../../server/evidence/evidence.ts';
import type { Database, Statements } from './database.ts';
import { postgresEvidence } from './evidence.ts';
import { enqueue } from './outbox.ts';
import { sendSignal } from './signals.ts';

/** Of a task `t` of an agent, in a list: is it alive now? */
export const TASK_ALIVE = `
  why_not_alive(t.organization,
    array['organization:' || t.organization, 'agent:' || t.agent, 'pair:' || t.agent || '|' || t.person,
          'client:' || t.client_id, 'person:' || t.person, 'task:' || t.id],
    array[t.agent], t.person, t.id, t.approved_at) is null`;

export const postgresLiveness = (statements: Statements): Liveness => ({
  async whyNotAlive(authority) {
    const row = await statements.first<{ reason: DeathReason | null }>(
      'select why_not_alive($1, $2, $3, $4, $5, $6) as reason',
      [
        authority.organization,
        stopKeys(authority),
        authority.agents,
        authority.person ?? null,
        authority.task ?? null,
        authority.since,
      ],
    );
    return row?.reason ?? undefined;
  },
});

/**
 * Is it alive, and will it be until this transaction commits? A stop of this agent or person waits for us, or we for it,
 * and then see it.
 *
 * @param besides somebody who is held with the person: two who decide for each other take both in the same order
 */
export async function holdAlive(statements: Statements, authority: Authority, besides?: string): Promise<boolean> {
  const { organization, agents, person = null, task = null, since } = authority;
  await holdAgents(statements, organization, agents);
  await statements.run('select from people where organization = $1 and id in ($2, $3) order by id for share', [
    organization,
    person,
    besides ?? person,
  ]);
  const row = await statements.first<{ reason: string | null }>(
    'select why_not_alive($1, $2, $3, $4, $5, $6) as reason',
    [organization, stopKeys(authority), agents, person, task, since],
  );
  return row?.reason === null;
}

/**
 * Ends everything under the key. Waits for approvals in progress (they hold the person's row for sharing), so that
 * no task approved before this returns can outlive it.
 */
export async function writeStop(
  statements: Statements,
  { organization, kind, subject, by, reason }: Stop,
): Promise<void> {
  await statements.run(LOCK_PEOPLE, [organization, kind, subject]);
  await statements.run(STOP, [organization, `${kind}:${subject}`, by, reason ?? null]);
  // A task or token that ends concerns nobody who waits; an agent concerns those alone who wait for it.
  if (ENDS_WAITING.has(kind)) await answerWaiting(statements, organization, `${kind}:${subject}`);
}

/**
 * Agents come before people wherever both are held (docs/decisions/0157): whoever moves an agent holds it before it stops what it does for
 * everybody, and would otherwise wait for an approval that waits for it.
 */
export const holdAgents = (statements: Statements, organization: string, agents: readonly string[]): Promise<number> =>
  statements.run('select from agents where organization = $1 and id = any($2) order by id for share', [
    organization,
    agents,
  ]);

/**
 * For whoever stops a person's authority and writes more than the stop: the person first, as every stop and every approval
 * has it, so that no two of them wait for each other.
 */
export const holdPerson = (statements: Statements, organization: string, person: string): Promise<number> =>
  holdPeople(statements, organization, [person]);

/** The same of several, in the order in which every stop takes them. */
export const holdPeople = (statements: Statements, organization: string, people: readonly string[]): Promise<number> =>
  statements.run('select from people where organization = $1 and id = any($2) order by id for no key update', [
    organization,
    people,
  ]);

/** Whoever waits for an answer has it now: polls that are held by a signal, pings and pushes by the outbox. */
export async function answerWaiting(statements: Statements, organization: string, key: string): Promise<void> {
  await sendSignal(statements, 'stop', key);
  await enqueue(statements, STOPPED, {}, { organization });
}

/**
 * After a backup was brought back: what ended things since may be missing from it, so everything that began before the
 * instant has ended. An epoch for every organization, no session and no engine artefact but registrations.
 */
export async function applyRestoreEpoch(database: Database, epoch: Date): Promise<void> {
  await database.transaction(async (statements) => {
    await statements.run(RESTORE_STOPS, [epoch]);
    await statements.run('delete from sessions where authenticated_at <= $1', [epoch]);
    await statements.run(RESTORE_ARTEFACTS, [epoch.getTime() / 1000]);
  });
}

const ENDS_WAITING: ReadonlySet<Stop['kind']> = new Set([
  'organization',
  'agent',
  'person',
  'approval',
  'pair',
  'client',
  'resource',
]);

const RESTORE_STOPS = `
  insert into stop_epochs (organization, key, at, by, reason)
  select id, 'organization:' || id, $1, 'countersign', 'restore epoch' from organizations
  on conflict (organization, key) do update set at = greatest(stop_epochs.at, excluded.at)`;

const RESTORE_ARTEFACTS = `
  delete from engine_artefacts where model <> 'RegistrationAccessToken' and coalesce((payload ->> 'iat')::float8, 0) <= $1`;

// Approving takes `for share` on the person's row; a stop of any reach takes the rows it concerns exclusively first.
const LOCK_PEOPLE = `
  select from people
  where organization = $1
    and ($2 in ('organization', 'agent') or id = case $2 when 'person' then $3 when 'pair' then split_part($3, '|', 2) end)
  order by id for no key update`;

const STOP = `
  insert into stop_epochs (organization, key, at, by, reason) values ($1, $2, clock_timestamp(), $3, $4)
  on conflict (organization, key) do update set at = excluded.at, by = excluded.by, reason = excluded.reason`;

/** A stop and its evidence, both or neither. */
export async function stopWithEvidence(
  database: Database,
  one: Stop,
  about: Partial<EvidenceEvent> = {},
): Promise<void> {
  await database.transaction(async (statements) => {
    await writeStop(statements, one);
    await postgresEvidence(statements).record({
      ...about,
      organization: one.organization,
      type: 'authority.stopped',
      decision: 'allowed',
      reason: one.kind,
      ...(one.kind === 'task' && { task: one.subject }),
      ...(one.kind === 'agent' && { agent: one.subject }),
      ...(one.kind === 'token' && { jti: one.subject }),
      content: { subject: one.subject, by: one.by, reason: one.reason },
    });
  });
}
