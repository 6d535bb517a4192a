import type { IncomingMessage } from 'node:http';
import {
  type Configuration,
  type ErrorOut,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';

import {
  ClientAdapter,
  InitialAccessTokenAdapter,
  RegistrationTokenAdapter,
} from '../adapters/postgres/client-adapter.ts';
import type { Database } from '../adapters/postgres/database.ts';
import { OidcAdapter } from '../adapters/postgres/oidc-adapter.ts';
import type { Replays } from '../adapters/postgres/replays.ts';
import { TaskGrantAdapter } from '../adapters/postgres/task-grant-adapter.ts';
import { type GrantDependencies, registerGrants } from '../grants/index.ts';
import { offerPush } from '../grants/provider-helpers.ts';
import { errorPage } from '../views/error.tsx';
import { DOCUMENTS } from '../views/words/documents.ts';
import { ERRORS } from '../views/words/errors.ts';
import { jsonRefused } from '../views/words/json.ts';
import { inEnglish } from '../views/words/saying.ts';
import { ATTESTED, attestationMetadata } from './agents/attestation.ts';
import { ASSERTION_ALGORITHMS, assertionProblem } from './agents/authenticate.ts';
import { authenticates, isIssuedBy, type MutualTls, type SubjectMember, subjectMatches } from './agents/certificate.ts';
import { type ClientRecord, type ClientStore, signsIn } from './agents/clients.ts';
import type { DeliveryTerms } from './agents/delivery.ts';
import { type FirstPresentation, type KeyProofs, provenKey } from './agents/proven-key.ts';
import { OWN_METADATA, SENT_METADATA } from './agents/registration.ts';
import { registrationPolicies } from './agents/registration-policies.ts';
import { type AskDependencies, answeredBefore, type Question } from './approvals/ask.ts';
import { type BackchannelDependencies, backchannel, keptAsApproval, requestSeconds } from './backchannel.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { aliasesAt } from './http/endpoints.ts';
import { refused } from './http/refused.ts';
import { stateOf } from './http/request-state.ts';
import type { KeyRing } from './keys/keys.ts';
import { newId } from './oauth/ids.ts';
import { checkParameters } from './oauth/parameters.ts';
import { ambiguity } from './oauth/strict-json.ts';
import { speakerFor } from './people/language.ts';
import type { PeopleStore, Person } from './people/person.ts';
import { parseAgentRequest, whyNotAsked } from './tasks/ask.ts';
import { SIGN_IN_SECONDS, type TaskStore } from './tasks/task.ts';

export interface EngineDependencies extends Omit<BackchannelDependencies, 'people' | 'ask' | 'keyProofs' | 'issuer'> {
  issuer: string;
  keys: KeyRing;
  cookieKeys: string[];
  catalogue: Catalogue;
  database: Database;
  clients: ClientStore;
  people: PeopleStore;
  /** Does this person answer for an agent? */
  ownsAgents(organization: string, person: string): Promise<boolean>;
  tasks: TaskStore;
  replays: Replays;
  keyProofs: KeyProofs;
  firstPresentation: FirstPresentation;
  /** Undefined where no client certificate reaches us. */
  mutualTls: MutualTls | undefined;
  ask: AskDependencies;
  grants: GrantDependencies;
  /** The client that a metadata document describes, for the request at hand. */
  documentClient(url: string): Promise<ClientRecord | undefined>;
  /** Does this organization trust this issuer to attest clients? Undefined where that is not offered. */
  attestersOf: ((organization: string, attester: string) => Promise<boolean>) | undefined;
  readStatement(statement: unknown, organization: string): Promise<Record<string, unknown>>;
  fetch: typeof globalThis.fetch;
  trustProxy: boolean;
  consumeDelayMs: number;
  /** CIBA push delivery, which the engine does not know. */
  push: boolean;
  deliveryTerms(organization: string): Promise<DeliveryTerms>;
  sessionHours: number;
  /** Called when an authorization request in a browser was refused. */
  refusedInBrowser(error: { error?: string | undefined }, request: IncomingMessage): void;
  /** Called with every fault inside the engine, which answers `server_error` by itself. */
  fault(error: Error, request: IncomingMessage): void;
}

const ADMIN_SCOPE = 'admin';
/** Roles that may sign the command line in; what each may do there is for the admin API to say. */
const ADMINISTRATION = ['admin', 'security', 'auditor'];
/** Seconds. */
const INTERACTION_SECONDS = 600;

/**
 * The engine: one Provider for one issuer, one set of keys and one catalogue, made by this factory and replaced when
 * the catalogue changes. Everything that can be decided is decided by functions of ours, named here.
 */
export function makeProvider(dependencies: EngineDependencies): Provider {
  const { issuer, keys, catalogue, database, clients, people, mutualTls, trustProxy, consumeDelayMs } = dependencies;
  const withKey = ['private_key_jwt', ...methodsOf(mutualTls)] as const;
  // The engine knows nothing of attestations: they are verified before (agents/handover.ts).
  const proving = [...withKey, ...(dependencies.attestersOf ? [ATTESTED] : [])];

  const configuration: Configuration = {
    adapter: (model: string) => {
      if (model === 'Client') return new ClientAdapter(clients, catalogue, dependencies.documentClient);
      if (model === 'InitialAccessToken') return new InitialAccessTokenAdapter(clients, catalogue);
      if (model === 'RegistrationAccessToken') return new RegistrationTokenAdapter(database);
      if (model === 'Grant') return new TaskGrantAdapter(dependencies.tasks, issuer);
      if (model === 'BackchannelAuthenticationRequest') return keptAsApproval;
      return new OidcAdapter(database, model, consumeDelayMs);
    },
    jwks: keys.privateJwks as never,
    scopes: [
      'openid',
      'offline_access',
      ADMIN_SCOPE,
      'admin.read',
      ...[...catalogue.actions.values()].flatMap(({ scope, organization }) =>
        scope && organization === null ? [scope] : [],
      ),
    ],
    claims: { openid: ['sub'], acr: null, amr: null, auth_time: null, iss: null } as never,
    acrValues: ['pwd', 'phr'],
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: [...withKey, 'none'],
    clientDefaults: {
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'ES256',
      introspection_signed_response_alg: 'ES256',
      response_types: ['code'],
    },
    enabledJWA: {
      introspectionSigningAlgValues: ['ES256'],
      clientAuthSigningAlgValues: ASSERTION_ALGORITHMS,
      idTokenSigningAlgValues: ['ES256'],
      requestObjectSigningAlgValues: ASSERTION_ALGORITHMS,
      dPoPSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519'],
    },
    pkce: { required: () => true },
    conformIdTokenClaims: false,
    expiresWithSession: () => false,
    extraClientMetadata: { properties: [...SENT_METADATA, ...OWN_METADATA], validator: () => {} },
    extraParams: {
      // The agent's own words about a request by scope; its check is also where the whole request is understood.
      purpose: async (ctx: KoaContextWithOIDC) => {
        await bindToKey(ctx, dependencies);
        understandRequest(ctx, dependencies);
      },
    },
    assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header) => {
      // The engine, which offers no secrets, does not look for one (OA-22).
      if ((ctx.oidc.body as { client_secret?: unknown } | undefined)?.client_secret !== undefined) {
        throw new errors.InvalidRequest('client authentication must only be provided using one mechanism');
      }
      const problem = assertionProblem(claims, header, issuer, Date.now() / 1000);
      if (problem !== undefined) throw new errors.InvalidClientAuth(problem);
    },
    findAccount: async (ctx, id) => {
      const person = await people.find(id);
      const client = stateOf(ctx.req).client;
      // A person of another organization does not exist for this client.
      if (person?.status !== 'active' || (client && !signsIn(client, person.organization))) return undefined;
      return { accountId: person.id, claims: async () => ({ sub: person.id }) };
    },
    loadExistingGrant: async (ctx) => {
      const { result } = ctx.oidc;
      if (result?.consent?.grantId) return ctx.oidc.provider.Grant.find(result.consent.grantId);
      return existingGrant(ctx, dependencies);
    },
    interactions: {
      policy: interactions(dependencies),
      url: (_ctx, interaction) => `/interaction/${interaction.uid}`,
    },
    issueRefreshToken: async () => false, // grants/task-token.ts decides
    rotateRefreshToken: () => false,
    // Only grants/issue.ts makes access tokens; whatever else in the engine tries to, fails here.
    extraTokenClaims: () => {
      throw new Error('access tokens are made by grants/issue.ts alone');
    },
    cookies: {
      keys: dependencies.cookieKeys,
      names: { session: 'countersign-engine', interaction: 'countersign-interaction', resume: 'countersign-resume' },
      long: { signed: true, httpOnly: true, sameSite: 'lax' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    ttl: {
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 300,
      Interaction: INTERACTION_SECONDS,
      Session: dependencies.sessionHours * 3600,
      BackchannelAuthenticationRequest: (ctx, request) => requestSeconds(ctx, request.params ?? {}),
      RefreshToken: (_ctx, token) => (token as { expiresIn?: number }).expiresIn ?? 3600,
    },
    routes: {
      authorization: '/auth',
      backchannel_authentication: '/backchannel',
      introspection: '/token/introspection',
      jwks: '/jwks',
      pushed_authorization_request: '/request',
      registration: '/reg',
      revocation: '/token/revocation',
      token: '/token',
    },
    fetch: dependencies.fetch as never,
    renderError: (ctx, out) => {
      // A machine gets the standard form, whatever it says it accepts.
      if (ctx.oidc.route !== 'authorization' && ctx.oidc.route !== 'resume') {
        ctx.body = out;
        return;
      }
      ctx.type = 'html';
      const speaker = speakerFor(ctx);
      const { say } = speaker;
      const { documentRefusal: unknown } = stateOf(ctx.req);
      ctx.body = errorPage({
        frame: { speaker, organizationName: 'Countersign' },
        title: say(ERRORS.requestEnds),
        message:
          out.error === 'server_error'
            ? say(ERRORS.faultMeans)
            : unknown
              ? say(DOCUMENTS[unknown.reason], { host: unknown.host })
              : say(ERRORS.requestEndsMeans),
        forBuilder: out.error === 'server_error' ? undefined : told(out, unknown && inEnglish(unknown.detail)),
        nextStep: say(unknown?.reason === 'waits' ? DOCUMENTS.waitsNext : ERRORS.requestEndsNext),
        requestId: stateOf(ctx.req).id,
      });
    },
    discovery: {
      client_id_metadata_document_supported: true,
      redemption_endpoint: `${issuer}/redemptions`,
      outcome_endpoint: `${issuer}/outcomes`,
      // Whom an organization trusts, and where its agents go, is nobody else's to read.
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
      identity_chaining_requested_token_types_supported: ['urn:ietf:params:oauth:token-type:id-jag'],
      ...(dependencies.attestersOf && attestationMetadata(issuer)),
      introspection_endpoint_auth_methods_supported: proving,
      introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
      revocation_endpoint_auth_methods_supported: [...proving, 'none'],
      revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
      ...(mutualTls?.address !== undefined && { mtls_endpoint_aliases: aliasesAt(mutualTls.address) }),
    } as never,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async () => false },
      jwtIntrospection: { enabled: true }, // its metadata; the answers are ours (delegation/routes.ts)
      revocation: { enabled: true, allowedPolicy: async () => false },
      // Its metadata and parameters; the proofs themselves are ours to read (http/sent-proof.ts).
      dPoP: { enabled: true },
      mTLS: mutualTls ? certificates(mutualTls) : { enabled: false },
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: {
        enabled: true,
        assertJwtClaimsAndHeader: async (ctx, claims, header, client) =>
          assertRequestObject(ctx, claims, header, client.clientId),
      },
      registration: {
        enabled: true,
        initialAccessToken: true,
        policies: registrationPolicies({
          mayAskAs: (organization, type) => catalogue.seenBy(organization).actions.has(type),
          certificates: methodsOf(mutualTls),
          deliveryTerms: dependencies.deliveryTerms,
          attestersOf: dependencies.attestersOf,
          readStatement: dependencies.readStatement,
        }),
        idFactory: () => newId('cli'),
      },
      registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
      resourceIndicators: {
        enabled: true,
        // No resource asked: the root token, whose audience is this server.
        defaultResource: async () => issuer,
        useGrantedResource: async () => true,
        getResourceServerInfo: async (ctx, resource) => resourceServerInfo(ctx, resource, issuer, catalogue),
      },
      richAuthorizationRequests: {
        enabled: true,
        types: Object.fromEntries(
          [...catalogue.actions.keys()].map((type) => [
            type,
            { validate: async (ctx: KoaContextWithOIDC) => onlyPushed(ctx) },
          ]),
        ),
        authorizationDetailsForGrantSource: async () => undefined, // the task holds them
        authorizationDetailsForAccessToken: async () => undefined,
        authorizationDetailsForIntrospection: async () => undefined,
      } as never,
      ciba: backchannel(dependencies) as never,
    },
  };

  const provider = new Provider(issuer, configuration);
  provider.proxy = trustProxy;
  provider.on('authorization.error', (ctx, error) => dependencies.refusedInBrowser(error, ctx.req));
  provider.on('server_error', (ctx, error) => dependencies.fault(error, ctx.req));
  atomicReplayDetection(provider, dependencies);
  if (dependencies.push) offerPush(provider);
  registerGrants(provider, dependencies.grants);
  return provider;
}

/** authorization_details carry personal data and are integrity-sensitive: never in a front-channel URL (RAR-53, RAR-54). */
function onlyPushed(ctx: KoaContextWithOIDC): void {
  const pushed = ctx.oidc.route !== 'authorization' || ctx.oidc.entities.PushedAuthorizationRequest !== undefined;
  const signed = (ctx.oidc as unknown as { trusted?: string[] }).trusted?.includes('authorization_details');
  if (!pushed && !signed) {
    throw new errors.InvalidRequest('authorization_details are accepted by a pushed or signed request only');
  }
}

/**
 * Understands the whole of an authorization or backchannel request, once: every scope and detail resolves to an
 * action, or the request is refused where it arrives, before any person is bothered.
 */
function understandRequest(ctx: KoaContextWithOIDC, { issuer, catalogue }: EngineDependencies): void {
  const state = stateOf(ctx.req);
  const { client } = state;
  if (!client) return;
  const params = ctx.oidc.params ?? {};
  checkParameters(params);
  if (params.dpop_jkt !== undefined && !/^[A-Za-z0-9_-]{43}$/.test(String(params.dpop_jkt))) {
    throw new errors.InvalidRequest('dpop_jkt must be a SHA-256 thumbprint'); // RFC 9449 §10
  }
  if (client.kind !== 'agent') {
    // An application signs people in; what its agents may do is asked by its agents.
    const known = client.kind === 'command_line' ? ['openid', ADMIN_SCOPE] : ['openid'];
    const beyond = (ctx.oidc.params?.scope as string | undefined)
      ?.split(' ')
      .find((scope) => scope && !known.includes(scope));
    if (beyond !== undefined) refused(ctx, { reason: 'scope_unknown', scope: beyond });
    if (ctx.oidc.params?.authorization_details !== undefined) {
      refused(ctx, { reason: 'type_not_allowed', type: 'any' });
    }
    return;
  }
  const outcome = parseAgentRequest(
    {
      scope: ctx.oidc.params?.scope as string | undefined,
      details: rawDetails(ctx),
      resources: [ctx.oidc.params?.resource ?? issuer].flat() as string[],
      allowedTypes: (ctx.oidc.client as unknown as { authorizationDetailsTypes?: string[] }).authorizationDetailsTypes,
    },
    {
      catalogue: catalogue.seenBy(client.organization),
      issuer,
      organization: client.organization,
      organizationDomains: client.organizationDomains,
      limits: client.agent?.limits,
    },
  );
  if (!outcome.ok) refused(ctx, outcome.refusal);
  const { organizationDomains } = client;
  const refusal = whyNotAsked(outcome.value, client, { catalogue, organizationDomains });
  if (refusal) refused(ctx, refusal);
  state.asked = outcome.value;
}

/**
 * The raw text where a form carried it, so that what JSON.parse would hide (duplicate keys) is seen. Of a signed
 * request the signature's content alone counts, whatever stands beside it.
 */
function rawDetails(ctx: KoaContextWithOIDC): unknown {
  const form = ctx.oidc.body as { authorization_details?: unknown; request?: unknown } | undefined;
  const fromForm = form?.request === undefined ? form?.authorization_details : undefined;
  return fromForm ?? ctx.oidc.params?.authorization_details;
}

const REQUEST_OBJECT_SECONDS = 3600;

/** RFC 9101, CIBA Core §7.1.1: a signed request says when it ends, has one meaning, and cannot pass as anything else. */
function assertRequestObject(
  ctx: KoaContextWithOIDC,
  claims: Record<string, unknown>,
  { typ }: Record<string, unknown>,
  clientId: string,
): void {
  if (ctx.oidc.entities.PushedAuthorizationRequest) return; // it was checked when it was pushed
  const invalid = (detail: string) => new errors.InvalidRequestObject(detail);
  const params = ctx.oidc.params as Record<string, unknown>;
  const form = (ctx.oidc.body ?? {}) as Record<string, unknown>;
  const beside = Object.keys(form).find((name) => name in params && name !== 'request' && name !== 'client_id');
  if (beside !== undefined) throw new errors.InvalidRequest(`${beside} must be inside the signed request`); // PAR-08, CB-20
  const kind = typ === undefined ? 'jwt' : String(typ).toLowerCase();
  if (kind !== 'jwt' && kind !== 'oauth-authz-req+jwt') throw invalid('wrong typ');
  if (claims.sub === clientId) throw invalid('sub must not be the client: it would be a client assertion'); // JAR-04
  const required = ctx.oidc.route === 'backchannel_authentication' ? ['exp', 'iat', 'nbf', 'jti'] : ['exp'];
  const missing = required.find((name) => claims[name] === undefined);
  if (missing !== undefined) throw invalid(`the request object misses ${missing}`);
  const now = Date.now() / 1000;
  const { exp, nbf = now } = claims;
  if (Number(exp) - Math.min(Number(nbf), now) > REQUEST_OBJECT_SECONDS) throw invalid('it lives longer than an hour');
  const [, payload = ''] = String(params.request).split('.');
  const ambiguous = ambiguity(Buffer.from(payload, 'base64url').toString('utf8'));
  if (ambiguous !== undefined) throw invalid(inEnglish(jsonRefused(ambiguous)));
}

async function resourceServerInfo(ctx: KoaContextWithOIDC, resource: string, issuer: string, catalogue: Catalogue) {
  const everyScope = () => [...catalogue.actions.values()].flatMap(({ scope }) => scope ?? []);
  const jwt = { sign: { alg: 'ES256' as const } };
  if (resource === issuer) {
    return { scope: everyScope().join(' '), audience: issuer, accessTokenFormat: 'jwt' as const, jwt };
  }
  const known = catalogue.resources.get(resource);
  const organization = stateOf(ctx.req).client?.organization;
  if (!known || (known.organization !== null && known.organization !== organization)) {
    throw new errors.InvalidTarget('unknown resource');
  }
  return { scope: catalogue.scopesOf(resource).join(' '), audience: resource, accessTokenFormat: 'jwt' as const, jwt };
}

/** The prompts of ours: sign in when our session is not there, and decide when no live task covers the request. */
function interactions(dependencies: EngineDependencies): interactionPolicy.Prompt[] {
  const { base, Check, Prompt } = interactionPolicy;
  const policy = base();
  policy.get('login')?.checks.add(
    new Check('no_session_of_ours', 'sign-in is required', (ctx) => {
      const session = stateOf(ctx.req).session;
      return session === undefined || session.person.id !== ctx.oidc.session?.accountId;
    }),
  );
  const login = policy.get('login');
  if (login) {
    // The engine counts seconds: a sign-in of the same second before the request would pass for one after it.
    const { details } = login;
    login.details = async (ctx) => ({ ...(await details(ctx)), asked_at: Date.now() });
  }
  policy.get('login')?.checks.add(
    // Any program of this computer can begin the command line's request: an hour of administration is given to nobody
    // whose administrator did not type a password for this very request.
    new Check(
      'command_line',
      'sign-in is required',
      (ctx) => stateOf(ctx.req).client?.kind === 'command_line' && ctx.oidc.result?.login === undefined,
    ),
  );
  policy.remove('consent');
  policy.add(
    new Prompt(
      { name: 'consent', requestable: true },
      new Check('no_task', 'a person has to decide', async (ctx) => {
        const { result } = ctx.oidc;
        if (result?.consent?.grantId) return false;
        return (await existingGrant(ctx, dependencies)) === undefined;
      }),
    ),
  );
  return policy;
}

const usesCommandLine = async ({ organization, id, roles }: Person, { ownsAgents }: EngineDependencies) =>
  ADMINISTRATION.some((role) => roles.includes(role)) || ownsAgents(organization, id);

/** The Grant of a live task that covers the request without asking; of a sign-in, for an application. */
async function existingGrant(ctx: KoaContextWithOIDC, dependencies: EngineDependencies) {
  const { people, tasks, ask } = dependencies;
  const state = stateOf(ctx.req);
  const { client, session } = state;
  if (!client || !session || ctx.oidc.session?.accountId !== session.person.id) return undefined;
  const { Grant } = ctx.oidc.provider;
  const person = await people.find(session.person.id);
  if (!person) return undefined;
  if (client.kind === 'command_line' && !(await usesCommandLine(person, dependencies))) {
    throw new errors.AccessDenied('only an administrator, or whoever answers for an agent, may use the command line');
  }
  if (client.kind === 'application' || client.kind === 'command_line') {
    if (state.signIn !== undefined) return Grant.find(state.signIn); // asked twice within one request
    const id = newId('tsk');
    state.signIn = id;
    await tasks.addSignIn({
      organization: person.organization,
      id,
      person: person.id,
      agent: null,
      clientId: client.clientId,
      approval: null,
      scopes: client.kind === 'command_line' ? [ADMIN_SCOPE] : [],
      oidcScopes: ['openid'],
      resources: [],
      edges: [],
      requestHash: '',
      decisionHash: '',
      sentence: 'sign in',
      impact: 'low',
      boundTo: null,
      acr: session.acr,
      amr: session.amr,
      authTime: session.authenticatedAt,
      expiresAt: new Date(Date.now() + SIGN_IN_SECONDS * 1000),
      actions: [],
    });
    return Grant.find(id);
  }
  // After a sign-in the engine resumes with the stored parameters, and does not parse them again.
  if (!state.asked) understandRequest(ctx, dependencies);
  if (!state.asked || ctx.oidc.prompts.has('consent')) return undefined;
  const question: Question = {
    kind: 'browser',
    client,
    person,
    asked: state.asked,
    seconds: INTERACTION_SECONDS,
    boundTo: ctx.oidc.params?.dpop_jkt as string | undefined,
    acrValues: ctx.oidc.params?.acr_values as string | undefined,
    maxAge: ctx.oidc.params?.max_age as number | undefined,
    nonce: ctx.oidc.params?.nonce as string | undefined,
    // The client authenticated where it pushed the request.
    confidential:
      (ctx.oidc.entities.PushedAuthorizationRequest !== undefined ||
        (ctx.oidc.entities.Interaction as { parJti?: string } | undefined)?.parJti !== undefined) &&
      ctx.oidc.client?.tokenEndpointAuthMethod !== 'none',
    authentication: {
      acr: session.acr,
      amr: session.amr,
      auth_time: Math.floor(session.authenticatedAt.getTime() / 1000),
    },
  };
  const answered = await answeredBefore(question, ask);
  return answered === undefined ? undefined : Grant.find(answered);
}

/**
 * The engine looks and then stores, so two presentations of one assertion could both pass. One insert decides instead.
 * A proof that came along is used up with it: one statement for both, at the endpoint that is called most.
 */
function atomicReplayDetection(provider: Provider, { replays, firstPresentation }: EngineDependencies): void {
  const ReplayDetection = provider.ReplayDetection as unknown as {
    unique(issuer: string, jti: string, expiresAt: number): Promise<boolean>;
  };
  ReplayDetection.unique = async (issuer, jti, seconds) => {
    const { ctx } = Provider;
    const expiresAt = new Date(seconds * 1000);
    const first =
      ctx?.oidc.route === 'token'
        ? await firstPresentation(ctx, issuer, jti, expiresAt)
        : await replays.firstUse('client assertion', issuer, jti, expiresAt);
    if (ctx && first) stateOf(ctx.req).authenticated = true; // the last step of client authentication
    return first;
  };
}

/** The methods of RFC 8705 §2 that work here: without an authority nobody's subject is vouched for. */
const methodsOf = (mutualTls: MutualTls | undefined) => [
  ...(mutualTls && mutualTls.authorities.length > 0 ? (['tls_client_auth'] as const) : []),
  ...(mutualTls ? (['self_signed_tls_client_auth'] as const) : []),
];

/** RFC 8705 for the endpoints of the engine, by the same functions as for our own. */
function certificates({ authorities, certificate: read }: MutualTls) {
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    tlsClientAuth: authorities.length > 0,
    getCertificate(ctx: KoaContextWithOIDC) {
      const certificate = read(ctx.req);
      const state = stateOf(ctx.req);
      // It asks here while it authenticates, and goes on to the same answer.
      if (certificate && state.client && authenticates(certificate, state.client, authorities)) {
        state.authenticated = true;
      }
      return certificate?.x509;
    },
    certificateAuthorized(ctx: KoaContextWithOIDC) {
      const certificate = read(ctx.req);
      return certificate !== undefined && isIssuedBy(certificate.x509, authorities, new Date());
    },
    certificateSubjectMatches(ctx: KoaContextWithOIDC, member: SubjectMember, expected: string) {
      const certificate = read(ctx.req);
      return certificate !== undefined && subjectMatches(certificate.x509, member, expected);
    },
  };
}

/** RFC 9449 §10.1: a pushed request that proves a key asks for a code that is worth nothing without the same key. */
async function bindToKey(ctx: KoaContextWithOIDC, { keyProofs }: EngineDependencies): Promise<void> {
  const state = stateOf(ctx.req);
  if (ctx.oidc.route !== 'pushed_authorization_request' || !state.client) return;
  state.authenticated ||= ctx.oidc.client?.tokenEndpointAuthMethod !== 'none';
  if (state.sentProof === undefined && state.attestedKey === undefined) return;
  const key = await provenKey(ctx, state.client, keyProofs);
  const params = ctx.oidc.params as { dpop_jkt?: string };
  params.dpop_jkt ??= key as string;
  if (params.dpop_jkt !== key) {
    throw new errors.InvalidRequest('the key that is proven does not match dpop_jkt');
  }
}

/** "redirect_uri is missing (invalid_request)" */
function told({ error, error_description: said }: ErrorOut, found = said): string {
  return found === undefined ? error : `${found} (${error})`;
}
