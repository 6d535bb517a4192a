import { type BenchClient, type BenchKey, clientWith, newKey } from './client.ts';
import { ask, CALENDAR, type Product } from './setting.ts';

/** Many agents, each of which waits for each of many people. */
export interface Crowd {
  /** The key that all of the agents registered: nothing here depends on whose it is. */
  key: BenchKey;
  agents: readonly BenchClient[];
  questions: readonly { client: string; authReqId: string }[];
  /** Those of them that were asked of the person who signed in, one per agent, with what deciding them takes. */
  asked: readonly { authReqId: string; approval: string; number: string }[];
}

const PERIOD = { from: '2026-11-24', to: '2026-11-28' };

/**
 * Agents and people are copies of one agent and one person, and so are the questions to all people but one: that one is
 * really asked, by every agent.
 */
export async function makeCrowd(product: Product, count: number, people: number): Promise<Crowd> {
  const { admin, rows, server } = product;
  const { key, agents, template } = await addAgents(product, count);
  await admin.query(ADD_PEOPLE, [template, people - 1]);
  await admin.query(ADD_QUESTIONS, [template, count, people - 1]);
  await admin.query('analyze');
  const questions = agents.flatMap(({ id: client }, agent) =>
    Array.from({ length: people - 1 }, (_, person) => ({ client, authReqId: `crowd-${agent + 1}-${person + 1}` })),
  );
  const asked: { authReqId: string; approval: string; number: string }[] = [];
  for (const agent of agents) {
    const { authReqId, number } = await ask(server, agent, {
      type: 'calendar.events.read',
      locations: [CALENDAR],
      ...PERIOD,
    });
    asked.push({ authReqId, number, approval: await rows.approvalOf(authReqId) });
    questions.push({ client: agent.id, authReqId });
  }
  return { key, agents, questions, asked };
}

/** Copies of one agent, which was registered and asked something: `template` is that approval. */
export async function addAgents(
  { admin, rows, register }: Product,
  count: number,
): Promise<Pick<Crowd, 'key' | 'agents'> & { template: string }> {
  const key = newKey();
  const template = await rows.templateOf(await register(false));
  await admin.query('begin'); // an agent without a client is none
  await admin.query(ADD_AGENTS, [template, count]);
  await admin.query(ADD_CLIENTS, [template, count, JSON.stringify({ keys: [key.jwk] })]);
  await admin.query('commit');
  const agents = Array.from({ length: count }, (_, index) => clientWith(`cli_crowd${index + 1}`, key));
  return { key, agents, template };
}

const ADD_PEOPLE = `
  insert into people (organization, id, email, name)
  select a.organization, 'usr_crowd' || i, 'crowd' || i || '@acme.example', 'Person ' || i
  from approvals a, generate_series(1, $2::int) i where a.id = $1`;

const ADD_AGENTS = `
  insert into agents
  select made.* from approvals a join agents g on g.id = a.agent, generate_series(1, $2::int) i,
    jsonb_populate_record(null::agents, to_jsonb(g) || jsonb_build_object('id', 'agt_crowd' || i, 'name', 'Agent ' || i)) as made
  where a.id = $1`;

const ADD_CLIENTS = `
  insert into clients
  select made.* from approvals a join clients c on c.client_id = a.client_id, generate_series(1, $2::int) i,
    jsonb_populate_record(null::clients, to_jsonb(c) || jsonb_build_object(
    'client_id', 'cli_crowd' || i, 'agent', 'agt_crowd' || i, 'metadata', c.metadata || jsonb_build_object('jwks', $3::jsonb))) as made
  where a.id = $1`;

const ADD_QUESTIONS = `
  insert into approvals
  select made.* from approvals a, generate_series(1, $2::int) i, generate_series(1, $3::int) j,
    jsonb_populate_record(null::approvals, to_jsonb(a) || jsonb_build_object(
    'id', 'apr_' || md5(i || '-' || j), 'agent', 'agt_crowd' || i, 'client_id', 'cli_crowd' || i, 'person', 'usr_crowd' || j,
    'status', 'pending', 'task', null, 'decided_at', null, 'decision', null, 'decision_hash', null, 'bound_to', null,
    'collected_at', null, 'polled_at', null, 'held_until', null, 'expires_at', now() + interval '2 hours',
    'auth_req_id_hash', sha256(convert_to('crowd-' || i || '-' || j, 'UTF8')))) as made
  where a.id = $1`;
