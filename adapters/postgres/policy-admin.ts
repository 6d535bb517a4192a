import { actorOf } from '../../server/admin/admin.ts';
import type { PolicyDraft, PolicyStore, PolicyVersion } from '../../server/admin/policies.ts';
import type { Recorded } from '../../server/tasks/policy-change.ts';
import { acted } from './admin.ts';
import { type Database, isUniqueViolation } from './database.ts';

/** What administrators write about their agents, in versions that are records. */
export const postgresPolicies = (database: Database): PolicyStore => ({
  newest: (organization) =>
    database.within(organization, (statements) =>
      statements.first<PolicyVersion>('select * from policies where organization = $1 order by version desc limit 1', [
        organization,
      ]),
    ),
  draft: (organization) =>
    database.within(organization, (statements) =>
      statements.first<PolicyDraft>(
        'select yaml, proposed, saved_by, saved_at from policy_drafts where organization = $1',
        [organization],
      ),
    ),
  saveDraft: (act, { yaml, proposed }) =>
    database.within(act.organization, async (statements) => {
      await statements.run(SAVE_DRAFT, [act.organization, yaml, proposed, actorOf(act.caller)]);
      await acted(statements, act, proposed ? 'policies.proposed' : 'policies.drafted', { yaml });
    }),
  removeDraft: (act) =>
    database.within(act.organization, async (statements) => {
      const removed = await statements.run('delete from policy_drafts where organization = $1', [act.organization]);
      if (removed > 0) await acted(statements, act, 'policies.proposal_removed', {});
      return removed > 0;
    }),
  publish: (act, { id, document, yaml, after, madeBy }, changes) =>
    database
      .within(act.organization, async (statements) => {
        const by = actorOf(act.caller);
        await statements.run(PUBLISH, [
          act.organization,
          after + 1,
          id,
          JSON.stringify(document),
          yaml,
          madeBy,
          madeBy === by ? null : by,
        ]);
        await statements.run('delete from policy_drafts where organization = $1', [act.organization]);
        await acted(statements, act, 'policies.published', {
          version: after + 1,
          policy: id,
          made_by: madeBy,
          changes: changes.map(({ words }) => words),
        });
        return true;
      })
      .catch((error) => {
        if (isUniqueViolation(error)) return false;
        throw error;
      }),
  recorded: (organization, days, limit) =>
    database.within(organization, (statements) => statements.rows<Recorded>(RECORDED, [organization, days, limit])),
  names: (organization, ids) =>
    database.within(organization, async (statements) => {
      const rows = await statements.rows<{ id: string; name: string }>(NAMES, [organization, ids]);
      return new Map(rows.map(({ id, name }) => [id, name]));
    }),

  agentNames: (organization, limit) =>
    database.within(organization, async (statements) => {
      const rows = await statements.rows<{ name: string }>(AGENT_NAMES, [organization, limit]);
      return rows.map(({ name }) => name);
    }),
});

const AGENT_NAMES = `
  select name from agents where organization = $1 and status = 'active' order by name, id limit $2`;

const SAVE_DRAFT = `
  insert into policy_drafts (organization, yaml, proposed, saved_by) values ($1, $2, $3, $4)
  on conflict (organization) do update
  set yaml = excluded.yaml, proposed = excluded.proposed, saved_by = excluded.saved_by, saved_at = clock_timestamp()`;

const PUBLISH = `
  insert into policies (organization, version, id, document, yaml, made_by, confirmed_by) values ($1, $2, $3, $4, $5, $6, $7)`;

const RECORDED = `
  select agent, person, actions from approvals
  where organization = $1 and asked_at > clock_timestamp() - make_interval(days => $2) order by asked_at desc limit $3`;

const NAMES = `
  select id, name from agents where organization = $1 and id = any($2)
  union all select id, name from people where organization = $1 and id = any($2)
  union all select id, name from groups where organization = $1 and id = any($2)`;
