import type { Knex } from 'knex';

/** Who does what in the console; whose an agent is, is no role but the agent's owner and deputy. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table people drop constraint if exists people_roles_check;
    alter table people add constraint people_roles_check check (roles <@ array['admin', 'security', 'auditor', 'approver']);
    create index agents_owner on agents (organization, owner);
    create index agents_deputy on agents (organization, deputy);
    create index agents_name on agents (organization, lower(name), id);
    create index approvals_agent on approvals (organization, agent, asked_at);
    create index approvals_not_me on approvals (organization, decided_at) where deny_reason = 'not_me';
    -- What an agent did lately: the inventory, an agent's own page and the explorer ask by agent.
    create index evidence_agent on evidence (organization, agent, at desc) where agent is not null;
  `);
}
