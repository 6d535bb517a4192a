import { stringify } from 'yaml';

import { CATALOGUE } from '../../views/words/console-lint.ts';
import { REFUSED } from '../../views/words/console-refused.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import type { ActionDocument } from '../catalogue/action.ts';
import { CatalogueError, parseAction, parseResource, type ResourceDocument } from '../catalogue/catalogue.ts';
import type { Change } from '../catalogue/diff.ts';
import { at } from '../catalogue/problem.ts';
import { publicationProblems, review, reviewResources } from '../catalogue/publication.ts';
import { sha256url } from '../oauth/canonical.ts';
import {
  type Act,
  type AdminCaller,
  type AdminOutcome,
  actorOf,
  conflict,
  done,
  unacceptable,
  unknown,
} from './admin.ts';

/** One action that its owner writes and has not published; or, under its own name as the key, what a resource says of itself. */
export interface Draft {
  key: string;
  resource: string;
  /** Of the one action or the resource; as text, because a draft may be wrong. */
  yaml: string;
  /** Waits for somebody else than who saved it. */
  proposed: boolean;
}

export interface StoredDraft extends Draft {
  saved_by: string;
  saved_at: Date;
}

/** What lives under one version of an action, and stays under it. */
export interface Effect {
  key: string;
  version: number;
  tasks: number;
  /** Of these, those that repeat without asking: under another version they are asked again. */
  standing: number;
  people: number;
  /** With a live task under it. */
  agents: number;
  questions: number;
}

export interface PublicationStore {
  /** Every published version of everything, as its owners wrote it. */
  published(): Promise<ResourceDocument[]>;
  /** Live tasks and waiting questions by version; null: of every organization. */
  effects(keys: readonly string[], organization: string | null): Promise<Effect[]>;
  /** Agents with a live task of this action, under whichever version. */
  agentsNow(key: string, organization: string | null): Promise<number>;
  drafts(organization: string): Promise<StoredDraft[]>;
  saveDraft(act: Act, draft: Draft): Promise<void>;
  removeDraft(act: Act, key: string): Promise<boolean>;
}

export interface Publications {
  store: PublicationStore;
  /** Publishes under the caller's name; answers how many actions were new. @throws CatalogueError naming each problem */
  publish(documents: readonly ResourceDocument[], caller: AdminCaller): Promise<number>;
}

/** What somebody who looked at a draft names when they publish it: another text has another hash. */
export const draftHash = ({ key, yaml }: Pick<Draft, 'key' | 'yaml'>): string => sha256url(`${key}\n${yaml}`);

/** In the order that somebody writes them in; the database keeps another. */
const MEMBERS: readonly (keyof ActionDocument)[] = [
  'key',
  'version',
  'verb',
  'scope',
  'own',
  'impactClass',
  'dataClasses',
  'egress',
  'parameters',
  'critical',
  'headline',
  'button',
  'effect',
  'undo',
  'facts',
  'reversible',
  'level',
];

export const yamlOf = (action: ActionDocument): string => {
  const first = MEMBERS.filter((name) => action[name] !== undefined).map((name) => [name, action[name]]);
  return stringify({ ...Object.fromEntries(first), ...action }, { lineWidth: 120 });
};

/** What a resource says of itself, beside its actions. */
export const headerOf = ({ resource: _, owner: __, actions: ___, ...header }: ResourceDocument): string =>
  stringify(header, { lineWidth: 120 });

/** Is this administrator the only one who agreed so far? The operator answers for the deployment alone. */
export const isAlone = (caller: AdminCaller, draft: { proposed: boolean; saved_by: string } | undefined): boolean =>
  caller.kind === 'person' && (!draft?.proposed || draft.saved_by === actorOf(caller));

/** A draft beside what is published: the documents it would become, everything wrong with it, what it changes. */
export function reviewOfDraft(
  { key, resource, yaml }: Draft,
  before: readonly ResourceDocument[],
): { problems: readonly Saying[]; changes: readonly Change[]; documents: readonly ResourceDocument[] } {
  const place = before.find((document) => document.resource === resource);
  if (!place) return { problems: [saying(CATALOGUE.notDeclared, { resource })], changes: [], documents: [] };
  try {
    if (key === resource) {
      const documents = [parseResource(yaml, place)];
      const changes = reviewResources(before, documents).flatMap((one) => one.changes);
      return { problems: publicationProblems(before, documents), changes, documents };
    }
    const document = parseAction(yaml, place);
    const documents = [document];
    const [action] = document.actions;
    if (action?.key !== key) return { problems: [saying(CATALOGUE.keyStays, { key })], changes: [], documents };
    const changes = review(before, documents).flatMap((one) => one.changes);
    return { problems: publicationProblems(before, documents), changes, documents };
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    return { problems: error.said, changes: [], documents: [] };
  }
}

/**
 * Publishes what stands in a draft. Where it weakens, an administrator only proposes it and another one publishes it, the
 * very text that they saw (A5-3); the operator answers for the deployment alone, and evidence names who it was.
 */
export async function publishDraft(
  act: Act,
  { key, hash }: { key: string; hash: string },
  { store, publish }: Publications,
): Promise<AdminOutcome<{ published: number }>> {
  const draft = (await store.drafts(act.organization)).find((one) => one.key === key);
  if (!draft) return unknown(saying(REFUSED.draft, { key }));
  if (draftHash(draft) !== hash) return conflict('changed', saying(REFUSED.draftChanged));
  const { problems, changes, documents } = reviewOfDraft(draft, await store.published());
  if (problems.length > 0) {
    return unacceptable('catalogue', saying(REFUSED.catalogue, { count: problems.length }), problems);
  }
  const weakening = changes.filter(({ weakens }) => weakens).map(({ said }) => at(key, said));
  if (weakening.length > 0 && isAlone(act.caller, draft)) {
    if (!draft.proposed) await store.saveDraft(act, { ...draft, proposed: true });
    return conflict('second_administrator', saying(REFUSED.allowsMore, { key }), weakening);
  }
  const published = await publish(documents, act.caller);
  await store.removeDraft(act, key);
  return done({ published });
}
