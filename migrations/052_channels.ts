import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/** How people hear that something waits for them. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table notification_preferences (
      organization      text not null,
      person            text not null,
      -- In the order they are tried, each when the one before was not answered in time.
      channels          text[] not null check (cardinality(channels) <= 4 and channels <@ array['push', 'email', 'chat', 'webhook']),
      fallback_minutes  int not null check (fallback_minutes between 1 and 1440),
      detail            text not null check (detail in ('minimal', 'summary')),
      -- Minutes of the person's day; the end may lie before the beginning, over midnight.
      quiet_from        int check (quiet_from between 0 and 1439),
      quiet_to          int check (quiet_to between 0 and 1439),
      high_breaks_quiet boolean not null,
      -- Hears that somebody waits for this person; decides nothing.
      deputy            text,
      deputy_minutes    int not null check (deputy_minutes between 1 and 1440),
      primary key (organization, person),
      foreign key (organization, person) references people (organization, id),
      foreign key (organization, deputy) references people (organization, id),
      check ((quiet_from is null) = (quiet_to is null)),
      check (deputy is distinct from person)
    );
    ${customerTable('notification_preferences', 'select, insert, update')}
    -- A browser that shows notifications (RFC 8030). Whoever knows its endpoint can write to it: sealed.
    create table push_subscriptions (
      organization  text not null,
      id            text not null,
      person        text not null,
      endpoint_hash bytea not null unique check (length(endpoint_hash) = 32),
      sealed        text not null,
      host          text not null,
      name          text not null check (length(name) between 1 and 60),
      created_at    timestamptz not null default clock_timestamp(),
      sent_at       timestamptz,
      primary key (organization, id),
      foreign key (organization, person) references people (organization, id)
    );
    create index push_subscriptions_person on push_subscriptions (organization, person);
    ${customerTable('push_subscriptions', 'select, insert, update, delete')}
    -- Another address to tell: ntfy, a chat, or a webhook. Without a person, of everybody in the organization.
    create table notification_targets (
      organization text not null references organizations,
      id           text not null,
      person       text,
      kind         text not null check (kind in ('webhook', 'ntfy', 'slack', 'teams')),
      sealed       text not null,
      host         text not null,
      made_by      text not null,
      created_at   timestamptz not null default clock_timestamp(),
      primary key (organization, id),
      foreign key (organization, person) references people (organization, id),
      check (person is not null or kind = 'webhook')
    );
    create index notification_targets_person on notification_targets (organization, person);
    ${customerTable('notification_targets', 'select, insert, delete')}
    -- This agent may call this person: they said so in a browser, or an admin assigned it to them. Anybody else's
    -- request waits in the inbox.
    create table introductions (
      organization text not null,
      agent        text not null,
      person       text not null,
      by           text not null,
      at           timestamptz not null default clock_timestamp(),
      primary key (organization, agent, person),
      foreign key (organization, agent) references agents (organization, id),
      foreign key (organization, person) references people (organization, id)
    );
    ${customerTable('introductions', 'select, insert, delete')}
    -- Each request of which somebody was told, or was not, and why. What a person can take is counted here.
    create table notifications (
      organization text not null,
      approval     text not null,
      channel      text not null check (channel in ('push', 'email', 'chat', 'webhook', 'none')),
      person       text not null,
      agent        text not null,
      suppressed   text,
      at           timestamptz not null default clock_timestamp(),
      primary key (organization, approval, channel),
      foreign key (organization, person) references people (organization, id)
    );
    create index notifications_person on notifications (organization, person, at);
    ${customerTable('notifications', 'select')}
  `);
}
