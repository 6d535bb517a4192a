import type { JWK } from 'jose';
import { errors } from 'oidc-provider';
import { REFUSED } from '../../views/words/console-refused.ts';
import { saying } from '../../views/words/saying.ts';

import { type AgentMode, ENVIRONMENTS, type Environment } from '../agents/agent.ts';
import { DEPLOYMENT } from '../agents/clients.ts';
import { SOON } from '../agents/flags.ts';
import type { Limits } from '../agents/limits.ts';
import { PRESET_NAMES, type PresetName } from '../agents/presets.ts';
import { hashOf, newId, newSecret } from '../oauth/ids.ts';
import { conflict, done, forbidden, unacceptable, unknown } from './admin.ts';
import { type Answer, organizationOf, personOf } from './call.ts';
import { gives, input, listOf, oneOf, plain, reference, takes, whole } from './input.ts';
import { blueprintOf, LIMITS_SCHEMA, LIMITS_SHAPE, unknownLimits } from './limits.ts';
import { listed, listQuery } from './lists.ts';
import { address, always, count, instant, many, maybe, named, object, one, pageOfMany, text, truth } from './shapes.ts';

const MODES = ['attended', 'unattended', 'sub_agent'] as const;

const someTokens = listQuery({ usable: oneOf('true', 'false'), owner: reference });

/** The first made first. */
export const listInitialAccessTokens: Answer = async (call, dependencies) => {
  const tokens = await listed(call, someTokens, dependencies, ({ id }, asked) =>
    dependencies.store.initialAccessTokens(id, asked),
  );
  if (!tokens.ok) return tokens;
  const soon = Date.now() + SOON * 86_400_000;
  const rows = tokens.value.rows.map((token) => ({
    ...token,
    ends_soon: token.expires_at !== null && token.expires_at.getTime() < soon,
  }));
  return done({ initial_access_tokens: rows, next: tokens.value.next });
};
takes(listInitialAccessTokens, { query: someTokens });
const TERMS = {
  id: text,
  organization: text,
  mode: one(...MODES),
  status: one('pending', 'active'),
  allow_unbound: truth,
  expires_at: maybe(instant),
  limits: LIMITS_SHAPE,
  blueprint: maybe(text),
  agent_expires_in: maybe(count),
  preset: maybe(text),
  environment: maybe(one(...ENVIRONMENTS)),
};
gives(
  listInitialAccessTokens,
  pageOfMany(
    'initial_access_tokens',
    object({
      ...TERMS,
      owner: named,
      deputy: named,
      uses_left: maybe(count),
      made_by: text,
      created_at: instant,
      usable: truth,
      ends_soon: truth,
    }),
  ),
);

const newToken = input<{
  organization?: string;
  owner: string;
  deputy: string;
  mode?: AgentMode;
  status?: 'pending' | 'active';
  allow_unbound?: boolean;
  uses?: number;
  expires_in?: number;
  limits?: Limits;
  blueprint?: string;
  agent_expires_in?: number;
  preset?: PresetName;
  environment?: Environment;
}>(
  {
    organization: reference,
    owner: reference,
    deputy: reference,
    mode: oneOf(...MODES),
    status: oneOf('pending', 'active'),
    allow_unbound: { type: 'boolean' },
    uses: whole(1, 100_000),
    expires_in: whole(60, 31_536_000),
    limits: LIMITS_SCHEMA,
    blueprint: reference,
    agent_expires_in: whole(60, 315_360_000),
    preset: oneOf(...PRESET_NAMES),
    environment: oneOf(...ENVIRONMENTS),
  },
  ['owner', 'deputy'],
);

/** Seconds a token lives when nothing is said: long enough to hand it to a builder, not to be forgotten somewhere. */
const TOKEN_SECONDS = 7 * 86_400;

/** RFC 7591 §3: what a builder registers agents with. The narrowest, where nothing is said: one agent, pending. */
export const addInitialAccessToken: Answer = async (call, dependencies) => {
  const asked = newToken(call.body);
  if (!asked.ok) return asked;
  const {
    mode = 'attended',
    status = 'pending',
    allow_unbound: allowUnbound = false,
    uses = 1,
    expires_in: seconds = TOKEN_SECONDS,
    limits = {},
    agent_expires_in: agentSeconds = null,
    preset = null,
    environment = null,
  } = asked.value;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const owner = await personOf(organization.value, asked.value.owner, dependencies);
  if (!owner.ok) return owner;
  const deputy = await personOf(organization.value, asked.value.deputy, dependencies);
  if (!deputy.ok) return deputy;
  const inactive = [owner.value, deputy.value].find((person) => person.status !== 'active');
  if (inactive) return conflict('person_not_active', saying(REFUSED.notActive, { person: inactive.email }));
  // Whoever is to stand in for the owner cannot be the owner (D13).
  if (owner.value.id === deputy.value.id) return unacceptable('same_person', saying(REFUSED.samePerson));
  const misspelt = unknownLimits(limits, organization.value, dependencies.catalogue());
  if (misspelt.length > 0)
    return unacceptable('unknown_limit', saying(REFUSED.unknownNames, { names: misspelt.join(', ') }));
  const blueprint = asked.value.blueprint
    ? await blueprintOf(asked.value.blueprint, organization.value, dependencies)
    : undefined;
  if (blueprint && !blueprint.ok) return blueprint;

  const token = newSecret();
  const id = newId('iat');
  const expiresAt = new Date(Date.now() + seconds * 1000);
  await dependencies.store.addInitialAccessToken(
    { organization: organization.value.id, caller: call.caller },
    {
      owner: owner.value.id,
      deputy: deputy.value.id,
      mode,
      status,
      allowUnbound,
      uses,
      expiresAt,
      limits,
      blueprint: blueprint?.value.id ?? null,
      agentSeconds,
      preset,
      environment,
    },
    id,
    hashOf(token),
  );
  return done({
    id,
    initial_access_token: token,
    organization: organization.value.slug,
    owner: owner.value.email,
    deputy: deputy.value.email,
    mode,
    status,
    allow_unbound: allowUnbound,
    uses,
    expires_at: expiresAt,
    limits,
    blueprint: blueprint?.value.name ?? null,
    agent_expires_in: agentSeconds,
    preset,
    environment,
    registration_endpoint: `${dependencies.issuer}/reg`,
  });
};
takes(addInitialAccessToken, { body: newToken });
gives(
  addInitialAccessToken,
  object({
    ...TERMS,
    initial_access_token: text,
    owner: text,
    deputy: text,
    uses: count,
    registration_endpoint: address,
  }),
);

export const endInitialAccessToken: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  const id = call.params.id ?? '';
  const ended = await dependencies.store.endInitialAccessToken(
    { organization: organization.value.id, caller: call.caller },
    id,
  );
  return ended ? done({ id, ended: true }) : unknown(`initial access token ${id}`);
};
gives(endInitialAccessToken, object({ id: text, ended: always(true) }));

const newClient = input<{
  organization?: string;
  kind: 'resource_server' | 'application';
  name: string;
  jwks: { keys: JWK[] };
  redirect_uris?: string[];
  resources?: string[];
  replace?: boolean;
}>(
  {
    organization: reference,
    kind: oneOf('resource_server', 'application'),
    name: plain(80),
    jwks: {
      type: 'object',
      additionalProperties: false,
      required: ['keys'],
      properties: { keys: { type: 'array', items: { type: 'object' }, minItems: 1, maxItems: 5 } },
    },
    redirect_uris: listOf({ type: 'string', format: 'uri', maxLength: 2000 }, 1, 20),
    resources: listOf({ type: 'string', format: 'uri', maxLength: 2000 }, 1, 50),
    replace: { type: 'boolean' },
  },
  ['kind', 'name', 'jwks'],
);

/** A client that is no agent: an API's own server, or an application that signs people in. */
export const addClient: Answer = async (call, dependencies) => {
  const asked = newClient(call.body);
  if (!asked.ok) return asked;
  const { kind, name, jwks, redirect_uris: redirects = [], resources = [], replace = false } = asked.value;
  const named =
    asked.value.organization ??
    (call.caller.kind === 'operator' && kind === 'resource_server' ? DEPLOYMENT : undefined);
  const organization = await organizationOf(call, named, dependencies);
  if (!organization.ok) return organization;
  if (kind === 'application' && resources.length > 0)
    return unacceptable('not_a_resource_server', 'an application serves no resources');
  if (kind === 'application' && organization.value.id === DEPLOYMENT)
    return unacceptable('no_people', 'the deployment has no people to sign in');
  if ((kind === 'application') !== redirects.length > 0) {
    return unacceptable('redirect_uris', 'an application has redirect_uris, a resource server has none');
  }
  if (jwks.keys.some((key) => key.d !== undefined || key.k !== undefined)) {
    return unacceptable('private_key', 'send the public key: a private key never leaves its holder');
  }

  const clientId = newId('cli');
  const metadata = {
    client_id: clientId,
    client_name: name,
    token_endpoint_auth_method: 'private_key_jwt',
    jwks,
    id_token_signed_response_alg: 'ES256',
    dpop_bound_access_tokens: false,
    ...(kind === 'application'
      ? {
          application_type: redirects.every((uri) => uri.startsWith('https:')) ? 'web' : 'native',
          grant_types: ['authorization_code'],
          response_types: ['code'],
          redirect_uris: redirects,
        }
      : {
          grant_types: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
          response_types: [],
          redirect_uris: [],
        }),
  };
  try {
    dependencies.checkClient(metadata);
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error;
    return unacceptable('invalid_client_metadata', error.error_description ?? error.message);
  }
  const added = await dependencies.store.addClient(
    { organization: organization.value.id, caller: call.caller },
    { clientId, kind, metadata, resources, replace },
  );
  if ('foreign' in added)
    return forbidden('not_the_owner', `${organization.value.slug} does not own ${added.foreign.join(', ')}`);
  if ('taken' in added)
    return conflict(
      'has_a_server',
      `${added.taken.join(', ')} has a resource server: replace it on purpose, or leave it`,
    );
  return done({ client_id: clientId, kind, name, organization: organization.value.slug, resources });
};
takes(addClient, { body: newClient });
gives(
  addClient,
  object({
    client_id: text,
    kind: one('resource_server', 'application'),
    name: text,
    organization: text,
    resources: many(text),
  }),
);
