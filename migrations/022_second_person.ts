import type { Knex } from 'knex';

/** Who may be the second of two, asked by the page, the inbox and the signature alike. */
export async function up(db: Knex): Promise<void> {
  await db.raw(SECOND_PERSON);
}

const SECOND_PERSON = `
  -- The administrators who added this person or gave them a link to sign in by: whoever makes somebody might be them.
  alter table people add column made_by text[] not null default '{}';

  -- Somebody whose role it is, and who has nothing to gain: neither who asked, nor who answers for the agent, nor anybody
  -- whom one of these made.
  create function may_second(org text, who text, what text) returns boolean language sql stable as $$
    select exists (
      select from approvals a
      join agents g on g.organization = a.organization and g.id = a.agent
      join people p on p.organization = a.organization and p.id = who
      where a.organization = org and a.id = what and p.status = 'active' and 'approver' = any(p.roles)
        and p.id not in (a.person, g.owner, g.deputy)
        and not p.made_by && array[a.person, g.owner, g.deputy])
  $$;
`;
