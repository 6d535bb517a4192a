/** What somebody may be given; `owner` is a fact, and nobody's to give. */
export const PERSON_ROLES = ['admin', 'security', 'auditor', 'approver'] as const;
export type PersonRole = (typeof PERSON_ROLES)[number];

/** The roles that a provider gives: whoever comes with one of a role's values in this claim has it. */
export interface RoleMapping {
  claim: string;
  roles: Readonly<Partial<Record<PersonRole, readonly string[]>>>;
}

/** Days that a role lasts without a sign-in at the provider that gave it: until then nobody says that it is over. */
export const ROLE_DAYS = 7;

const valuesGiving = ({ roles }: RoleMapping): string[] => Object.values(roles).flat();

/**
 * What the claim says, as far as the mapping asks: nothing else of it is kept. A text, or a list whose texts count;
 * whatever else it is says nothing. A value is compared as it is written, never read as a list or a pattern.
 */
export function valuesIn(mapping: RoleMapping, claims: Readonly<Record<string, unknown>>): string[] {
  const said = Object.hasOwn(claims, mapping.claim) ? claims[mapping.claim] : undefined;
  const list = typeof said === 'string' ? [said] : Array.isArray(said) ? said : [];
  return [...new Set(valuesGiving(mapping))].filter((value) => list.includes(value));
}

export const rolesBy = ({ roles }: RoleMapping, values: readonly string[]): PersonRole[] =>
  PERSON_ROLES.filter((role) => roles[role]?.some((value) => values.includes(value)));

/** Gives nobody what they do not have: the same claim, and no value that is not there for the role already. */
export const isNoWider = (next: RoleMapping, current: RoleMapping | undefined): boolean =>
  PERSON_ROLES.every((role) =>
    (next.roles[role] ?? []).every(
      (value) => next.claim === current?.claim && current.roles[role]?.includes(value) === true,
    ),
  );

export const isSame = (one: RoleMapping, other: RoleMapping | undefined): boolean =>
  other !== undefined && isNoWider(one, other) && isNoWider(other, one);

/**
 * Somebody's roles after a provider spoke. What an administrator gave by hand stays theirs, whatever it says; of what
 * providers gave, this one takes back only its own.
 *
 * @param own what this provider gave before, and nobody by hand
 * @param others what other providers did
 */
export function rolesAfter({
  held,
  own,
  others,
  given,
}: Readonly<Record<'held' | 'own' | 'others' | 'given', readonly string[]>>): { roles: PersonRole[]; own: string[] } {
  const byHand = held.filter((role) => !own.includes(role) && !others.includes(role));
  const mapped = given.filter((role) => !byHand.includes(role));
  return {
    roles: PERSON_ROLES.filter((role) => [byHand, others, mapped].some((some) => some.includes(role))),
    own: mapped,
  };
}
