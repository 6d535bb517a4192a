import type { DraftFields } from '../../server/admin/draft.ts';
import type { DraftStore } from '../../server/admin/register-pages.ts';
import type { Database } from './database.ts';

/** Agents that somebody is about to register, under row-level security. */
export const postgresAgentDrafts = (database: Database): DraftStore => ({
  begin: (organization, id, by) =>
    database.within(organization, async (statements) => {
      await statements.run('insert into agent_drafts (organization, id, made_by) values ($1, $2, $3)', [
        organization,
        id,
        by,
      ]);
    }),
  find: (organization, id) =>
    database.within(organization, async (statements) => {
      const row = await statements.first<{ fields: DraftFields }>(
        'select fields from agent_drafts where organization = $1 and id = $2',
        [organization, id],
      );
      return row?.fields;
    }),
  save: (organization, id, fields) =>
    database.within(organization, async (statements) => {
      await statements.run(
        'update agent_drafts set fields = $3, saved_at = clock_timestamp() where organization = $1 and id = $2',
        [organization, id, JSON.stringify(fields)],
      );
    }),
  remove: (organization, id) =>
    database.within(organization, async (statements) => {
      await statements.run('delete from agent_drafts where organization = $1 and id = $2', [organization, id]);
    }),
  names: (organization) =>
    database.within(organization, async (statements) => {
      const rows = await statements.rows<{ name: string }>(
        `select name from agents where organization = $1 and status not in ('retired', 'expired')`,
        [organization],
      );
      return rows.map(({ name }) => name);
    }),
});
