import type { ChainToken, EvidenceFilter, EvidenceReader, TaskChain } from '../../server/admin/evidence.ts';
import type { Database, Statements } from './database.ts';
import { EVENT_COLUMNS, EVENT_NAMES, type EventRow, named, namesOf, readable } from './evidence-rows.ts';
import { searchEvidence } from './evidence-search.ts';
import { KEYS_OF_ROW } from './tokens.ts';

/** Evidence as people read it: under row-level security, so a filter that forgets the organization shows nothing. */
export const postgresEvidenceReader = (database: Database): EvidenceReader => ({
  list: (organization, filter) => database.within(organization, (statements) => list(statements, organization, filter)),
  search: (organization, asked) =>
    database.within(organization, (statements) => searchEvidence(statements, organization, asked)),
  chain: (organization, task) => database.within(organization, (statements) => chain(statements, organization, task)),
});

async function list(
  statements: Statements,
  organization: string,
  { task, agent, person, type, before, limit }: EvidenceFilter,
) {
  const rows = await statements.rows<EventRow>(LIST, [
    organization,
    task ?? null,
    agent ?? null,
    person ?? null,
    type ?? null,
    before ?? null,
    limit,
  ]);
  return readable(statements, organization, rows.reverse());
}

async function chain(statements: Statements, organization: string, id: string): Promise<TaskChain | undefined> {
  const task = await statements.first<TaskRow>(TASK, [organization, id]);
  if (!task) return undefined;
  const tokens = await statements.rows<TokenRow>(TOKENS, [organization, id]);
  const events = await statements.rows<EventRow>(CHAIN, [
    organization,
    id,
    task.approval,
    tokens.map(({ jti }) => jti),
    [...new Set([...(task.agent ? [task.agent.id] : []), ...tokens.flatMap(({ agents }) => agents)])],
    task.person.id,
    [task.client_id, ...tokens.map(({ client_id }) => client_id)],
    [...task.resources, ...tokens.map(({ resource }) => resource)],
    tokens.flatMap(({ lineage }) => lineage.map((key) => key.split(':')[1])),
    task.expires_at,
  ]);
  const nameOf = await namesOf(
    statements,
    organization,
    tokens.flatMap(({ agents, agent, may_act }) => [agent, may_act, ...agents]),
  );
  const { client_id: _, resources: __, slug, organization_name: name, ...shown } = task;
  return {
    organization: { id: organization, slug, name },
    task: shown,
    tokens: tokens.map(({ agents, agent, may_act, client_id: _, lineage: __, resource, resource_name, ...token }) => ({
      ...token,
      agent: agent === null ? null : nameOf(agent),
      acting: agents.map(nameOf),
      handed_to: may_act === null ? null : nameOf(may_act),
      resource: { id: resource, name: resource_name },
    })),
    events: await readable(statements, organization, events),
  };
}

type TaskRow = TaskChain['task'] & {
  client_id: string;
  resources: string[];
  slug: string;
  organization_name: string;
};
type TokenRow = Omit<ChainToken, 'agent' | 'acting' | 'handed_to' | 'resource'> & {
  agent: string | null;
  may_act: string | null;
  agents: string[];
  client_id: string;
  lineage: string[];
  resource: string;
  resource_name: string | null;
};

const EVENTS = `select ${EVENT_COLUMNS} from evidence e ${EVENT_NAMES}`;

const LIST = `
  ${EVENTS}
  where e.organization = $1 and ($2::text is null or e.task = $2) and ($3::text is null or e.agent = $3)
    and ($4::text is null or e.person = $4) and ($5::text is null or e.type = $5)
    and ($6::text is null or (e.at, e.id) < (select b.at, b.id from evidence b where b.organization = $1 and b.id = $6))
  order by e.at desc, e.id desc limit $7`;

const TASK = `
  select t.id, t.sentence, t.impact, json_build_object('id', p.id, 'name', p.name, 'email', p.email) as person,
         ${named('a.id', 'a.name')} as agent,
         coalesce((select json_agg(json_build_object('action', k.action, 'parameters', k.parameters, 'uses', k.uses, 'max_uses', k.max_uses)
                                   order by k.position)
                   from task_actions k where k.organization = t.organization and k.task = t.id), '[]') as actions,
         t.request_hash, t.decision_hash, t.approved_at, t.expires_at,
         why_not_alive(t.organization,
           array['organization:' || t.organization, 'client:' || t.client_id, 'person:' || t.person, 'task:' || t.id]
             || case when t.agent is null then '{}'::text[] else array['agent:' || t.agent, 'pair:' || t.agent || '|' || t.person] end,
           array_remove(array[t.agent], null), t.person, t.id, t.approved_at) as over,
         t.approval, t.client_id,
         (select encode(sha256(convert_to(x.fields #>> '{content.screen,value}', 'UTF8')), 'hex')
          from evidence e join evidence_contents x on x.organization = e.organization and x.event = e.id
          where e.organization = t.organization and e.approval = t.approval and e.type = 'task.approved' and e.task = t.id limit 1) as screen_hash,
         t.resources, o.slug, o.name as organization_name
  from tasks t
  join organizations o on o.id = t.organization
  join people p on p.organization = t.organization and p.id = t.person
  left join agents a on a.organization = t.organization and a.id = t.agent
  where t.organization = $1 and t.id = $2`;

const TOKENS = `
  select t.jti, t.kind, t.parent, t.depth, t.agent, t.agents, t.may_act, t.client_id, t.lineage, t.resource, r.name as resource_name, t.scopes,
         (select coalesce(json_agg(json_build_object('action', a ->> 'action', 'parameters', a -> 'parameters')), '[]')
          from jsonb_array_elements(t.actions) a) as actions,
         t.issued_at, t.expires_at,
         coalesce(why_not_alive(t.organization, ${KEYS_OF_ROW}, t.agents, t.person, t.task, t.since),
                  case when t.expires_at <= clock_timestamp() then 'expired' end) as over
  from issued_tokens t left join resources r on r.resource = t.resource
  where t.organization = $1 and t.task = $2 order by t.issued_at, cardinality(t.lineage), t.jti`;

// The approval's own events came before there was a task; a stop may name the agent, the person or the client instead.
const CHAIN = `
  ${EVENTS}
  where e.organization = $1
    and (e.task = $2 or e.approval = $3 or e.approval in (select x.approval from evidence x where x.organization = $1 and x.task = $2)
      or e.jti = any($4)
      -- What a stopped agent tried afterwards: its client is refused before anybody knows for which task.
      or (e.type = 'token.refused' and e.agent = any($5) and e.reason like 'agent\\_%' and e.at <= $10
          and e.at >= (select min(f.at) from evidence f where f.organization = $1 and (f.task = $2 or f.approval = $3)))
      or (e.type in ('authority.stopped', 'authority.resumed') and e.at <= $10
          and e.at >= (select min(f.at) from evidence f where f.organization = $1 and (f.task = $2 or f.approval = $3))
          and case e.reason
                when 'organization' then true
                when 'agent' then e.agent = any($5)
                when 'owner' then exists (
                  select from agents g where g.organization = $1 and g.id = any($5) and g.owner = e.person)
                when 'person' then e.person = $6
                when 'pair' then e.agent = any($5) and e.person = $6
                when 'person_and_agent' then e.agent = any($5) and e.person = $6
                when 'all_agents_of_person' then e.person = $6
                when 'client' then e.application = any($7)
                when 'resource' then e.resource = any($8)
                when 'grant' then exists (
                  select from evidence_contents g where g.organization = $1 and g.event = e.id
                    and g.fields #>> '{content.subject,value}' = any($9))
              end))
  order by e.at, e.id`;
