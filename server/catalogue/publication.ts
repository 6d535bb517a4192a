import { CATALOGUE } from '../../views/words/console-lint.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import type { ActionDocument } from './action.ts';
import { CatalogueError, compileCatalogue, type ResourceDocument } from './catalogue.ts';
import { type Change, changesOf, mayBeHigh, resourceChangesOf } from './diff.ts';
import { at } from './problem.ts';

/** One action of what is to be published, beside what is published already. */
export interface Reviewed {
  key: string;
  version: number;
  resource: string;
  state: 'new' | 'newer' | 'unchanged';
  /** The version that it replaces as the newest. */
  from?: number;
  changes: readonly Change[];
}

/**
 * Every reason not to publish these documents beside what is published: a record that would change, a version that goes
 * back, and everything that the lint refuses. Empty when there is none.
 */
export function publicationProblems(
  before: readonly ResourceDocument[],
  documents: readonly ResourceDocument[],
): readonly Saying[] {
  const changed = documents.flatMap((document) => recordProblems(document, before));
  if (changed.length > 0) return changed;
  const there = new Set(before.flatMap(({ actions }) => actions.map(nameOf)));
  try {
    compileCatalogue(mergedWith(before, documents), (key, version) => there.has(nameOf({ key, version })));
    return [];
  } catch (error) {
    if (error instanceof CatalogueError) return error.said;
    throw error;
  }
}

/** What each action of these documents changes, in words. */
export function review(before: readonly ResourceDocument[], documents: readonly ResourceDocument[]): Reviewed[] {
  return documents.flatMap(({ resource, actions }) =>
    actions.map((action): Reviewed => {
      const { key, version } = action;
      const published = versionsOf(here(before, resource), key);
      if (published.some((old) => old.version === version)) {
        return { key, version, resource, state: 'unchanged', changes: [] };
      }
      const newest = published.at(-1);
      return newest
        ? { key, version, resource, state: 'newer', from: newest.version, changes: changesOf(newest, action) }
        : { key, version, resource, state: 'new', changes: [] };
    }),
  );
}

/** What each resource of these documents would say otherwise of itself. One without actions has nothing to lose yet. */
export function reviewResources(
  before: readonly ResourceDocument[],
  documents: readonly ResourceDocument[],
): { resource: string; changes: readonly Change[] }[] {
  return documents.flatMap((document) => {
    const place = before.find(({ resource }) => resource === document.resource);
    if (!place || place.actions.length === 0) return [];
    const changes = resourceChangesOf(place, document, place.actions.some(mayBeHigh));
    return changes.length === 0 ? [] : [{ resource: document.resource, changes }];
  });
}

/** An action of the same key elsewhere may be another organization's: it is not compared with, and nothing is said of it. */
const here = (documents: readonly ResourceDocument[], resource: string) =>
  documents.filter((document) => document.resource === resource);

/** Every published version of one action, the newest last. */
export const versionsOf = (documents: readonly ResourceDocument[], key: string): ActionDocument[] =>
  documents
    .flatMap(({ actions }) => actions.filter((action) => action.key === key))
    .toSorted((a, b) => a.version - b.version);

/** What is published and what is to be, each version once. */
export function mergedWith(
  before: readonly ResourceDocument[],
  documents: readonly ResourceDocument[],
): ResourceDocument[] {
  const kept = (document: ResourceDocument) => {
    const added = documents.find(({ resource }) => resource === document.resource);
    if (!added) return document;
    const again = new Set(added.actions.map(nameOf));
    return {
      ...added,
      actions: [...document.actions.filter((action) => !again.has(nameOf(action))), ...added.actions],
    };
  };
  return [
    ...before.map(kept),
    ...documents.filter(({ resource }) => !before.some((document) => document.resource === resource)),
  ];
}

function recordProblems({ resource, owner, actions }: ResourceDocument, before: readonly ResourceDocument[]): Saying[] {
  const problems: Saying[] = [];
  const there = before.find((document) => document.resource === resource);
  if (there && there.owner !== owner) problems.push(saying(CATALOGUE.otherOwner, { resource }));
  for (const action of actions) {
    const { key } = action;
    const version = String(action.version);
    if (before.some((other) => other.resource !== resource && other.actions.some((one) => one.key === key))) {
      problems.push(at(key, saying(CATALOGUE.twoResources)));
      continue;
    }
    const versions = versionsOf(before, key);
    const old = versions.find((one) => one.version === action.version);
    if (old && canonicalJson(old) !== canonicalJson(action)) {
      problems.push(saying(CATALOGUE.record, { key, version }));
    }
    // What is below the newest would be compared with the wrong one, and never be asked.
    const newest = versions.at(-1)?.version ?? 0;
    if (!old && action.version < newest) {
      problems.push(saying(CATALOGUE.older, { key, version, newest: String(newest) }));
    }
  }
  return problems;
}

const nameOf = ({ key, version }: Pick<ActionDocument, 'key' | 'version'>): string => `${key} ${version}`;
