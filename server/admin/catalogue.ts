import { stringify } from 'yaml';

import { CATALOGUE } from '../../views/words/console-lint.ts';
import { REFUSED } from '../../views/words/console-refused.ts';
import { inEnglish, saying } from '../../views/words/saying.ts';
import { DEPLOYMENT } from '../agents/clients.ts';
import { IMPACTS } from '../catalogue/action.ts';
import { CatalogueError, LONGEST_NAME, parseCatalogue, type ResourceDocument } from '../catalogue/catalogue.ts';
import { DraftError, draftFrom } from '../catalogue/draft.ts';
import { FALLBACK, LANGUAGES, type Language } from '../catalogue/language.ts';
import { at } from '../catalogue/problem.ts';
import { publicationProblems, type Reviewed, review, reviewResources, versionsOf } from '../catalogue/publication.ts';
import { type AdminOutcome, conflict, done, forbidden, malformed, unacceptable, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, type Call, organizationOf } from './call.ts';
import { gives, input, oneOf, plain, reference, takes } from './input.ts';
import { previewOf, previewText, SAMPLE_PERSON, unlinted } from './preview.ts';
import { draftHash, type Effect, headerOf, publishDraft, reviewOfDraft, yamlOf } from './publications.ts';
import { anyObject, anything, count, instant, many, object, one, text, truth } from './shapes.ts';

/** Resources and the newest version of their actions, as far as the caller may know of them. */
export const getCatalogue: Answer = async ({ caller }, { catalogue }) => {
  const { resources, actions } = catalogue();
  const visible = (organization: string | null) =>
    caller.kind === 'operator' || organization === null || organization === caller.person.organization;
  return done({
    resources: [...resources.values()]
      .filter(({ organization }) => visible(organization))
      .map(({ resource, name, organization }) => ({
        resource,
        name,
        owner: organization ?? 'deployment',
        actions: [...actions.values()]
          .filter((action) => action.resource === resource)
          .map(({ key, version, verb, access, scope, own, impactClass, level, downstream, instead }) => ({
            key,
            version,
            verb,
            access,
            scope,
            own,
            impact: level.default,
            rises_to: level.rules.map(({ then }) => then).at(-1),
            impact_class: impactClass,
            downstream,
            instead,
          })),
      })),
  });
};
const IMPACT = one(...IMPACTS);
gives(
  getCatalogue,
  object({
    resources: many(
      object({
        resource: text,
        name: text,
        owner: text,
        actions: many(
          object(
            {
              key: text,
              version: count,
              verb: anything,
              access: text,
              own: truth,
              impact: IMPACT,
              downstream: anything,
            },
            { scope: text, rises_to: IMPACT, impact_class: text, instead: text },
          ),
        ),
      }),
    ),
  }),
);

/**
 * Publishes a YAML document of resources and actions; every instance serves it within a second. Only its owner edits a
 * resource: the operator for the deployment, and an administrator what their organization proved that it controls
 * (admin/claims.ts), or what the operator has declared as theirs. What an administrator would weaken waits for a second one (A5-3).
 */
export const publishCatalogue: Answer = (call, dependencies) =>
  withDocuments(call, dependencies, async (documents) => {
    const { caller } = call;
    const { store, publish } = dependencies.publications;
    if (caller.kind === 'person') {
      const before = await store.published();
      const reviewed = review(before, documents);
      const resources = reviewResources(before, documents);
      const weakening = [
        ...reviewed,
        ...resources.map(({ resource, changes }) => ({ key: resource, changes })),
      ].flatMap(({ key, changes }) => changes.filter(({ weakens }) => weakens).map(({ said }) => at(key, said)));
      if (weakening.length > 0) {
        const problems = publicationProblems(before, documents);
        if (problems.length > 0) throw new CatalogueError(problems);
        const act = { organization: caller.person.organization, caller };
        const drafts = documents.flatMap((document) => [
          ...(resources.some(({ resource }) => resource === document.resource)
            ? [{ key: document.resource, resource: document.resource, yaml: headerOf(document) }]
            : []),
          ...document.actions
            .filter((action) => reviewed.some((one) => isOf(one, action) && isToCome(one)))
            .map((action) => ({ key: action.key, resource: document.resource, yaml: yamlOf(action) })),
        ]);
        for (const draft of drafts) await store.saveDraft(act, { ...draft, proposed: true });
        return conflict(
          'second_administrator',
          saying(REFUSED.allowsMore, { key: drafts.map(({ key }) => key).join(', ') }),
          weakening,
        );
      }
    }
    const published = await publish(documents, caller);
    return done({ published, resources: documents.map(({ resource }) => resource) });
  });

gives(publishCatalogue, object({ published: count, resources: many(text) }));

/** Every reason not to publish a YAML document as it is. Publishes nothing. */
export const lintCatalogue: Answer = (call, dependencies) =>
  withDocuments(call, dependencies, async (documents) =>
    done({
      problems: publicationProblems(await dependencies.publications.store.published(), documents).map(inEnglish),
    }),
  );

gives(lintCatalogue, object({ problems: many(text) }));

const LOOK = input<{ action?: string; sample?: string; language?: Language }>({
  action: reference,
  sample: { type: 'string', pattern: '^[1-9][0-9]{0,2}$', description: 'its number, from 1' },
  language: oneOf(...LANGUAGES),
});

/** What a person would read of each action of a YAML document, or of one, even where the lint complains. Publishes nothing. */
export const previewCatalogue: Answer = async (call, dependencies) => {
  const asked = LOOK(call.query);
  if (!asked.ok) return asked;
  const { action, sample = '1', language = FALLBACK } = asked.value;
  return withDocuments(call, dependencies, async (documents) => {
    const written = unlinted(await dependencies.publications.store.published(), documents);
    const reader = call.caller.kind === 'person' ? call.caller.person : SAMPLE_PERSON;
    const wanted = documents.flatMap(({ actions }) => actions).filter(({ key }) => key === (action ?? key));
    if (action !== undefined && wanted.length === 0) return unknown(`action ${action}`);
    const previews = wanted.map(({ key, version }) => {
      const seen = previewOf(written, { key, version }, { sample: Number(sample), language }, reader);
      if (!seen) {
        const problem = saying(CATALOGUE.sampleDoesNotFit, { sample });
        throw new CatalogueError([at(`${key} v${version}`, problem)]);
      }
      const { samples, measures } = seen;
      return { key, version, sample: seen.sample, samples, language, text: previewText(seen), measures };
    });
    return done({ previews });
  });
};
takes(previewCatalogue, { query: LOOK });
gives(
  previewCatalogue,
  object({
    previews: many(
      object({
        key: text,
        version: count,
        sample: count,
        samples: count,
        language: text,
        text,
        measures: many(object({ place: text, unit: one('words', 'characters'), is: count, most: count })),
      }),
    ),
  }),
);

/** What a YAML document would change, in words, and what lives under the versions it would replace. Publishes nothing. */
export const diffCatalogue: Answer = (call, dependencies) =>
  withDocuments(call, dependencies, async (documents) => {
    const before = await dependencies.publications.store.published();
    const reviewed = review(before, documents);
    const effects = await effectsOf(
      reviewed.flatMap(({ key, state }) => (state === 'newer' ? [key] : [])),
      call,
      dependencies,
    );
    return done({
      problems: publicationProblems(before, documents).map(inEnglish),
      resources: reviewResources(before, documents),
      actions: reviewed.map((one) => ({ ...one, effect: effects.filter(({ key }) => key === one.key) })),
    });
  });

const CHANGE = object({ words: text, weakens: truth });
const LIVING = object({
  key: text,
  version: count,
  tasks: count,
  standing: count,
  people: count,
  agents: count,
  questions: count,
});
gives(
  diffCatalogue,
  object(
    {
      problems: many(text),
      actions: many(
        object(
          {
            key: text,
            version: count,
            resource: text,
            state: one('new', 'newer', 'unchanged'),
            changes: many(CHANGE),
            effect: many(LIVING),
          },
          { from: count },
        ),
      ),
    },
    { resources: many(object({ resource: text, changes: many(CHANGE) })) },
  ),
);

/** One version of an action as it was published, the newest by default, in the form that can be published again. */
export const showAction: Answer = async (call, dependencies) => {
  const { caller, params, query } = call;
  const key = String(params.action);
  if (query.version !== undefined && !/^[1-9]\d{0,6}$/.test(query.version))
    return malformed('version must be a number');
  const documents = await dependencies.publications.store.published();
  const resource = documents.find(({ actions }) => actions.some((action) => action.key === key));
  const mine = caller.kind === 'operator' || resource?.owner === caller.person.organization;
  if (!resource || !(mine || resource.owner === 'deployment')) return unknown(`action ${key}`);
  const versions = versionsOf(documents, key);
  const wanted =
    query.version === undefined ? versions.at(-1) : versions.find(({ version }) => version === Number(query.version));
  if (!wanted) return unknown(`version ${query.version} of ${key}`);
  return done({
    key,
    version: wanted.version,
    versions: versions.map(({ version }) => version),
    resource: resource.resource,
    owner: resource.owner,
    yaml: stringify([{ ...resource, actions: [wanted] }], { lineWidth: 120 }),
    ...(mine && { effect: await effectsOf([key], call, dependencies) }),
  });
};

gives(
  showAction,
  object(
    { key: text, version: count, versions: many(count), resource: text, owner: text, yaml: text },
    { effect: many(LIVING) },
  ),
);

/** What waits for an organization: drafts of its editor, and proposals that need a second administrator. */
export const listDrafts: Answer = async (call, dependencies) => {
  const owner = await ownerOf(call, call.query.organization, dependencies);
  if (!owner.ok) return owner;
  const { store } = dependencies.publications;
  const [before, drafts] = await Promise.all([store.published(), store.drafts(owner.value)]);
  return done({
    drafts: drafts.map((draft) => {
      const { problems, ...reviewed } = reviewOfDraft(draft, before);
      return { ...draft, hash: draftHash(draft), ...reviewed, problems: problems.map(inEnglish) };
    }),
  });
};

gives(
  listDrafts,
  object({
    drafts: many(
      object(
        {
          key: text,
          resource: text,
          yaml: text,
          proposed: truth,
          saved_by: text,
          saved_at: instant,
          hash: text,
          problems: many(text),
          changes: many(CHANGE),
        },
        { documents: many(anyObject) },
      ),
    ),
  }),
);

const CONFIRMATION = input<{ hash: string; organization?: string }>({ hash: reference, organization: reference }, [
  'hash',
]);

/** Publishes a proposal: whoever confirms is not who made it, and names by its hash what they saw. */
export const confirmDraft: Answer = async (call, dependencies) => {
  const sent = CONFIRMATION(call.body);
  if (!sent.ok) return sent;
  const owner = await ownerOf(call, sent.value.organization, dependencies);
  if (!owner.ok) return owner;
  return publishDraft(
    { organization: owner.value, caller: call.caller },
    { key: String(call.params.action), hash: sent.value.hash },
    dependencies.publications,
  );
};
takes(confirmDraft, { body: CONFIRMATION });
gives(confirmDraft, object({ published: count }));

export const removeDraft: Answer = async (call, dependencies) => {
  const owner = await ownerOf(call, call.query.organization, dependencies);
  if (!owner.ok) return owner;
  const act = { organization: owner.value, caller: call.caller };
  const key = String(call.params.action);
  return (await dependencies.publications.store.removeDraft(act, key))
    ? done({ removed: key })
    : unknown(`draft of ${key}`);
};

gives(removeDraft, object({ removed: text }));

const DRAFT = input<{ resource: string; name: string; owner: string; source: string; document: string }>(
  {
    resource: reference,
    name: plain(LONGEST_NAME),
    owner: reference,
    source: plain(200),
    document: { type: 'string' },
  },
  ['resource', 'name', 'owner', 'source', 'document'],
);

/** A resource with a draft for each operation of a description. */
export function draftedFrom(asked: unknown): AdminOutcome<ResourceDocument> {
  const sent = DRAFT(asked);
  if (!sent.ok) return sent;
  try {
    return done(draftFrom(sent.value));
  } catch (error) {
    if (!(error instanceof DraftError)) throw error;
    return unacceptable('draft', error.said);
  }
}

/**
 * A first catalogue from an OpenAPI 3 document or the tool list of an MCP server. It publishes nothing and cannot be
 * published as it is: what others wrote about their own actions stays apart until a person has written it anew.
 */
export const draftCatalogue: Answer = async ({ body }) => {
  const drafted = draftedFrom(body);
  if (!drafted.ok) return drafted;
  return done({ yaml: stringify([drafted.value], { lineWidth: 120 }), actions: drafted.value.actions.length });
};
takes(draftCatalogue, { body: DRAFT });
gives(draftCatalogue, object({ yaml: text, actions: count }));

/** The documents of the request, each of an owner that the caller may write for. Their problems are a 422. */
async function withDocuments(
  { caller, text }: Call,
  { catalogue, organizations }: AdminDependencies,
  work: (documents: readonly ResourceDocument[]) => Promise<AdminOutcome<object>>,
): Promise<AdminOutcome<object>> {
  if (text.trim() === '') return malformed('the body must be YAML (text/yaml): a list of resources with their actions');
  try {
    const owned: ResourceDocument[] = [];
    for (const document of parseCatalogue(text)) {
      const owner = document.owner === 'deployment' ? undefined : await organizations.find(document.owner);
      if (document.owner !== 'deployment' && !owner && caller.kind === 'operator')
        return unknown(`owner ${document.owner}`);
      if (
        caller.kind === 'person' &&
        (owner?.id !== caller.person.organization ||
          catalogue().resources.get(document.resource)?.organization !== owner.id)
      ) {
        return forbidden(
          'not_the_owner',
          `${document.resource} is not declared as a resource of ${caller.person.organizationSlug}`,
        );
      }
      owned.push({ ...document, owner: owner?.id ?? 'deployment' });
    }
    return await work(owned);
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    return unacceptable('catalogue', saying(REFUSED.catalogue, { count: error.said.length }), error.said);
  }
}

/** The operator sees what lives everywhere; an administrator, within their organization. */
const effectsOf = (
  keys: readonly string[],
  { caller }: Pick<Call, 'caller'>,
  { publications }: AdminDependencies,
): Promise<Effect[]> =>
  keys.length === 0
    ? Promise.resolve([])
    : publications.store.effects(keys, caller.kind === 'operator' ? null : caller.person.organization);

/** Whose drafts: an administrator's organization; for the operator the named one, or the deployment's. */
async function ownerOf(
  call: Call,
  named: string | undefined,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<string>> {
  if (call.caller.kind === 'operator' && (named === undefined || named === 'deployment')) return done(DEPLOYMENT);
  const organization = await organizationOf(call, named, dependencies);
  return organization.ok ? done(organization.value.id) : organization;
}

const isOf = (reviewed: Reviewed, { key, version }: { key: string; version: number }) =>
  reviewed.key === key && reviewed.version === version;
const isToCome = ({ state }: Reviewed) => state !== 'unchanged';
