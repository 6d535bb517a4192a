import type { Database } from '../../adapters/postgres/database.ts';

/**
 * Fills acme with agents as different as they get, by statement rather than by registration: owners who left, reviews
 * that are overdue, keys that end, agents that were never used and agents that may do more than they did.
 */
export async function addManyAgents(database: Database, count: number): Promise<void> {
  await database.transaction(async (statements) => {
    for (const sql of FILL) await statements.run(sql, sql.includes('$1') ? [count] : []);
  });
  await database.run(LEAVE);
  await database.run('analyze');
}

const ACME = `(select id from organizations where slug = 'acme')`;
const DAYS = (n: string) => `interval '1 day' * (${n})`;

const FILL = [
  `insert into people (organization, id, email, name)
   select ${ACME}, 'usr_many' || n, 'many' || n || '@acme.example', 'Person ' || n from generate_series(1, 200) n`,
  `insert into agents (organization, id, name, purpose, mode, status, owner, deputy, owner_accepted_at, deputy_accepted_at, any_action,
                       created_at, expires_at, review_at, origin)
   select ${ACME}, 'agt_many' || n, 'Agent ' || md5(n::text), 'Does what agent ' || n || ' does',
          (array['attended', 'unattended', 'sub_agent'])[1 + n % 3], case when n % 11 = 0 then 'pending' else 'active' end,
          'usr_many' || (1 + n % 199), 'usr_many' || (2 + n % 199), now(), case when n % 11 <> 0 or n % 2 = 0 then now() end, n % 11 <> 0,
          now() - ${DAYS('n % 400')}, case when n % 7 = 0 then now() + ${DAYS('1 + n % 30')} end,
          now() + ${DAYS('n % 90 - 5')}, case when n % 13 = 0 then 'document' else 'token' end
   from generate_series(1, $1::int) n`,
  `insert into clients (client_id, organization, kind, agent, metadata, keys_end_at)
   select 'cli_many' || substr(id, 9), organization, 'agent', id,
          jsonb_build_object('client_name', name, 'token_endpoint_auth_method', 'private_key_jwt', 'jwks', '{"keys": []}'::jsonb)
          || case when substr(id, 9)::int % 5 = 0 then '{}'::jsonb
                  else '{"authorization_details_types": ["calendar.events.read", "calendar.invitations.send"]}' end,
          case when substr(id, 9)::int % 17 = 0 then now() + interval '3 days' end
   from agents where id like 'agt_many%'`,
  `insert into agent_use (organization, agent, action, used_at)
   select organization, id, 'calendar.events.read', now() - ${DAYS('substr(id, 9)::int % 120')}
   from agents where id like 'agt_many%' and substr(id, 9)::int % 3 > 0`,
  `insert into pauses (organization, agent, person)
   select organization, id, owner from agents where id like 'agt_many%' and substr(id, 9)::int % 50 = 0`,
  `insert into approvals (organization, id, kind, client_id, agent, person, actions, scopes, resources, request, request_hash, asked_hash,
                          impact, status, asked_at, decided_at, expires_at, deny_reason)
   select a.organization, 'apr_' || a.id || '_' || k, 'backchannel', 'cli', a.id, a.deputy, '[]', '{}', '{}', '{}', 'h', 'h', 'low',
          case when k = 1 then 'approved' when k = 2 then 'denied' else 'pending' end, now() - ${DAYS('k')},
          case when k < 3 then now() - ${DAYS('k')} end, now() - interval '1 hour',
          case when k = 2 and substr(a.id, 9)::int % 40 = 0 then 'not_me' end
   from agents a, generate_series(1, 3) k where a.id like 'agt_many%'`,
];

// Those who left, after each agent was accepted while they were there.
const LEAVE = `update people set status = 'disabled' where id like 'usr_many%' and substr(id, 9)::int % 25 = 0`;
