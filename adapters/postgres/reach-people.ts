import { actorOf } from '../../server/admin/admin.ts';
import type { IntroductionList, ListedIntroduction } from '../../server/admin/introductions.ts';
import type { ListedWebhook, WebhookStore } from '../../server/admin/webhooks.ts';
import type { Sealing } from '../../server/keys/seal.ts';
import { acted } from './admin.ts';
import type { Database } from './database.ts';
import { MOST_ADDRESSES, sealedAddress } from './notifications.ts';
import { pageIn } from './paging.ts';

/** Addresses that hear of every request of an organization, under row-level security. */
export const postgresWebhooks = (database: Database, sealing: Sealing): WebhookStore => ({
  list: (organization) =>
    database.within(organization, (statements) => statements.rows<ListedWebhook>(WEBHOOKS, [organization])),

  add: (act, { id, url, secret }) =>
    database.within(act.organization, async (statements) => {
      const { sealed, host } = sealedAddress(sealing, url, { kind: 'webhook', url, secret });
      // One after the other, so that two at once do not both find the last place free.
      await statements.run('select pg_advisory_xact_lock(hashtext($1))', [`webhooks ${act.organization}`]);
      const by = actorOf(act.caller);
      const added = await statements.run(ADD, [act.organization, id, sealed, host, by, MOST_ADDRESSES]);
      if (added === 0) return 'too_many';
      await acted(statements, act, 'webhook.added', { id, host });
      return 'added';
    }),

  remove: (act, id) =>
    database.within(act.organization, async (statements) => {
      const removed = await statements.run(REMOVE, [act.organization, id]);
      if (removed === 0) return false;
      await acted(statements, act, 'webhook.removed', { id });
      return true;
    }),
});

/** Which agent may call which person, page by page. */
export const postgresIntroductions = (database: Database): IntroductionList => ({
  list: (organization, asked) =>
    database.within(organization, (statements) =>
      pageIn<ListedIntroduction>(
        statements,
        {
          select: INTRODUCTIONS,
          parameters: [organization],
          by: [`agent ->> 'name'`, 'text'],
          id: `(person ->> 'email') || ' ' || (agent ->> 'id')`,
          words: [`agent ->> 'name'`, `person ->> 'email'`, `person ->> 'name'`],
          filters: {
            agent: (value) => `${value} in (agent ->> 'id', agent ->> 'name')`,
            person: (value) => `${value} in (person ->> 'id', person ->> 'email')`,
          },
        },
        asked,
      ),
    ),
});

const WEBHOOKS = `
  select id, host, made_by, created_at from notification_targets where organization = $1 and person is null order by id`;

const ADD = `
  insert into notification_targets (organization, id, kind, sealed, host, made_by)
  select $1, $2, 'webhook', $3, $4, $5
  where (select count(*) from notification_targets where organization = $1 and person is null) < $6::int`;

const REMOVE = 'delete from notification_targets where organization = $1 and person is null and id = $2';

const INTRODUCTIONS = `
  select json_build_object('id', a.id, 'name', a.name) as agent,
         json_build_object('id', p.id, 'name', p.name, 'email', p.email) as person, i.by, i.at
  from introductions i
  join agents a on a.organization = i.organization and a.id = i.agent
  join people p on p.organization = i.organization and p.id = i.person
  where i.organization = $1`;
