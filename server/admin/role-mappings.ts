import { PERSON_ROLES, type RoleMapping } from '../people/role-mapping.ts';
import { conflict, done, forbidden, malformed, unknown } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, listOf, plain, reference, type Schema, takes } from './input.ts';
import { many, maybe, object, one, text } from './shapes.ts';

/** What became of a mapping that an administrator set. */
export type MappedRoles = 'in_force' | 'ended' | 'asked' | 'needs_another' | 'last_administrator';

export const CLAIM: Schema = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_:/.-]{0,79}$' };

/** As it is shown: which values of which claim give which role. */
export const MAPPING = object({
  claim: text,
  roles: object({}, Object.fromEntries(PERSON_ROLES.map((role) => [role, many(text)]))),
});

const mapping = input<{ organization?: string; claim?: string; roles: RoleMapping['roles'] }>(
  {
    organization: reference,
    claim: CLAIM,
    roles: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(PERSON_ROLES.map((role) => [role, listOf(plain(255), 1, 50)])),
    },
  },
  ['roles'],
);

/**
 * Which roles a provider gives, by the values of a claim. Whoever rules the groups there would otherwise gain what one
 * administrator says they gain: so one asks, and another sets the very same. Less takes one.
 */
export const setRoleMapping: Answer = async (call, dependencies) => {
  const asked = mapping(call.body);
  if (!asked.ok) return asked;
  const { claim, roles } = asked.value;
  const ends = Object.keys(roles).length === 0;
  if (!ends && claim === undefined) return malformed('claim is required');
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const id = call.params.provider ?? '';
  const next = ends || claim === undefined ? undefined : { claim, roles };
  const act = { organization: place.value.id, caller: call.caller };
  const outcome = await dependencies.signInProviders.store.mapRoles(act, id, next);
  if (outcome === undefined) return unknown(`sign-in provider ${id} of ${place.value.slug}`);
  if (outcome === 'needs_another') {
    return forbidden('same_person', 'another administrator than the one who asked has to set the same');
  }
  if (outcome === 'last_administrator') {
    const detail = 'nobody would administer the organization any more: add an administrator by hand first';
    return conflict('last_administrator', detail);
  }
  return done({
    id,
    organization: place.value.slug,
    state: outcome,
    role_mapping: next ?? null,
    ...(outcome === 'asked' && { needs: 'another administrator, who sets the same within a day' }),
  });
};
takes(setRoleMapping, { body: mapping });
gives(
  setRoleMapping,
  object(
    { id: text, organization: text, state: one('in_force', 'ended', 'asked'), role_mapping: maybe(MAPPING) },
    { needs: text },
  ),
);
