import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** A review of many agents at once: which, until when, and what was answered of each. What is due is found by its date. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table review_campaigns (
      organization text not null references organizations,
      id           text not null unique check (id ~ '^rev_[a-z0-9]+$'),
      name         text not null check (length(name) between 1 and 80),
      -- The filter of the inventory that chose its agents, for whoever asks later.
      filter       text not null check (length(filter) <= 500),
      started_by   text not null,
      started_at   timestamptz not null default clock_timestamp(),
      due_at       timestamptz not null,
      closed_at    timestamptz,
      closed_by    text,
      primary key (organization, id),
      check (due_at > started_at),
      check ((closed_at is null) = (closed_by is null))
    );
    create index review_campaigns_started on review_campaigns (organization, started_at, id);
    create index review_campaigns_open on review_campaigns (id) where closed_at is null;
    ${customerTable('review_campaigns', 'select, insert, update')}

    create table campaign_agents (
      organization text not null,
      campaign     text not null,
      agent        text not null,
      answered_at  timestamptz,
      answered_by  text,
      verdict      text check (verdict in ('confirm', 'narrow', 'retire')),
      primary key (organization, campaign, agent),
      foreign key (organization, campaign) references review_campaigns (organization, id),
      foreign key (organization, agent) references agents (organization, id),
      check ((answered_at is null) = (verdict is null) and (answered_at is null) = (answered_by is null))
    );
    create index campaign_agents_open on campaign_agents (organization, agent) where answered_at is null;
    ${customerTable('campaign_agents', 'select, insert, update')}

    create index agents_review_due on agents (organization, review_at, id) where status in ('pending', 'active', 'suspended');

    alter table expiry_notices drop constraint expiry_notices_kind_check,
      add check (kind in ('credentials', 'registration_token', 'review'));
    grant insert on expiry_notices to countersign_pages;
  `);
}
