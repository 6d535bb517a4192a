import {
  type Act,
  type AdminAct,
  type AdminStore,
  type AgentCard,
  actorOf,
  type ClientAdded,
  type ListedEdge,
  type ListedInitialAccessToken,
  type ListedPerson,
  type NewClient,
  type OrganizationStore,
  type OrganizationTerms,
  type StillLive,
  type Stopped,
} from '../../server/admin/admin.ts';
import { COMMAND_LINE_CLIENT, DEPLOYMENT } from '../../server/agents/clients.ts';
import type { Role } from '../../server/agents/lifecycle.ts';
import { edgeOf } from '../../server/agents/liveness.ts';
import type { EventType } from '../../server/evidence/evidence.ts';
import { moveAgent } from './agents.ts';
import type { Database, Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { TASK_ALIVE, writeStop } from './liveness.ts';
import { pageIn } from './paging.ts';
import { namesIn } from './stops.ts';
import { KEYS_OF_ROW } from './tokens.ts';

/**
 * The public client of the administrators' command line (RFC 8252): the same at every deployment, so that nothing has to
 * be configured where it runs. It proves nothing about itself; who signs in, and that they did so just now, is the proof.
 */
export async function putCommandLineClient(statements: Statements): Promise<void> {
  await statements.run(PUT_COMMAND_LINE, [COMMAND_LINE_CLIENT, DEPLOYMENT, commandLineMetadata]);
}

const commandLineMetadata = {
  client_id: COMMAND_LINE_CLIENT,
  client_name: 'Countersign command line',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/callback'],
  id_token_signed_response_alg: 'ES256',
  dpop_bound_access_tokens: true,
};

const PUT_COMMAND_LINE = `
  insert into clients (client_id, organization, kind, metadata) values ($1, $2, 'command_line', $3)
  on conflict (client_id) do update set metadata = excluded.metadata where clients.metadata <> excluded.metadata`;

/** What names organizations. Not within one, so only for what resolves a name and for the operator. */
export const postgresOrganizations = (database: Database): OrganizationStore => ({
  list: () =>
    database.rows<OrganizationTerms>(
      'select id, slug, name, domains, language, time_zone from organizations order by slug',
    ),
  find: (name) =>
    database.first<OrganizationTerms>(
      'select id, slug, name, domains, language, time_zone from organizations where id = $1 or slug = $1',
      [name],
    ),
  add: ({ id, slug, name, domains, language, time_zone }, caller) =>
    database.transaction(async (statements) => {
      const added = await statements.run(
        'insert into organizations (id, slug, name, domains, language, time_zone) values ($1, $2, $3, $4, $5, $6) on conflict (slug) do nothing',
        [id, slug, name, domains, language, time_zone],
      );
      if (added === 0) return 'taken';
      await acted(statements, { organization: id, caller }, 'organization.added', {
        slug,
        name,
        domains,
        language,
        time_zone,
      });
      return 'added';
    }),
  change: ({ id, name, domains, language, time_zone }, caller) =>
    database.within(id, async (statements) => {
      await statements.run(
        'update organizations set name = $2, domains = $3, language = $4, time_zone = $5 where id = $1',
        [id, name, domains, language, time_zone],
      );
      await acted(statements, { organization: id, caller }, 'organization.changed', {
        name,
        domains,
        language,
        time_zone,
      });
    }),
  ofAgent: async (agent) =>
    (
      await database.rows<{ organization: string }>(
        'select distinct organization from agents where id = $1 or name = $1',
        [agent],
      )
    ).map(({ organization }) => organization),
  ofTask: async (task) =>
    (await database.first<{ organization: string }>('select organization from tasks where id = $1', [task]))
      ?.organization,
});

/** The admin API's reading and writing, one organization at a time under row-level security. */
export const postgresAdmin = (database: Database): AdminStore => ({
  people: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<ListedPerson>(
        statements,
        {
          select: PEOPLE,
          parameters: [organization],
          by: ['lower(email)', 'text'],
          id: 'id',
          words: ['email', 'name', 'id'],
          filters: { role: (value) => `${value} = any(roles)`, status: (value) => `status = ${value}` },
        },
        asked,
      ),
    ),
  findPerson: (organization, person) =>
    database.within(organization, (statements) =>
      statements.first<ListedPerson>(`${PEOPLE} and (p.id = $2 or lower(p.email) = lower($2))`, [organization, person]),
    ),
  addPerson: (act, { id, email, name, roles }) =>
    database.within(act.organization, async (statements) => {
      const added = await statements.run(
        `insert into people (organization, id, email, name, roles, made_by) values ($1, $2, $3, $4, $5, array[$6])
         on conflict (organization, lower(email)) do nothing`,
        [act.organization, id, email, name, roles, actorOf(act.caller)],
      );
      if (added === 0) return 'taken';
      await acted(statements, act, 'person.added', { person: id, email, name, roles });
      return 'added';
    }),
  addEnrolment: (act, { tokenHash, person, expiresAt }) =>
    database.within(act.organization, async (statements) => {
      const added = await statements.run(ADD_ENROLMENT, [
        tokenHash,
        act.organization,
        person,
        actorOf(act.caller),
        expiresAt,
      ]);
      if (added === 0) return false;
      await statements.run(MADE_BY, [act.organization, person, actorOf(act.caller)]);
      await acted(statements, act, 'enrolment.offered', { person, expires_at: expiresAt.toISOString() });
      return true;
    }),

  initialAccessTokens: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<ListedInitialAccessToken>(
        statements,
        {
          select: INITIAL_ACCESS_TOKENS,
          parameters: [organization],
          by: ['created_at', 'timestamptz'],
          id: 'id',
          words: ['id', `owner ->> 'email'`, `deputy ->> 'email'`, 'blueprint'],
          filters: {
            usable: (value) => `usable::text = ${value}`,
            owner: (value) => `${value} in (owner ->> 'id', owner ->> 'email')`,
          },
        },
        asked,
      ),
    ),
  addInitialAccessToken: (act, token, id, tokenHash) =>
    database.within(act.organization, async (statements) => {
      const { owner, deputy, mode, status, allowUnbound, uses, expiresAt, limits, blueprint, agentSeconds } = token;
      const { preset, environment } = token;
      await statements.run(ADD_INITIAL_ACCESS_TOKEN, [
        act.organization,
        id,
        tokenHash,
        owner,
        deputy,
        mode,
        status,
        allowUnbound,
        uses,
        actorOf(act.caller),
        expiresAt,
        limits,
        blueprint,
        agentSeconds,
        preset,
        environment,
      ]);
      await acted(statements, act, 'initial_access_token.made', {
        id,
        owner,
        deputy,
        mode,
        status,
        allow_unbound: allowUnbound,
        uses,
        expires_at: expiresAt?.toISOString(),
        limits,
        blueprint,
        agent_seconds: agentSeconds,
        preset,
        environment,
      });
    }),
  endInitialAccessToken: (act, id) =>
    database.within(act.organization, async (statements) => {
      const ended = await statements.run(
        `update initial_access_tokens set expires_at = clock_timestamp()
         where organization = $1 and id = $2 and (expires_at is null or expires_at > clock_timestamp())`,
        [act.organization, id],
      );
      if (ended === 0) return false;
      await acted(statements, act, 'initial_access_token.ended', { id });
      return true;
    }),

  addClient: (act, client) =>
    // A shared resource belongs to no organization, so within one nobody may touch it: the deployment's is the owner's path.
    act.organization === DEPLOYMENT
      ? database.transaction((statements) => addClient(statements, act, client))
      : database.within(act.organization, (statements) => addClient(statements, act, client)),

  findAgents: (organization, agent, only) =>
    database.within(organization, (statements) =>
      statements.rows<{ id: string; name: string }>(FIND_AGENTS, [organization, agent, only ?? null]),
    ),
  agent: (organization, id) =>
    database.within(organization, async (statements) => {
      const agent = await statements.first<Omit<AgentCard, 'clients' | 'hands_on_to' | 'changes'>>(
        `${AGENTS} where a.organization = $1 and a.id = $2`,
        [organization, id],
      );
      if (!agent) return undefined;
      const of = [organization, id];
      return {
        ...agent,
        clients: await statements.rows<AgentCard['clients'][number]>(CLIENTS_OF_AGENT, of),
        hands_on_to: await statements.rows<AgentCard['hands_on_to'][number]>(HANDS_ON_TO, of),
        changes: await statements.rows<AgentCard['changes'][number]>(CHANGES, of),
      };
    }),
  moveAgent: (act, agent, move, reason) =>
    database.within(act.organization, async (statements) => {
      const { organization, caller } = act;
      const role = await capacityOf(statements, act, agent);
      if (!role) return undefined;
      const problem = await moveAgent(statements, { organization, agent, move, role, by: actorOf(caller), reason });
      if (problem === 'unknown') return undefined;
      return problem ? { refused: problem } : stopped(statements, organization, `agent:${agent}`);
    }),
  setOwnActions: (act, agent, actions) =>
    database.within(act.organization, async (statements) => {
      await statements.run('update agents set own_actions = $3 where organization = $1 and id = $2', [
        act.organization,
        agent,
        actions,
      ]);
      await record(statements, act, 'agent.changed', 'own_actions', { own_actions: actions }, { agent });
    }),

  edges: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<ListedEdge>(
        statements,
        {
          select: EDGES,
          parameters: [organization],
          by: [`parent ->> 'name'`, 'text'],
          id: `(child ->> 'name') || ' ' || (parent ->> 'id') || ' ' || (child ->> 'id')`,
          words: [`parent ->> 'name'`, `child ->> 'name'`],
          filters: {
            parent: (value) => `${value} in (parent ->> 'id', parent ->> 'name')`,
            child: (value) => `${value} in (child ->> 'id', child ->> 'name')`,
          },
        },
        asked,
      ),
    ),
  putEdge: (act, { parent, child, actions, maxDepth, carriesOwn }) =>
    database.within(act.organization, async (statements) => {
      const before = await statements.first<Omit<ListedEdge, 'parent' | 'child'>>(EDGE, [
        act.organization,
        parent,
        child,
      ]);
      await statements.run(PUT_EDGE, [act.organization, parent, child, actions, maxDepth, carriesOwn]);
      const content = { child, actions, max_depth: maxDepth, carries_own: carriesOwn };
      await record(statements, act, 'agent.changed', 'edge_put', content, { agent: parent });
      const narrower =
        before?.actions.some((action) => !actions.includes(action)) ||
        (before && before.max_depth > maxDepth) ||
        (before?.carries_own && !carriesOwn);
      return narrower ? endEdge(statements, act, parent, child, 'narrowed') : undefined;
    }),
  removeEdge: (act, parent, child) =>
    database.within(act.organization, async (statements) => {
      const removed = await statements.run(
        'delete from agent_edges where organization = $1 and parent = $2 and child = $3',
        [act.organization, parent, child],
      );
      if (removed === 0) return undefined;
      await record(statements, act, 'agent.changed', 'edge_removed', { child }, { agent: parent });
      return endEdge(statements, act, parent, child, 'removed');
    }),

  stop: (act, order) =>
    database.within(act.organization, async (statements) => {
      const { kind, subject, reason } = order;
      await writeStop(statements, { organization: act.organization, kind, subject, by: actorOf(act.caller), reason });
      await record(statements, act, 'authority.stopped', kind, { subject, reason }, namesIn(order));
      return stopped(statements, act.organization, `${kind}:${subject}`);
    }),
});

/** In which capacity somebody acts on an agent: as administrator of all, or because they answer for this one. */
async function capacityOf(
  statements: Statements,
  { organization, caller }: Act,
  agent: string,
): Promise<Role | undefined> {
  if (caller.kind === 'operator') return 'operator';
  const { id, roles } = caller.person;
  // Whoever acts by what they own does not bring back what an administrator stopped, whatever else they are.
  if (!caller.ownOnly && (roles.includes('admin') || roles.includes('security'))) return 'admin';
  const row = await statements.first<{ owner: string | null; deputy: string | null }>(
    `select case when owner_accepted_at is not null then owner end as owner,
            case when deputy_accepted_at is not null then deputy end as deputy
     from agents where organization = $1 and id = $2`,
    [organization, agent],
  );
  return row?.owner === id ? 'owner' : row?.deputy === id ? 'deputy' : undefined;
}

async function addClient(
  statements: Statements,
  act: Act,
  { clientId, kind, metadata, resources, replace }: NewClient,
): Promise<ClientAdded> {
  const found = await statements.rows<{ resource: string; resource_server: string | null }>(
    `select resource, resource_server from resources where resource = any($1) and coalesce(organization, '${DEPLOYMENT}') = $2`,
    [resources, act.organization],
  );
  const foreign = resources.filter((resource) => !found.some((row) => row.resource === resource));
  if (foreign.length > 0) return { foreign };
  const taken = found.flatMap(({ resource, resource_server }) =>
    resource_server !== null && !replace ? [resource] : [],
  );
  if (taken.length > 0) return { taken };
  await statements.run('insert into clients (client_id, organization, kind, metadata) values ($1, $2, $3, $4)', [
    clientId,
    act.organization,
    kind,
    metadata,
  ]);
  await statements.run('update resources set resource_server = $2 where resource = any($1)', [resources, clientId]);
  await acted(statements, act, 'client.added', { client_id: clientId, kind, name: metadata.client_name, resources });
  return { added: true };
}

export async function stopped(statements: Statements, organization: string, key: string): Promise<Stopped> {
  const epoch = await statements.first<{ at: Date }>(
    'select at from stop_epochs where organization = $1 and key = $2',
    [organization, key],
  );
  return {
    stopped_at: epoch?.at ?? new Date(),
    tokens: await statements.rows<StillLive>(STILL_LIVE, [organization, key]),
  };
}

/** What travelled along the edge ends with it: whoever takes it away means what is out there too. */
async function endEdge(
  statements: Statements,
  { organization, caller }: Act,
  parent: string,
  child: string,
  reason: string,
): Promise<Stopped> {
  const subject = edgeOf(parent, child);
  await writeStop(statements, { organization, kind: 'edge', subject, by: actorOf(caller), reason });
  return stopped(statements, organization, `edge:${subject}`);
}

export const acted = (statements: Statements, act: Act, reason: AdminAct, content: object) =>
  record(
    statements,
    act,
    'admin.acted',
    reason,
    content,
    act.caller.kind === 'person' ? { person: act.caller.person.id } : {},
  );

export function record(
  statements: Statements,
  { organization, caller }: Act,
  type: EventType,
  reason: string,
  content: object,
  names: { [column: string]: string | undefined },
): Promise<string> {
  return writeEvent(statements, {
    organization,
    type,
    decision: 'allowed',
    reason,
    ...names,
    content: { by: actorOf(caller), through: caller.client, ...content },
  });
}

const FIND_AGENTS = `
  select id, name from agents
  where organization = $1 and (id = $2 or name = $2) and ($3::text is null or owner = $3 or deputy = $3) order by id`;

const PEOPLE = `
  select p.id, p.email, p.name, p.roles, p.status,
         array(select distinct unnest(m.roles) from mapped_roles m where m.organization = p.organization and m.person = p.id) as provider_roles,
         case when p.roles_asked_at > clock_timestamp() - interval '1 day' then p.roles_asked end as roles_asked,
         case when p.roles_asked_at > clock_timestamp() - interval '1 day' then p.roles_asked_by end as roles_asked_by,
         exists (select from credentials c where c.organization = p.organization and c.person = p.id and (c.kind <> 'upstream' or c.signs_in)) as enrolled
  from people p where p.organization = $1`;

// Only for somebody who cannot sign in yet; an earlier link of theirs ends.
const MADE_BY = `
  update people set made_by = array(select distinct unnest(made_by || $3::text)) where organization = $1 and id = $2`;

const ADD_ENROLMENT = `
  with open as (
    select p.id from people p
    where p.organization = $2 and p.id = $3 and p.status = 'active'
      and not exists (select from credentials c where c.organization = p.organization and c.person = p.id and (c.kind <> 'upstream' or c.signs_in))
    for no key update),
  earlier as (
    update enrolments set expires_at = clock_timestamp() from open
    where organization = $2 and person = open.id and used_at is null and expires_at > clock_timestamp())
  insert into enrolments (token_hash, organization, person, made_by, expires_at) select $1, $2, open.id, $4, $5 from open`;

const person = (alias: string) =>
  `json_build_object('id', ${alias}.id, 'name', ${alias}.name, 'email', ${alias}.email)`;

const INITIAL_ACCESS_TOKENS = `
  select i.id, ${person('o')} as owner, ${person('d')} as deputy, i.mode_ceiling as mode, i.final_status as status, i.allow_unbound,
         i.uses_left, i.made_by, i.created_at, i.expires_at, i.limits, b.name as blueprint, i.agent_seconds as agent_expires_in, i.preset, i.environment,
         (i.expires_at is null or i.expires_at > clock_timestamp()) and (i.uses_left is null or i.uses_left > 0) as usable
  from initial_access_tokens i
  join people o on o.organization = i.organization and o.id = i.owner
  join people d on d.organization = i.organization and d.id = i.deputy
  left join blueprints b on b.organization = i.organization and b.id = i.blueprint
  where i.organization = $1`;

const ADD_INITIAL_ACCESS_TOKEN = `
  insert into initial_access_tokens (organization, id, token_hash, owner, deputy, mode_ceiling, final_status, allow_unbound, uses_left,
                                     made_by, expires_at, limits, blueprint, agent_seconds, preset, environment)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`;

const AGENTS = `
  select a.id, g.slug as organization, a.name, a.purpose, a.mode, a.status, ${person('o')} as owner, ${person('d')} as deputy,
         (select array_agg(distinct type order by type) from clients c, jsonb_array_elements_text(c.metadata -> 'authorization_details_types') type
          where c.organization = a.organization and c.agent = a.id) as actions,
         a.own_actions,
         (select count(*)::int from tasks t
          where t.organization = a.organization and t.agent = a.id and t.expires_at > clock_timestamp()
            and ${TASK_ALIVE}) as live_tasks,
         used.at as last_used, a.expires_at, a.environment, a.limits, a.use_case,
         (select b.name from blueprints b where b.organization = a.organization and b.id = a.blueprint) as blueprint
  from agents a
  join organizations g on g.id = a.organization
  join people o on o.organization = a.organization and o.id = a.owner
  join people d on d.organization = a.organization and d.id = a.deputy
  left join (select agent, max(issued_at) as at from issued_tokens where organization = $1 group by agent) used on used.agent = a.id`;

const CLIENTS_OF_AGENT = `
  select client_id, metadata ->> 'client_name' as name, metadata ->> 'token_endpoint_auth_method' as auth_method,
         metadata -> 'jwks' as jwks, metadata ->> 'jwks_uri' as jwks_uri, metadata -> 'redirect_uris' as redirect_uris,
         metadata -> 'grant_types' as grant_types
  from clients where organization = $1 and agent = $2 order by created_at`;

const HANDS_ON_TO = `
  select e.child as agent, c.name, e.actions, e.max_depth
  from agent_edges e join agents c on c.organization = e.organization and c.id = e.child
  where e.organization = $1 and e.parent = $2 order by c.name`;

const CHANGES = `
  select h.at, h.from_status as "from", h.to_status as "to", coalesce(p.email, c.metadata ->> 'client_name', h.by) as by, h.reason,
         h.change, h.role, h.detail, h.evidence
  from agent_changes h
  left join people p on p.organization = h.organization and p.id = h.by
  left join clients c on c.client_id = h.by
  where h.organization = $1 and h.agent = $2 order by h.at`;

const EDGE = `
  select actions, max_depth, carries_own from agent_edges where organization = $1 and parent = $2 and child = $3 for update`;

const EDGES = `
  select json_build_object('id', p.id, 'name', p.name) as parent, json_build_object('id', c.id, 'name', c.name) as child,
         e.actions, e.max_depth, e.carries_own
  from agent_edges e
  join agents p on p.organization = e.organization and p.id = e.parent
  join agents c on c.organization = e.organization and c.id = e.child
  where e.organization = $1`;

const PUT_EDGE = `
  insert into agent_edges (organization, parent, child, actions, max_depth, carries_own) values ($1, $2, $3, $4, $5, $6)
  on conflict (organization, parent, child) do update
  set actions = excluded.actions, max_depth = excluded.max_depth, carries_own = excluded.carries_own`;

// What is limited, high or critical is never accepted without asking back, and this server refuses at once itself:
// what is left are tokens that a resource may take at their word until they expire.
const STILL_LIVE = `
  select t.resource, max(t.expires_at) as live_until, count(*)::int as count
  from issued_tokens t
  where t.organization = $1 and t.issued_at > clock_timestamp() - interval '1 hour' and t.expires_at > clock_timestamp()
    and t.kind in ('leaf', 'own', 'assertion') and $2 = any(${KEYS_OF_ROW})
    and (t.actions = '[]' or exists (
      select from jsonb_array_elements(t.actions) a where a ->> 'max_uses' is null and a ->> 'impact' in ('low', 'medium')))
  group by t.resource order by t.resource`;
