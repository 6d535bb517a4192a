import { CatalogueError, parseCatalogue, type ResourceDocument } from '../catalogue/catalogue.ts';
import { done, forbidden, malformed, unacceptable, unknown } from './admin.ts';
import type { Answer } from './call.ts';

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
          .map(({ key, version, verb, access, scope, own, impactClass, level, downstream }) => ({
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
          })),
      })),
  });
};

/**
 * Publishes a YAML document of resources and actions; every instance serves it within a second. Only its owner edits a
 * resource: the operator for the deployment, and an administrator what the operator has declared as their organization's,
 * which is how somebody vouches that they control it.
 */
export const publishCatalogue: Answer = async ({ caller, text }, { catalogue, organizations, publish }) => {
  if (text.trim() === '') return malformed('the body must be YAML (text/yaml): a list of resources with their actions');
  try {
    const documents = parseCatalogue(text);
    const owned: ResourceDocument[] = [];
    for (const document of documents) {
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
    const published = await publish(owned, caller);
    return done({ published, resources: owned.map(({ resource }) => resource) });
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    return unacceptable('catalogue', `the catalogue has ${error.problems.length} problem(s)`, error.problems);
  }
};
