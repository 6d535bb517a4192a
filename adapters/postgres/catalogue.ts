import type { ActionDocument } from '../../server/catalogue/action.ts';
import { CatalogueError, type ResourceDocument } from '../../server/catalogue/catalogue.ts';
import { canonicalJson } from '../../server/oauth/canonical.ts';
import type { Database } from './database.ts';
import { sendSignal } from './signals.ts';

/** Every published version of every action, as its resource's owner wrote it. */
export async function loadCatalogue(database: Database): Promise<ResourceDocument[]> {
  const rows = await database.rows<{
    resource: string;
    name: string;
    organization: string | null;
    actions: ActionDocument[] | null;
  }>(LOAD);
  return rows.map(({ resource, name, organization, actions }) => ({
    resource,
    name,
    owner: organization ?? 'deployment',
    actions: actions ?? [],
  }));
}

/**
 * Publishes what is new. A published version is a record: the same text again changes nothing, another text under the
 * same number is refused.
 *
 * @throws CatalogueError naming each version that would change
 */
export async function publishCatalogue(database: Database, documents: readonly ResourceDocument[]): Promise<number> {
  return database.transaction(async (statements) => {
    const problems: string[] = [];
    let published = 0;
    for (const { resource, name, owner, actions } of documents) {
      await statements.run(
        'insert into resources (resource, organization, name) values ($1, $2, $3) on conflict (resource) do update set name = excluded.name',
        [resource, owner === 'deployment' ? null : owner, name],
      );
      for (const document of actions) {
        const before = await statements.first<{ document: ActionDocument; resource: string }>(
          'select document, resource from actions where key = $1 and version = $2',
          [document.key, document.version],
        );
        if (before) {
          const same = before.resource === resource && canonicalJson(before.document) === canonicalJson(document);
          if (!same)
            problems.push(
              `${document.key} version ${document.version} is published and differs: give it a new version`,
            );
          continue;
        }
        await statements.run('insert into actions (key, version, resource, document) values ($1, $2, $3, $4)', [
          document.key,
          document.version,
          resource,
          JSON.stringify(document),
        ]);
        published += 1;
      }
    }
    if (problems.length > 0) throw new CatalogueError(problems);
    if (published > 0) await sendSignal(statements, 'catalogue', 'published');
    return published;
  });
}

export async function ownsResource(database: Database, clientId: string, resource: string): Promise<boolean> {
  const row = await database.first<{ owns: boolean }>(
    'select exists (select from resources where resource = $1 and resource_server = $2) as owns',
    [resource, clientId],
  );
  return row?.owns ?? false;
}

const LOAD = `
  select r.resource, r.name, r.organization,
         (select json_agg(a.document order by a.key, a.version) from actions a where a.resource = r.resource) as actions
  from resources r order by r.resource`;
