import type { Knex } from 'knex';

import { customerTable } from './customer-table.ts';

/**
 * What a person was shown, as long as they have not decided. With the decision it becomes content of its evidence,
 * where alone it stays, and can be erased.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table screens (
      organization text not null,
      id           text not null check (id ~ '^scr_[a-z0-9]+$'),
      approval     text not null,
      person       text not null,
      shown_at     timestamptz not null default clock_timestamp(),
      language     text not null,
      template     text not null,
      html         text not null,
      primary key (organization, id),
      foreign key (organization, approval) references approvals (organization, id),
      foreign key (organization, person) references people (organization, id)
    );
    create index screens_approval on screens (organization, approval, person, shown_at);
    create index screens_shown_at on screens (shown_at);
    ${customerTable('screens', 'select, insert, delete')}
    -- The person's own history, and the record of one decision.
    create index evidence_approval on evidence (organization, approval, at) where approval is not null;
    -- The headline as it was shown: a history repeats the same sentence, whatever the catalogue says later.
    alter table approvals drop column shown;
    alter table approvals add column sentence text;
  `);
}
