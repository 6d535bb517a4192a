import type { ActionDocument } from '../../server/catalogue/action.ts';
import { CatalogueError, compileCatalogue, type ResourceDocument } from '../../server/catalogue/catalogue.ts';
import { canonicalJson } from '../../server/oauth/canonical.ts';
import type { Database, Statements } from './database.ts';
import { sendSignal } from './signals.ts';

/** Every published version of every action, as its resource's owner wrote it. */
export async function loadCatalogue(statements: Statements): Promise<ResourceDocument[]> {
  const rows = await statements.rows<{
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
    const problems = documents.flatMap((document) => changedRecords(document, before));
    if (problems.length > 0) throw new CatalogueError(problems);
    compileCatalogue(merged(before, documents));

    let changed = 0;
    let published = 0;
    for (const { resource, name, owner, actions } of documents) {
      changed += await statements.run(PUT_RESOURCE, [resource, owner === 'deployment' ? null : owner, name]);
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

function changedRecords({ resource, owner, actions }: ResourceDocument, before: readonly ResourceDocument[]): string[] {
  const problems: string[] = [];
  const there = before.find((document) => document.resource === resource);
  if (there && there.owner !== owner) problems.push(`${resource} has another owner`);
  for (const action of actions) {
    for (const { resource: place, actions: published } of before) {
      const old = published.find(({ key, version }) => key === action.key && version === action.version);
      if (old && (place !== resource || canonicalJson(old) !== canonicalJson(action))) {
        problems.push(`${action.key} version ${action.version} is published and differs: give it a new version`);
      }
    }
  }
  return problems;
}

/** What is published and what is to be, each version once. */
function merged(before: readonly ResourceDocument[], documents: readonly ResourceDocument[]): ResourceDocument[] {
  const kept = (document: ResourceDocument) => {
    const added = documents.find(({ resource }) => resource === document.resource);
    if (!added) return document;
    const again = new Set(added.actions.map(({ key, version }) => `${key} ${version}`));
    return {
      ...added,
      actions: [...document.actions.filter(({ key, version }) => !again.has(`${key} ${version}`)), ...added.actions],
    };
  };
  return [
    ...before.map(kept),
    ...documents.filter(({ resource }) => !before.some((document) => document.resource === resource)),
  ];
}

const PUT_RESOURCE = `
  insert into resources as r (resource, organization, name) values ($1, $2, $3)
  on conflict (resource) do update set name = excluded.name where r.name <> excluded.name`;

const LOAD = `
  select r.resource, r.name, r.organization,
         (select json_agg(a.document order by a.key, a.version) from actions a where a.resource = r.resource) as actions
  from resources r order by r.resource`;
