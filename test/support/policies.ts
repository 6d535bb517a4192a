import type { Database } from '../../adapters/postgres/database.ts';
import type { PolicyDocument, Rule } from '../../server/tasks/policies.ts';

/** Publishes another version of an organization's policies, as if an administrator had. */
export async function publishPolicies(
  database: Database,
  organization: string,
  document: PolicyDocument,
  id?: string,
): Promise<void> {
  await database.run(
    `insert into policies (organization, version, id, document, yaml, made_by)
     select $1, next, coalesce($3, 'pol_' || next || '_' || right($1, 6)), $2, '', 'test'
     from (select coalesce(max(version), 0) + 1 as next from policies where organization = $1) as numbered`,
    [organization, JSON.stringify(document), id ?? null],
  );
}

/** The rules that stand, and one more before them. */
export async function addRule(database: Database, organization: string, rule: Rule, id?: string): Promise<void> {
  const newest = await database.first<{ document: PolicyDocument }>(
    'select document from policies where organization = $1 order by version desc limit 1',
    [organization],
  );
  const rules = [rule, ...(newest?.document.rules ?? [])];
  await publishPolicies(database, organization, { ...newest?.document, rules }, id);
}
