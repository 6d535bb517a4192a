import { PERSON_ROLES, type PersonRole } from '../people/role-mapping.ts';
import { type Act, conflict, done, forbidden, type Stopped } from './admin.ts';
import { type Answer, organizationOf, personOf } from './call.ts';
import { gives, input, listOf, oneOf, plain, reference, takes } from './input.ts';
import { always, ended, many, object, one, text } from './shapes.ts';

/** What becomes of people who are there: somebody left, came back, or does something else now. */
export interface PeopleAdministration {
  /** Ends everything that was approved or waits for them, and every session; `over` where they are disabled already. */
  disable(act: Act, person: string, reason: string): Promise<Stopped | 'over' | 'last_administrator'>;
  /** What had ended stays so. False where they are active. */
  enable(act: Act, person: string): Promise<boolean>;
  /** Is there an administrator beside this one who can sign in, or was there ever one? */
  othersAdministered(organization: string, person: string): Promise<boolean>;
  /** The roles by hand: fewer by one administrator, more by two, or by the operator. Answers what they have then. */
  setRoles(
    act: Act,
    person: string,
    roles: readonly PersonRole[],
  ): Promise<readonly string[] | 'asked' | 'needs_another' | 'last_administrator' | 'over'>;
}

const lastOne = conflict('last_administrator', 'nobody would administer the organization any more');

const leaving = input<{ organization?: string; reason: string }>({ organization: reference, reason: plain(200) }, [
  'reason',
]);

/** Somebody left: nobody acts for them any more, and they sign in no more. What a directory calls when it deprovisions. */
export const disablePerson: Answer = async (call, dependencies) => {
  const asked = leaving(call.body);
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const person = await personOf(place.value, call.params.person ?? '', dependencies);
  if (!person.ok) return person;
  const { id, email } = person.value;
  if (call.caller.kind === 'person' && call.caller.person.id === id) {
    return forbidden('own_account', 'another administrator disables your account');
  }
  const act = { organization: place.value.id, caller: call.caller };
  const outcome = await dependencies.peopleAdmin.disable(act, id, asked.value.reason);
  if (outcome === 'last_administrator') return lastOne;
  if (outcome === 'over') return conflict('over', `${email} is disabled already`);
  return done({ id, email, organization: place.value.slug, status: 'disabled', ...outcome });
};
takes(disablePerson, { body: leaving });
gives(disablePerson, object({ id: text, email: text, organization: text, status: always('disabled'), ...ended }));

const whose = input<{ organization?: string }>({ organization: reference });

/** They came back: with the roles and ways to sign in that they had, and nothing of what agents were allowed. */
export const enablePerson: Answer = async (call, dependencies) => {
  const asked = whose(call.body ?? {});
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const person = await personOf(place.value, call.params.person ?? '', dependencies);
  if (!person.ok) return person;
  const { id, email } = person.value;
  const enabled = await dependencies.peopleAdmin.enable({ organization: place.value.id, caller: call.caller }, id);
  return enabled
    ? done({ id, email, organization: place.value.slug, status: 'active' })
    : conflict('over', `${email} is active already`);
};
takes(enablePerson, { body: whose });
gives(enablePerson, object({ id: text, email: text, organization: text, status: always('active') }));

const roleChange = input<{ organization?: string; roles: PersonRole[] }>(
  { organization: reference, roles: listOf(oneOf(...PERSON_ROLES), 0, PERSON_ROLES.length) },
  ['roles'],
);

/** The roles that somebody has by hand. Their sessions end, and they sign in again as what they are now. */
export const setPersonRoles: Answer = async (call, dependencies) => {
  const asked = roleChange(call.body);
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const person = await personOf(place.value, call.params.person ?? '', dependencies);
  if (!person.ok) return person;
  const { id, email, roles: before } = person.value;
  const act = { organization: place.value.id, caller: call.caller };
  const outcome = await dependencies.peopleAdmin.setRoles(act, id, asked.value.roles);
  if (outcome === 'needs_another') {
    return forbidden('same_person', 'another administrator than the one who asked has to set the same roles');
  }
  if (outcome === 'last_administrator') return lastOne;
  if (outcome === 'over') return conflict('over', `${email} is not there any more`);
  const answer = { id, email, organization: place.value.slug };
  return outcome === 'asked'
    ? done({ ...answer, roles: before, state: 'asked', needs: 'another administrator, who sets the same within a day' })
    : done({ ...answer, roles: outcome, state: 'set' });
};
takes(setPersonRoles, { body: roleChange });
gives(
  setPersonRoles,
  object({ id: text, email: text, organization: text, roles: many(text), state: one('set', 'asked') }, { needs: text }),
);
