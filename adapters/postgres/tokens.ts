import { type DeathReason, stopKeys } from '../../server/agents/liveness.ts';
import type { Catalogue } from '../../server/catalogue/catalogue.ts';
import type { IssuedToken, PresentedToken, TokenStore } from '../../server/delegation/token.ts';
import { prepareEvent } from '../../server/evidence/evidence.ts';
import type { Database, Statements } from './database.ts';
import { EVENT_PARAMETERS, eventParameters, insertEvent } from './evidence.ts';
import { endUnaware, sensitiveReading } from './unaware.ts';

export const postgresTokens = (database: Database, catalogue: () => Catalogue): TokenStore => ({
  async issue(token, event) {
    const { derived } = token;
    const parameters = [
      ...eventParameters(prepareEvent(event)),
      stopKeys({
        organization: token.organization,
        agents: token.agents,
        client: token.clientId,
        person: token.person ?? undefined,
        task: token.task ?? undefined,
        lineage: token.lineage,
        resource: token.resource,
        since: token.since ?? token.issuedAt,
      }),
      token.agents,
      token.person,
      token.task,
      token.since ?? null,
      token.organization,
      token.issuedAt,
      token.jti,
      token.kind,
      token.clientId,
      token.agent,
      token.subject,
      token.lineage,
      token.parent,
      token.resource,
      token.scopes,
      JSON.stringify(token.actions),
      token.act === null ? null : JSON.stringify(token.act),
      token.boundTo,
      token.mayAct,
      token.depth,
      token.txn,
      JSON.stringify(token.authentication),
      token.expiresAt,
      derived?.id ?? null,
      derived?.parent ?? null,
      derived?.path ?? [],
      derived?.agent ?? null,
      derived?.clientId ?? null,
      derived?.depth ?? null,
      derived?.boundTo ?? null,
      derived?.expiresAt ?? null,
      derived?.beside ?? null,
    ];
    const gate = () =>
      database.first<{
        reason: DeathReason | 'key_mismatch' | 'key_race' | 'beyond_limits' | 'too_many_holders' | null;
      }>(ISSUE, parameters);
    let row = await gate();
    // Another first use gave the task its key while this statement waited: a second look sees which.
    if (row?.reason === 'key_race') row = await gate();
    if (row?.reason === 'key_race') throw new Error('a task lost its key');
    const { organization, person, task, actions } = token;
    if (derived?.agent && organization && person && task && !row?.reason) {
      await handedReading(database, catalogue(), { organization, person, task, agent: derived.agent, actions });
    }
    return row?.reason ?? undefined;
  },

  async find(jti, issuedAt) {
    const row = await database.first<TokenRow>(FIND, [issuedAt, jti]);
    if (!row) return undefined;
    return { token: toToken(row), dead: row.dead ?? undefined };
  },
});

/**
 * What is handed to an agent to read ends what it was allowed to carry out before. Committed before the hand-off leaves, so
 * nothing was read yet if it fails.
 */
async function handedReading(
  database: Database,
  catalogue: Catalogue,
  handed: Parameters<typeof sensitiveReading>[2],
): Promise<void> {
  if (!handed.actions.some(({ action, version }) => catalogue.version(action, version)?.dataClasses.length)) return;
  await database.transaction(async (statements) => {
    const reading = await sensitiveReading(statements, catalogue, handed);
    if (reading) await endUnaware(statements, reading, catalogue);
  });
}

/** How many other agents hold a part of this task by hand-off, in branches that have not ended by themselves. */
export async function holdersBeside(
  statements: Statements,
  { organization, task, agent }: { organization: string; task: string; agent: string },
): Promise<number> {
  const row = await statements.first<{ count: number }>(HOLDERS, [organization, task, agent]);
  return row?.count ?? 0;
}

const HOLDERS = `
  select count(distinct agent)::int as count from derived_grants
  where organization = $1 and task = $2 and agent <> $3 and expires_at > clock_timestamp()`;

interface TokenRow {
  organization: string;
  jti: string;
  kind: IssuedToken['kind'];
  client_id: string;
  agent: string | null;
  agents: string[];
  person: string | null;
  subject: string;
  task: string | null;
  lineage: string[];
  parent: string | null;
  resource: string;
  scopes: string[];
  actions: IssuedToken['actions'];
  act: IssuedToken['act'];
  bound_to: string | null;
  may_act: string | null;
  depth: number;
  txn: string;
  authentication: IssuedToken['authentication'];
  since: Date;
  issued_at: Date;
  expires_at: Date;
  resource_server: string | null;
  client_kind: PresentedToken['clientKind'];
  decision_hash: string | null;
  approved_at: Date | null;
  task_expires_at: Date | null;
  dead: DeathReason | null;
}

const toToken = (row: TokenRow): PresentedToken => ({
  organization: row.organization,
  jti: row.jti,
  kind: row.kind,
  clientId: row.client_id,
  agent: row.agent,
  agents: row.agents,
  person: row.person,
  subject: row.subject,
  task: row.task,
  lineage: row.lineage,
  parent: row.parent,
  resource: row.resource,
  scopes: row.scopes,
  actions: row.actions,
  act: row.act,
  boundTo: row.bound_to,
  mayAct: row.may_act,
  depth: row.depth,
  txn: row.txn,
  authentication: row.authentication,
  since: row.since,
  issuedAt: row.issued_at,
  expiresAt: row.expires_at,
  resourceServer: row.resource_server,
  clientKind: row.client_kind,
  underTask:
    row.decision_hash !== null && row.approved_at !== null && row.task_expires_at !== null
      ? { hash: row.decision_hash, approvedAt: row.approved_at, expiresAt: row.task_expires_at }
      : undefined,
});

const first = EVENT_PARAMETERS + 1;
const p = (offset: number, type: string) => `$${first + offset}::${type}`;
const [KEYS, AGENTS, PERSON, TASK, SINCE, ORG] = [
  p(0, 'text[]'),
  p(1, 'text[]'),
  p(2, 'text'),
  p(3, 'text'),
  p(4, 'timestamptz'),
  p(5, 'text'),
];
const BOUND_TO = p(18, 'text');
const DEPTH = p(20, 'int');
const DERIVED = p(24, 'text');
const FROM = 'from gate where gate.reason is null';

// A hand-off is bound to the child's key, and whoever acts further down to their own.
const OWN_CLIENT = `${DEPTH} <= 1 and ${p(8, 'text')} <> 'handoff' and client_id = ${p(9, 'text')}`;

// What a resource does further down is its own doing: the agent's limits are about what the agent asks for.
const BY_AGENT = `exists (select from clients where client_id = ${p(9, 'text')} and kind = 'agent')`;

// One statement, one waiting commit. A task belongs to the first key that its own client shows: a stolen code or
// auth_req_id then buys nothing for another key.
const ISSUE = `
  with pinned as (
    update tasks set bound_to = ${BOUND_TO}
    where organization = ${ORG} and id = ${TASK} and bound_to is null and ${BOUND_TO} is not null and ${OWN_CLIENT}
    returning bound_to),
  gate as (
    select coalesce(
      why_not_alive(${ORG}, ${KEYS}, ${AGENTS}, ${PERSON}, ${TASK}, coalesce(${SINCE}, clock_timestamp())),
      case when ${BY_AGENT} and beyond_limits(${ORG}, ${AGENTS}, ${p(16, 'jsonb')}) then 'beyond_limits' end,
      case when not exists (select from pinned) then (
        select case when t.bound_to is not null then 'key_mismatch' when ${BOUND_TO} is not null then 'key_race' end
        from tasks t where t.organization = ${ORG} and t.id = ${TASK} and ${OWN_CLIENT} and t.bound_to is distinct from ${BOUND_TO}) end,
      case when ${p(32, 'int')} is not null and holders_beside(${ORG}, ${TASK}, ${p(27, 'text')}) > ${p(32, 'int')} then 'too_many_holders' end) as reason),
  ${insertEvent(1, FROM)},
  derived as (
    insert into derived_grants (organization, id, task, parent, path, agent, client_id, depth, bound_to, expires_at)
    select ${ORG}, ${DERIVED}, ${TASK}, ${p(25, 'text')}, ${p(26, 'text[]')}, ${p(27, 'text')}, ${p(28, 'text')}, ${p(29, 'int')},
           ${p(30, 'text')}, ${p(31, 'timestamptz')}
    ${FROM} and ${DERIVED} is not null),
  token as (
    insert into issued_tokens (organization, issued_at, jti, kind, client_id, agent, agents, person, subject, task, lineage, parent,
                               resource, scopes, actions, act, bound_to, may_act, depth, txn, authentication, since, expires_at)
    select ${ORG}, ${p(6, 'timestamptz')}, ${p(7, 'text')}, ${p(8, 'text')}, ${p(9, 'text')}, ${p(10, 'text')}, ${AGENTS}, ${PERSON},
           ${p(11, 'text')}, ${TASK}, ${p(12, 'text[]')}, ${p(13, 'text')}, ${p(14, 'text')}, ${p(15, 'text[]')}, ${p(16, 'jsonb')},
           ${p(17, 'jsonb')}, ${BOUND_TO}, ${p(19, 'text')}, ${DEPTH}, ${p(21, 'text')}, ${p(22, 'jsonb')},
           coalesce(${SINCE}, clock_timestamp()), ${p(23, 'timestamptz')}
    ${FROM})
  select reason from gate`;

/** The keys of a stored token `t`, spelled as `stopKeys` spells them. */
export const KEYS_OF_ROW = `
  array['organization:' || t.organization, 'client:' || t.client_id, 'token:' || t.jti, 'resource:' || t.resource]
  || case when t.person is null then '{}'::text[] else array['person:' || t.person] end
  || case when t.task is null then '{}'::text[] else array['task:' || t.task] end
  || array(select 'agent:' || a from unnest(t.agents) a)
  || array(select 'pair:' || a || '|' || t.person from unnest(t.agents) a where t.person is not null)
  || t.lineage`;

const FIND = `
  select t.*, r.resource_server, c.kind as client_kind, k.decision_hash, k.approved_at, k.expires_at as task_expires_at,
         why_not_alive(t.organization, ${KEYS_OF_ROW}, t.agents, t.person, t.task, t.since) as dead
  from issued_tokens t
  left join resources r on r.resource = t.resource
  left join clients c on c.client_id = t.client_id
  left join tasks k on k.organization = t.organization and k.id = t.task
  where t.issued_at = $1 and t.jti = $2`;
