import type { ActionDocument } from '../../server/catalogue/action.ts';
import { CatalogueError, type ResourceDocument, type TokenFormat } from '../../server/catalogue/catalogue.ts';
import { publicationProblems } from '../../server/catalogue/publication.ts';
import type { Database, Statements } from './database.ts';
import { sendSignal } from './signals.ts';

/** Every published version of every action, as its resource's owner wrote it. */
export async function loadCatalogue(statements: Statements): Promise<ResourceDocument[]> {
  const rows = await statements.rows<{
    resource: string;
    name: string;
    organization: string | null;
    token_format: TokenFormat;
    mcp: boolean;
    authorization_server: string | null;
    redeems: boolean;
    actions: ActionDocument[] | null;
  }>(LOAD);
  return rows.map(({ resource, name, organization, token_format, mcp, authorization_server, redeems, actions }) => ({
    resource,
    name,
    owner: organization ?? 'deployment',
    token_format,
    mcp,
    ...(authorization_server !== null && { authorization_server }),
    ...(!redeems && { redeems }),
    actions: actions ?? [],
  }));
}

/**
 * Publishes what is new. A published version is a record: the same text again changes nothing, another text under the
 * same number is refused. What is published already and what is new must make one catalogue, checked one publication
 * after another: two that fit each by itself could otherwise keep every instance from starting.
 *
 * @param also written in the same transaction, when something was new
 * @throws CatalogueError naming every problem; then nothing is published
 */
export async function publishCatalogue(
  database: Database,
  documents: readonly ResourceDocument[],
  also: (statements: Statements) => Promise<void> = async () => {},
): Promise<number> {
  return database.transaction(async (statements) => {
    await statements.run(`select pg_advisory_xact_lock(hashtext('countersign catalogue'))`);
    const before = await loadCatalogue(statements);
    const problems = publicationProblems(before, documents);
    if (problems.length > 0) throw new CatalogueError(problems);

    let changed = 0;
    let published = 0;
    for (const {
      resource,
      name,
      owner,
      token_format = 'jwt',
      mcp = false,
      authorization_server,
      redeems,
      actions,
    } of documents) {
      const organization = owner === 'deployment' ? null : owner;
      changed += await statements.run(PUT_RESOURCE, [
        resource,
        organization,
        name,
        token_format,
        mcp,
        authorization_server ?? null,
        redeems ?? true,
      ]);
      for (const document of actions) {
        published += await statements.run(
          'insert into actions (key, version, resource, document) values ($1, $2, $3, $4) on conflict (key, version) do nothing',
          [document.key, document.version, resource, JSON.stringify(document)],
        );
      }
    }
    if (changed + published > 0) {
      await also(statements);
      await sendSignal(statements, 'catalogue', 'published');
    }
    return published;
  });
}

const PUT_RESOURCE = `
  insert into resources as r (resource, organization, name, token_format, mcp, authorization_server, redeems) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (resource) do update
  set name = excluded.name, token_format = excluded.token_format, mcp = excluded.mcp, authorization_server = excluded.authorization_server,
      redeems = excluded.redeems
  where (r.name, r.token_format, r.mcp, r.authorization_server, r.redeems)
    is distinct from (excluded.name, excluded.token_format, excluded.mcp, excluded.authorization_server, excluded.redeems)`;

const LOAD = `
  select r.resource, r.name, r.organization, r.token_format, r.mcp, r.authorization_server, r.redeems,
         (select json_agg(a.document order by a.key, a.version) from actions a where a.resource = r.resource) as actions
  from resources r order by r.resource`;
