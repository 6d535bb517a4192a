import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** What an agent is held to: its own limits, its blueprint's and those above, kept together where every token is made. */
export async function up(db: Knex): Promise<void> {
  await db.raw(BLUEPRINTS);
  await db.raw(BEYOND);
}

const BLUEPRINTS = `
  -- Agents of one kind. A blueprint below another can only narrow it (server/agents/limits.ts).
  create table blueprints (
    organization text not null references organizations,
    id           text not null unique check (id ~ '^bpr_[a-z0-9]+$'),
    name         text not null check (length(name) between 1 and 80),
    parent       text,
    limits       jsonb not null default '{}',
    -- With those above, as computed when one of them changed.
    effective    jsonb not null default '{}',
    made_by      text not null,
    made_at      timestamptz not null default clock_timestamp(),
    primary key (organization, id),
    foreign key (organization, parent) references blueprints (organization, id),
    check (parent <> id)
  );
  create unique index blueprints_name on blueprints (organization, lower(name));
  ${customerTable('blueprints', 'select, insert, update, delete')}
  alter table agents
    add column blueprint        text,
    add column effective_limits jsonb not null default '{}',
    -- Whom it serves, with what and for what, and who in the business answers for that.
    add column use_case         jsonb not null default '{}',
    add foreign key (organization, blueprint) references blueprints (organization, id);
  update agents set effective_limits = limits where limits <> '{}';
  create index agents_blueprint on agents (organization, blueprint) where blueprint is not null;
`;

/** Does any of these agents go beyond what it is held to with this? Asked by the statement that makes every token. */
const BEYOND = `
  create function beyond_limits(org text, acting text[], actions jsonb) returns boolean language sql stable as $$
    select exists (
      select from agents a cross join jsonb_array_elements(actions) x
      where a.organization = org and a.id = any(acting) and a.effective_limits <> '{}' and (
        (jsonb_exists(a.effective_limits, 'actions') and not jsonb_exists(a.effective_limits -> 'actions', x ->> 'action'))
        or (jsonb_exists(a.effective_limits, 'resources') and not jsonb_exists(a.effective_limits -> 'resources', x ->> 'resource'))
        or (jsonb_exists(a.effective_limits, 'scopes') and x ->> 'viaScope' is not null
            and not jsonb_exists(a.effective_limits -> 'scopes', x ->> 'viaScope'))
        or array_position(array['low', 'medium', 'high', 'critical'], x ->> 'impact')
           > array_position(array['low', 'medium', 'high', 'critical'], a.effective_limits ->> 'highest_impact')))
  $$;
`;
