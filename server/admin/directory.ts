import { LANGUAGES, type Language } from '../../views/words/language.ts';
import { hashOf, newId, newSecret } from '../oauth/ids.ts';
import { PERSON_ROLES, type PersonRole } from '../people/role-mapping.ts';
import { timeZoneNamed } from '../people/time-zone.ts';
import { type AdminOutcome, conflict, done, type ListedPerson, malformed, unacceptable, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, type Call, organizationOf, personOf } from './call.ts';
import { email, gives, input, listOf, oneOf, plain, reference, takes } from './input.ts';
import { pageOf } from './listing.ts';
import { listed, listQuery, readList } from './lists.ts';
import { always, either, instant, many, maybe, object, one, pageOfMany, text, truth, withMembers } from './shapes.ts';

/** Whom the access token stands for. */
export const whoAmI: Answer = async ({ caller }) =>
  done(
    caller.kind === 'operator'
      ? { kind: 'operator', client_id: caller.client }
      : {
          kind: caller.ownOnly ? 'owner' : 'administrator',
          person: { id: caller.person.id, email: caller.person.email, name: caller.person.name },
          roles: caller.person.roles,
          organization: {
            id: caller.person.organization,
            slug: caller.person.organizationSlug,
            name: caller.person.organizationName,
          },
        },
  );

gives(
  whoAmI,
  either(
    object({ kind: always('operator'), client_id: text }),
    object({
      kind: one('administrator', 'owner'),
      roles: many(text),
      person: object({ id: text, email: text, name: text }),
      organization: object({ id: text, slug: text, name: text }),
    }),
  ),
);

const everyOrganization = listQuery();
const ORGANIZATION = object({
  id: text,
  slug: text,
  name: text,
  domains: many(text),
  language: one(...LANGUAGES),
  time_zone: text,
});

export const listOrganizations: Answer = async (call, dependencies) => {
  const read = readList(call, everyOrganization);
  if (!read.ok) return read;
  const { organization: named, asked } = read.value;
  const one =
    call.caller.kind === 'person' || named !== undefined ? await organizationOf(call, named, dependencies) : undefined;
  if (one && !one.ok) return one;
  const own = one && (await dependencies.organizations.find(one.value.id));
  if (one && !own) return unknown(`organization ${one.value.slug}`);
  const { rows, next } = pageOf(own ? [own] : await dependencies.organizations.list(), asked, {
    key: ({ slug }) => slug,
    words: ({ slug, name, domains }) => [slug, name, ...domains],
  });
  return done({ organizations: rows, next: next ?? null });
};
takes(listOrganizations, { query: everyOrganization });
gives(listOrganizations, pageOfMany('organizations', ORGANIZATION));

const domain = { type: 'string', pattern: '^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$' };
const slug = { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,62}$' };
interface Terms {
  domains?: string[];
  language?: Language;
  time_zone?: string;
}
const terms = {
  domains: listOf(domain, 0, 50),
  language: oneOf(...LANGUAGES),
  time_zone: { type: 'string', maxLength: 64, description: 'As the IANA database names it: Europe/Berlin.' },
};
const newOrganization = input<{ slug: string; name: string } & Terms>({ slug, name: plain(80), ...terms }, [
  'slug',
  'name',
]);

/** The zone as it is written, so that one has one spelling. */
function inZone<Asked extends Terms>(asked: Asked): AdminOutcome<Asked> {
  if (asked.time_zone === undefined) return done(asked);
  const zone = timeZoneNamed(asked.time_zone);
  return zone === undefined
    ? malformed(`${asked.time_zone} is no time zone: write one like Europe/Berlin`)
    : done({ ...asked, time_zone: zone });
}

export const addOrganization: Answer = async (call, dependencies) => {
  const read = newOrganization(call.body);
  const asked = read.ok ? inZone(read.value) : read;
  if (!asked.ok) return asked;
  const organization = { id: newId('org'), domains: [], language: 'en' as const, time_zone: 'UTC', ...asked.value };
  if ((await dependencies.organizations.add(organization, call.caller)) === 'taken')
    return conflict('taken', `an organization ${organization.slug} exists`);
  return done(organization);
};
takes(addOrganization, { body: newOrganization });
gives(addOrganization, ORGANIZATION);

const organizationChange = input<{ name?: string } & Terms>({ name: plain(80), ...terms });

/** The domains decide which guests are outside, and so which impact a request has: not the organization's own to widen. */
export const changeOrganization: Answer = async (call, dependencies) => {
  const read = organizationChange(call.body);
  const asked = read.ok ? inZone(read.value) : read;
  if (!asked.ok) return asked;
  const organization = await dependencies.organizations.find(call.params.organization ?? '');
  if (!organization) return unknown(`organization ${call.params.organization}`);
  const changed = { ...organization, ...asked.value };
  await dependencies.organizations.change(changed, call.caller);
  return done(changed);
};
takes(changeOrganization, { body: organizationChange });
gives(changeOrganization, ORGANIZATION);

const somePeople = listQuery({ role: oneOf(...PERSON_ROLES), status: oneOf('active', 'disabled') });
const PERSON = object({ id: text, email: text, name: text, roles: many(text), organization: text });

export const listPeople: Answer = async (call, dependencies) => {
  const people = await listed(call, somePeople, dependencies, ({ id }, asked) => dependencies.store.people(id, asked));
  return people.ok ? done({ people: people.value.rows, next: people.value.next }) : people;
};
takes(listPeople, { query: somePeople });
gives(
  listPeople,
  pageOfMany(
    'people',
    withMembers(PERSON, {
      provider_roles: many(text),
      roles_asked: maybe(many(text)),
      roles_asked_by: maybe(text),
      status: text,
      enrolled: truth,
    }),
  ),
);

const newPerson = input<{ organization?: string; email: string; name: string; roles?: PersonRole[] }>(
  {
    organization: reference,
    email,
    name: plain(80),
    roles: listOf(oneOf(...PERSON_ROLES), 0, PERSON_ROLES.length),
  },
  ['email', 'name'],
);

/**
 * A person and the link by which they, and nobody else, choose their password. An administrator waits for another one, or for
 * the operator, where there is or ever was one: whoever makes a second of themselves, or lets the others go first, would be the
 * second in everything that takes two.
 */
export const addPerson: Answer = async (call, dependencies) => {
  const asked = newPerson(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  if (organization.value.slug === 'deployment') return unacceptable('no_people', 'the deployment itself has no people');
  const { email, name, roles: wanted = [] } = asked.value;
  const { caller } = call;
  const act = { organization: organization.value.id, caller };
  const { peopleAdmin, store } = dependencies;
  const waits =
    caller.kind === 'person' &&
    wanted.includes('admin') &&
    (await peopleAdmin.othersAdministered(act.organization, caller.person.id));
  const roles = waits ? wanted.filter((role) => role !== 'admin') : wanted;
  const id = newId('usr');
  const added = await store.addPerson(act, { id, email, name, roles });
  if (added === 'taken') return conflict('taken', `${email} is a person of ${organization.value.slug} already`);
  if (waits) await peopleAdmin.setRoles(act, id, wanted);
  const link = await newLink(call, organization.value.id, id, dependencies);
  const answer = { id, email, name, roles, organization: organization.value.slug };
  return done({ ...answer, ...(waits && { roles_asked: wanted }), ...link });
};
const LINK = { enrolment_uri: text, expires_at: instant };
takes(addPerson, { body: newPerson });
gives(addPerson, withMembers(PERSON, {}, { ...LINK, roles_asked: many(text) }));

const whose = input<{ organization?: string }>({ organization: reference });

/** A new link for somebody who did not use theirs. Whoever can sign in gets none: it would hand their account over. */
export const offerEnrolment: Answer = async (call, dependencies) => {
  const asked = whose(call.body ?? {});
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const person = await personOf(organization.value, call.params.person ?? '', dependencies);
  if (!person.ok) return person;
  const link = await newLink(call, organization.value.id, person.value.id, dependencies);
  if (!link) return conflict('enrolled', `${person.value.email} can sign in already`);
  return done({ id: person.value.id, email: person.value.email, organization: organization.value.slug, ...link });
};
takes(offerEnrolment, { body: whose });
gives(offerEnrolment, object({ id: text, email: text, organization: text, ...LINK }));

/** Seconds an enrolment link lives. */
export const ENROLMENT_SECONDS = 900;

async function newLink(
  { caller }: Call,
  organization: string,
  person: ListedPerson['id'],
  { store, issuer }: AdminDependencies,
) {
  const token = newSecret();
  const expiresAt = new Date(Date.now() + ENROLMENT_SECONDS * 1000);
  const added = await store.addEnrolment({ organization, caller }, { tokenHash: hashOf(token), person, expiresAt });
  return added ? { enrolment_uri: `${issuer}/enrol/${token}`, expires_at: expiresAt } : undefined;
}
