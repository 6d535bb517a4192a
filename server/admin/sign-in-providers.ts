import { createHash } from 'node:crypto';

import { callbackOf } from '../people/federation.ts';
import type { PasswordRule } from '../people/person.ts';
import type { RoleMapping } from '../people/role-mapping.ts';
import { phishingResistant, type SignInProvider, type Strength } from '../people/sign-in-provider.ts';
import { type Upstream, UpstreamRefused } from '../people/upstream.ts';
import { type Act, conflict, done, forbidden, unacceptable, unknown } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, listOf, oneOf, plain, reference, takes } from './input.ts';
import { issuerProblem } from './issuers.ts';
import { pageOf } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { CLAIM, MAPPING, type MappedRoles } from './role-mappings.ts';
import {
  address,
  always,
  count,
  instant,
  many,
  mapOf,
  maybe,
  object,
  one,
  pageOfMany,
  text,
  truth,
  withMembers,
} from './shapes.ts';

export type ListedProvider = Omit<SignInProvider, 'clientSecret' | 'organization' | 'organizationDomains'> & {
  listed: boolean;
  authenticates: 'private_key_jwt' | 'client_secret_basic';
  made_by: string;
  created_at: Date;
  /** From when a fresh sign-in there may confirm a decision; null: it may not. */
  confirms_since: Date | null;
  /** Who asked for that, and waits for another administrator. */
  confirms_asked_by: string | null;
  /** What waits for another administrator to set the same, and who asked. */
  roles_asked: RoleMapping | null;
  roles_asked_by: string | null;
};

export interface SignInProviderAdministration {
  providers(organization: string): Promise<ListedProvider[]>;
  add(act: Act, provider: SignInProvider, listed: boolean): Promise<'added' | 'taken'>;
  /** False where nobody could sign in any more: there is no provider. */
  setPasswords(act: Act, rule: PasswordRule): Promise<boolean>;
  /** The first administrator asks, another one allows; undefined where there is no such provider. */
  letConfirm(act: Act, id: string): Promise<'asked' | 'allowed' | 'needs_another' | 'allowed_already' | undefined>;
  /** One is enough to take it back. */
  letConfirmNoMore(act: Act, id: string): Promise<boolean>;
  /** The mapping or, undefined, none: less by one administrator, more by two. Undefined where there is no such provider. */
  mapRoles(act: Act, id: string, mapping: RoleMapping | undefined): Promise<MappedRoles | undefined>;
  /**
   * Ends the sessions that began there, and the roles that it gave; with the last provider, passwords are everyone's again.
   */
  remove(act: Act, id: string): Promise<{ sessions: number } | 'last_administrator' | undefined>;
}

export interface SignInProviderDependencies {
  store: SignInProviderAdministration;
  upstream: Upstream;
}

const someProviders = listQuery();

/** Where an organization's people sign in elsewhere. */
export const listSignInProviders: Answer = async (call, dependencies) => {
  const providers = await listed(call, someProviders, dependencies, async ({ id }, asked) => {
    const { rows, next } = pageOf(await dependencies.signInProviders.store.providers(id), asked, {
      key: ({ name, id }) => `${name} ${id}`,
      words: ({ name, issuer }) => [name, issuer],
    });
    return { rows: rows.map((provider) => shown(provider, dependencies.issuer)), next };
  });
  return providers.ok ? done({ sign_in_providers: providers.value.rows, next: providers.value.next }) : providers;
};
takes(listSignInProviders, { query: someProviders });
const ADDRESSES = { redirect_uri: address, backchannel_logout_uri: address, jwks_uri: address };
const PROVIDER = object({
  ...ADDRESSES,
  id: text,
  organization: text,
  name: text,
  issuer: text,
  client_id: text,
  scopes: many(text),
  subject_claim: text,
  email_claim: text,
  name_claim: text,
  required_acr: many(text),
  required_amr: many(text),
  acr: mapOf(text),
  provisions: truth,
  listed: truth,
  authenticates: one('private_key_jwt', 'client_secret_basic'),
  confirms_since: maybe(instant),
  confirms_asked_by: maybe(text),
  role_mapping: maybe(MAPPING),
  roles_asked: maybe(MAPPING),
  roles_asked_by: maybe(text),
});
gives(
  listSignInProviders,
  pageOfMany(
    'sign_in_providers',
    withMembers(PROVIDER, {
      made_by: text,
      created_at: instant,
    }),
  ),
);

interface NewProvider {
  organization?: string;
  name: string;
  issuer: string;
  client_id: string;
  client_secret?: string;
  scopes?: string[];
  subject_claim?: string;
  email_claim?: string;
  name_claim?: string;
  required_acr?: string[];
  required_amr?: string[];
  acr?: Record<string, Strength>;
  provisions?: boolean;
  listed?: boolean;
}

const newProvider = input<NewProvider>(
  {
    organization: reference,
    name: plain(80),
    issuer: { type: 'string', format: 'uri', minLength: 1, maxLength: 500 },
    client_id: { ...reference, maxLength: 500 },
    client_secret: { type: 'string', minLength: 16, maxLength: 500 },
    scopes: listOf({ type: 'string', pattern: '^[!#-\\[\\]-~]{1,80}$' }, 1, 20),
    subject_claim: CLAIM,
    email_claim: CLAIM,
    name_claim: CLAIM,
    required_acr: listOf(reference, 0, 10),
    required_amr: listOf(reference, 0, 10),
    acr: { type: 'object', maxProperties: 20, additionalProperties: oneOf('pwd', 'fed', 'phr') },
    provisions: { type: 'boolean' },
    listed: { type: 'boolean' },
  },
  ['name', 'issuer', 'client_id'],
);

/** Adds a provider. It is asked for its metadata at once, so that a wrong address is told to whoever wrote it. */
export const addSignInProvider: Answer = async (call, dependencies) => {
  const asked = newProvider(call.body);
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  if (place.value.slug === 'deployment') return unacceptable('no_people', 'the deployment itself has no people');
  const { name, issuer, client_id, client_secret, scopes = ['openid', 'email', 'profile'] } = asked.value;
  const problem = issuerProblem(issuer, dependencies.issuer);
  if (problem !== undefined) return unacceptable('issuer', problem);
  if (!scopes.includes('openid')) return unacceptable('scopes', 'openid must be among them');
  const provider: SignInProvider = {
    organization: place.value.id,
    organizationDomains: place.value.domains,
    id: providerId(place.value.id, issuer),
    name,
    issuer,
    clientId: client_id,
    clientSecret: client_secret,
    scopes,
    subjectClaim: asked.value.subject_claim ?? 'sub',
    emailClaim: asked.value.email_claim ?? 'email',
    nameClaim: asked.value.name_claim ?? 'name',
    requiredAcr: asked.value.required_acr ?? [],
    requiredAmr: asked.value.required_amr ?? [],
    roleMapping: null,
    acr: asked.value.acr ?? {},
    provisions: asked.value.provisions ?? false,
  };
  if (provider.provisions && place.value.domains.length === 0) {
    return unacceptable(
      'no_domains',
      'people come into being with an address of the organization’s domains, and it has none',
    );
  }
  try {
    await dependencies.signInProviders.upstream.jwksUri(provider);
  } catch (cause) {
    if (!(cause instanceof UpstreamRefused)) throw cause;
    return unacceptable('unreachable', `${issuer} cannot be read: ${cause.message}`);
  }
  const listed = asked.value.listed ?? true;
  const added = await dependencies.signInProviders.store.add(
    { organization: place.value.id, caller: call.caller },
    provider,
    listed,
  );
  if (added === 'taken') return conflict('taken', `${place.value.slug} signs in at ${issuer} already`);
  const authenticates = client_secret === undefined ? ('private_key_jwt' as const) : ('client_secret_basic' as const);
  const { clientSecret: _, organization: __, organizationDomains: ___, ...rest } = provider;
  const waiting = { confirms_asked_by: null, roles_asked: null, roles_asked_by: null };
  const fresh = { listed, authenticates, confirms_since: null, ...waiting };
  return done({ ...shown({ ...rest, ...fresh }, dependencies.issuer), organization: place.value.slug });
};
takes(addSignInProvider, { body: newProvider });
gives(addSignInProvider, PROVIDER);

/**
 * What has to be registered at a provider before it can be added here: its id says who it is for and which it is, so the
 * addresses are known beforehand, and are the same when it comes back.
 */
const providerId = (organization: string, issuer: string): string =>
  `idp_${createHash('sha256')
    .update(JSON.stringify([organization, issuer]))
    .digest('hex')
    .slice(0, 32)}`;

const whichProvider = input<{ organization?: string; issuer: string }>(
  { organization: reference, issuer: { type: 'string', format: 'uri', maxLength: 500 } },
  ['issuer'],
);

/** The addresses to register there, before anything is added here. */
export const addressesAtProvider: Answer = async (call, dependencies) => {
  const asked = whichProvider(call.query);
  if (!asked.ok) return asked;
  const { issuer, organization } = asked.value;
  const place = await organizationOf(call, organization, dependencies);
  if (!place.ok) return place;
  return done({
    issuer,
    organization: place.value.slug,
    ...addresses(providerId(place.value.id, issuer), dependencies.issuer),
  });
};
takes(addressesAtProvider, { query: whichProvider });
gives(addressesAtProvider, object({ issuer: text, organization: text, ...ADDRESSES }));

const passwordRule = input<{ organization?: string; passwords: PasswordRule }>(
  { organization: reference, passwords: oneOf('everyone', 'administrators', 'nobody') },
  ['passwords'],
);

/** For whom a local password still signs in, once people sign in elsewhere. */
export const setPasswordRule: Answer = async (call, dependencies) => {
  const asked = passwordRule(call.body);
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const { passwords } = asked.value;
  const act = { organization: place.value.id, caller: call.caller };
  const set = await dependencies.signInProviders.store.setPasswords(act, passwords);
  return set
    ? done({ organization: place.value.slug, passwords })
    : unacceptable('no_provider', 'nobody could sign in: add a provider first');
};
takes(setPasswordRule, { body: passwordRule });
gives(setPasswordRule, object({ organization: text, passwords: text }));

const confirming = input<{ organization?: string; confirms: boolean }>(
  { organization: reference, confirms: { type: 'boolean' } },
  ['confirms'],
);

/**
 * Whether a fresh sign-in there takes the place of a passkey that somebody does not have. Whoever rules the provider could
 * then approve for its people, so one administrator asks and another one allows it; taking it back is one step.
 */
export const setConfirming: Answer = async (call, dependencies) => {
  const asked = confirming(call.body);
  if (!asked.ok) return asked;
  if (call.caller.kind !== 'person') return onlyPeople;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const { store } = dependencies.signInProviders;
  const id = call.params.provider ?? '';
  const act = { organization: place.value.id, caller: call.caller };
  const found = (await store.providers(place.value.id)).find((one) => one.id === id);
  if (!found) return unknown(`sign-in provider ${id} of ${place.value.slug}`);
  const answer = { id, organization: place.value.slug };
  if (!asked.value.confirms) {
    await store.letConfirmNoMore(act, id);
    return done({ ...answer, confirms: false });
  }
  if (phishingResistant(found).length === 0) {
    const detail = 'none of its acr values counts as phr: remove it, and add it with acr {"…": "phr"}';
    return unacceptable('no_phishing_resistant_acr', detail);
  }
  const outcome = await store.letConfirm(act, id);
  if (outcome === 'needs_another') {
    return forbidden('same_person', 'another administrator than the one who asked has to allow it');
  }
  return done({
    ...answer,
    confirms: outcome !== 'asked',
    ...(outcome === 'asked' && { needs: 'another administrator, within a day' }),
  });
};
takes(setConfirming, { body: confirming });
gives(setConfirming, object({ id: text, organization: text, confirms: truth }, { needs: text }));

const onlyPeople = forbidden('only_people', 'two people do this: sign in as an administrator of the organization');

const removal = input<{ organization?: string }>({ organization: reference });

/** Takes a provider away: whoever signed in there is signed out here. What they approved stays; that is another button. */
export const removeSignInProvider: Answer = async (call, dependencies) => {
  const asked = removal(call.body ?? {});
  if (!asked.ok) return asked;
  const place = await organizationOf(call, asked.value.organization, dependencies);
  if (!place.ok) return place;
  const id = call.params.provider ?? '';
  const act = { organization: place.value.id, caller: call.caller };
  const removed = await dependencies.signInProviders.store.remove(act, id);
  if (removed === 'last_administrator') {
    const detail = 'whoever administers the organization does so by this provider: add an administrator by hand first';
    return conflict('last_administrator', detail);
  }
  return removed
    ? done({ id, organization: place.value.slug, removed: true, sessions_ended: removed.sessions })
    : unknown(`sign-in provider ${id} of ${place.value.slug}`);
};
takes(removeSignInProvider, { body: removal });
gives(removeSignInProvider, object({ id: text, organization: text, removed: always(true), sessions_ended: count }));

/** With what has to be registered there. */
function shown(
  provider: Omit<ListedProvider, 'made_by' | 'created_at'> & Partial<Pick<ListedProvider, 'made_by' | 'created_at'>>,
  issuer: string,
) {
  const { clientId, subjectClaim, emailClaim, nameClaim, requiredAcr, requiredAmr, roleMapping, ...rest } = provider;
  return {
    ...rest,
    client_id: clientId,
    subject_claim: subjectClaim,
    email_claim: emailClaim,
    name_claim: nameClaim,
    required_acr: requiredAcr,
    required_amr: requiredAmr,
    role_mapping: roleMapping,
    ...addresses(provider.id, issuer),
  };
}

const addresses = (id: string, issuer: string) => ({
  redirect_uri: callbackOf(issuer, id),
  backchannel_logout_uri: `${issuer}/logout/provider/${id}`,
  jwks_uri: `${issuer}/jwks`,
});
