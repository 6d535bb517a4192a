import type { Receipt, ReceiptStore } from '../../server/approvals/receipts.ts';
import type { Database } from './database.ts';
import { TASK_ALIVE } from './liveness.ts';
import { STOPPED } from './stopped.ts';

/** Receipts under row-level security. */
export const postgresReceipts = (database: Database): ReceiptStore => ({
  find: (organization, approval) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<ReceiptRow>(RECEIPT, [organization, approval]);
      if (!row) return undefined;
      const own = await statements.rows<ReceiptEvent>(EVENTS, [organization, approval, row.task?.id ?? null]);
      // A stop names what it stops, which may be more than this task.
      const stop =
        row.task && !row.task.alive
          ? await statements.first<ReceiptEvent>(STOP, [organization, row.task.id])
          : undefined;
      const events = stop ? [...own, stop].toSorted((a, b) => b.at.getTime() - a.at.getTime()) : own;
      const seen = await statements.first<SeenRow>(SEEN, [organization, approval]);
      return {
        ...row,
        signed: row.signed.map((one) => ({ ...one, at: new Date(one.at) })),
        task: row.task && { ...row.task, expiresAt: new Date(row.task.expiresAt) },
        events,
        // What somebody else was shown is for whoever reads all evidence.
        screen:
          seen?.shown && seen.person === row.person
            ? {
                shownAt: seen.shown.at,
                language: seen.shown.language,
                template: seen.shown.template,
                seconds: seen.seconds ?? undefined,
                erased: !seen.readable,
              }
            : undefined,
      };
    }),

  screen: (organization, approval) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ person: string; html: string | null; commitment: string }>(SCREEN, [
        organization,
        approval,
      ]);
      return row && { ...row, html: row.html ?? undefined };
    }),
});

type ReceiptEvent = Receipt['events'][number];
type ReceiptRow = Omit<Receipt, 'events' | 'screen' | 'task' | 'signed'> & {
  signed: (Omit<Receipt['signed'][number], 'at'> & { at: string })[];
  task: (Omit<NonNullable<Receipt['task']>, 'expiresAt'> & { expiresAt: string }) | null;
};

interface SeenRow {
  person: string;
  shown: { at: string; language: string; template: string } | null;
  seconds: number | null;
  readable: boolean;
}

const RECEIPT = `
  select a.id as approval, a.person, json_build_object('id', g.id, 'name', g.name) as agent, a.kind, a.impact,
         coalesce(t.sentence, a.sentence) as sentence, a.status, a.asked_at as "askedAt", a.decided_at as "decidedAt",
         a.expires_at as "expiresAt", a.deny_reason as "denyReason", a.request_hash as "requestHash", a.decision,
         a.status = 'pending' and ${STOPPED} as stopped,
         a.decision_hash as "decisionHash", a.deciders as "askedOf",
         (select coalesce(json_agg(json_build_object('id', d.person, 'name', p.name, 'part', coalesce(d.part, 'person'),
                                                     'method', d.proof ->> 'method', 'at', d.signed_at) order by d.signed_at), '[]')
          from decisions d join people p on p.organization = d.organization and p.id = d.person
          where d.organization = a.organization and d.approval = a.id and d.signed_at is not null) as signed,
         case when t.id is not null then json_build_object(
           'id', t.id, 'expiresAt', t.expires_at, 'acr', t.acr,
           'method', (select d.proof ->> 'method' from decisions d where d.organization = a.organization
                      and d.approval = a.id and d.person = a.person and d.signed_at is not null),
           'uses', (select coalesce(sum(u.uses), 0)::int from task_actions u where u.organization = t.organization and u.task = t.id),
           'maxUses', (select sum(u.max_uses)::int from task_actions u where u.organization = t.organization and u.task = t.id),
           'alive', ${TASK_ALIVE}) end as task
  from approvals a
  join agents g on g.organization = a.organization and g.id = a.agent
  left join tasks t on t.organization = a.organization and t.id = a.task
  where a.organization = $1 and a.id = $2`;

const EVENTS = `
  select e.type, e.decision, e.outcome, e.at,
         -- Whom a decision was for did not make it where it was made by somebody else's sign-out or order.
         case when e.reason in ('administrator', 'signed_out_at_provider') then null else e.person end as person,
         c.fields -> 'content.reference' ->> 'value' as reference
  from evidence e
  left join evidence_contents c on c.organization = e.organization and c.event = e.id
    and e.type in ('redemption.closed', 'outcome.reported')
  where e.organization = $1 and (e.approval = $2 or e.task = $3) and e.type <> 'admin.acted'
  order by e.at desc, e.id desc limit 100`;

// The first that ended this task together with others.
const STOP = `
  select e.type, e.decision, e.outcome, e.at, e.person, null as reference
  from tasks t join evidence e on e.organization = t.organization and e.at between t.approved_at and t.expires_at
  where t.organization = $1 and t.id = $2 and e.type = 'authority.stopped' and e.task is null
    and case e.reason
          when 'organization' then true
          when 'agent' then e.agent = t.agent
          when 'owner' then exists (
            select from agents g where g.organization = t.organization and g.id = t.agent and g.owner = e.person)
          when 'person' then e.person = t.person
          when 'all_agents_of_person' then e.person = t.person
          when 'pair' then e.agent = t.agent and e.person = t.person
          when 'person_and_agent' then e.agent = t.agent and e.person = t.person
          when 'client' then e.application = t.client_id
          when 'resource' then exists (
            select from task_actions a where a.organization = t.organization and a.task = t.id and a.resource = e.resource)
        end
  order by e.at, e.id limit 1`;

// The decision, the last one where several people had to decide.
const DECISION = `
  from evidence e join evidence_contents c on c.organization = e.organization and c.event = e.id
  where e.organization = $1 and e.approval = $2 and e.type in ('task.approved', 'task.denied')
    and e.commitments ? 'content.screen'
  order by e.at desc limit 1`;

const SEEN = `
  select e.person, c.fields -> 'content.shown' -> 'value' as shown,
         (c.fields -> 'content.seconds_to_decide' ->> 'value')::float8 as seconds,
         c.fields -> 'content.screen' ? 'value' as readable
  ${DECISION}`;

const SCREEN = `
  select e.person, c.fields -> 'content.screen' ->> 'value' as html, e.commitments ->> 'content.screen' as commitment
  ${DECISION}`;
