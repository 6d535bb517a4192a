import type Router from '@koa/router';
import type { Context } from 'koa';

import { jsonRefused } from '../../views/words/json.ts';
import { inEnglish } from '../../views/words/saying.ts';
import { DEPLOYMENT } from '../agents/clients.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { BadRequest, readBody } from '../http/form.ts';
import { json, problem } from '../http/respond.ts';
import { sha256url } from '../oauth/canonical.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import { answerChange, getStanding, listChanges, listFlags, offerOwnership, reviewAgent } from './accountability.ts';
import {
  type AdminCaller,
  type AdminOutcome,
  type AdminRefusal,
  actorOf,
  done,
  forbidden,
  malformed,
} from './admin.ts';
import { getAgentRules, setAgentRules } from './agent-rules.ts';
import {
  commandAgent,
  getAgent,
  listAgents,
  listEdges,
  putEdge,
  removeEdge,
  setEnvironment,
  setOwnActions,
} from './agents.ts';
import { denyApproval, getApproval, listApprovals } from './approvals.ts';
import { getBackchannel, putBackchannel } from './backchannel.ts';
import type { AdminDependencies } from './call.ts';
import { type Called, type CallerDependencies, callerOf } from './caller.ts';
import {
  confirmDraft,
  diffCatalogue,
  draftCatalogue,
  getCatalogue,
  lintCatalogue,
  listDrafts,
  previewCatalogue,
  publishCatalogue,
  removeDraft,
  showAction,
} from './catalogue.ts';
import { claimResource, listClaims, proveResource } from './claims.ts';
import { endClientSecret, makeClientSecret } from './client-secrets.ts';
import { VIEWERS } from './console.ts';
import {
  addOrganization,
  addPerson,
  changeOrganization,
  listOrganizations,
  listPeople,
  offerEnrolment,
  whoAmI,
} from './directory.ts';
import {
  allowDocument,
  listDocumentPolicies,
  listDocumentRequests,
  putDocumentPolicy,
  removeDocumentPolicy,
} from './documents.ts';
import { explainAgent } from './explain.ts';
import { confirmGroup, listGroups, putGroup, removeGroup } from './groups.ts';
import { type Answered, type IdempotencyStore, once } from './idempotency.ts';
import { forgetIntroduction, introduce, listIntroductions } from './introductions.ts';
import {
  addIssuer,
  linkPerson,
  listElsewhere,
  listIssuers,
  listLinks,
  putElsewhere,
  removeElsewhere,
  removeIssuer,
  unlinkPerson,
} from './issuers.ts';
import { holdAgent, listBlueprints, putBlueprint, removeBlueprint, setUseCase } from './limits.ts';
import { describeApi, type Endpoint, type Reach } from './openapi.ts';
import { getPasskeyRules, setPasskeyRules } from './passkey-rules.ts';
import { disablePerson, enablePerson, setPersonRoles } from './people.ts';
import {
  confirmPolicies,
  getPolicies,
  lintPolicies,
  policyEffect,
  publishPolicies,
  removeProposal,
  tryPolicies,
} from './policies.ts';
import { getPromptLimits, promptReport, setPromptLimits } from './prompts.ts';
import { getChain, listEvidence } from './read-evidence.ts';
import { askRecovery, cancelRecovery, confirmRecovery, listRecoveries } from './recoveries.ts';
import { addClient, addInitialAccessToken, endInitialAccessToken, listInitialAccessTokens } from './registry.ts';
import { closeCampaign, getCampaign, listCampaigns, startCampaign } from './reviews.ts';
import { setRoleMapping } from './role-mappings.ts';
import {
  addressesAtProvider,
  addSignInProvider,
  listSignInProviders,
  removeSignInProvider,
  setConfirming,
  setPasswordRule,
} from './sign-in-providers.ts';
import { listStops, resumeStop, stop, stopEffect } from './stops.ts';
import { addWebhook, listWebhooks, removeWebhook } from './webhooks.ts';

/** Every endpoint below `/admin/api`. Those marked so are the operator's; all others keep an administrator to their organization. */
export const ENDPOINTS: readonly Endpoint[] = [
  ['get', '/whoami', whoAmI],
  ['get', '/organizations', listOrganizations],
  ['post', '/organizations', addOrganization, 'operator'],
  ['patch', '/organizations/:organization', changeOrganization, 'operator'],
  ['get', '/people', listPeople],
  ['post', '/people', addPerson],
  ['post', '/people/:person/enrolment', offerEnrolment],
  ['post', '/people/:person/passkey-recovery', askRecovery],
  ['put', '/people/:person/roles', setPersonRoles],
  ['post', '/people/:person/disable', disablePerson],
  ['post', '/people/:person/enable', enablePerson],
  ['get', '/passkey-rules', getPasskeyRules],
  ['put', '/passkey-rules', setPasskeyRules],
  ['get', '/passkey-recoveries', listRecoveries],
  ['post', '/passkey-recoveries/:recovery/confirm', confirmRecovery],
  ['post', '/passkey-recoveries/:recovery/cancel', cancelRecovery],
  ['get', '/initial-access-tokens', listInitialAccessTokens],
  ['post', '/initial-access-tokens', addInitialAccessToken],
  ['delete', '/initial-access-tokens/:id', endInitialAccessToken],
  ['post', '/clients', addClient],
  ['get', '/agents', listAgents],
  ['get', '/agents/:agent', getAgent],
  ['post', '/agents/:agent/suspend', commandAgent('suspend')],
  ['post', '/agents/:agent/resume', commandAgent('resume')],
  ['post', '/agents/:agent/retire', commandAgent('retire')],
  ['post', '/agents/:agent/activate', commandAgent('activate')],
  ['post', '/agents/:agent/own-actions', setOwnActions],
  ['put', '/agents/:agent/environment', setEnvironment],
  ['post', '/agents/:agent/client-secret', makeClientSecret],
  ['post', '/agents/:agent/client-secret/end', endClientSecret],
  ['get', '/agents/:agent/standing', getStanding],
  ['post', '/agents/:agent/offers', offerOwnership],
  ['post', '/agents/:agent/review', reviewAgent],
  ['get', '/agent-flags', listFlags],
  ['get', '/agent-rules', getAgentRules],
  ['put', '/agent-rules', setAgentRules],
  ['get', '/review-campaigns', listCampaigns],
  ['post', '/review-campaigns', startCampaign],
  ['get', '/review-campaigns/:campaign', getCampaign],
  ['post', '/review-campaigns/:campaign/close', closeCampaign],
  ['get', '/registration-changes', listChanges],
  ['post', '/registration-changes/:change', answerChange],
  ['put', '/agents/:agent/limits', holdAgent],
  ['put', '/agents/:agent/use-case', setUseCase],
  ['get', '/agents/:agent/explain', explainAgent],
  ['get', '/approvals', listApprovals],
  ['get', '/approvals/:approval', getApproval],
  ['post', '/approvals/:approval/deny', denyApproval],
  ['get', '/resource-claims', listClaims],
  ['post', '/resource-claims', claimResource],
  ['post', '/resource-claims/prove', proveResource],
  ['get', '/document-policies', listDocumentPolicies],
  ['put', '/document-policies', putDocumentPolicy],
  ['delete', '/document-policies/:domain', removeDocumentPolicy],
  ['get', '/document-requests', listDocumentRequests],
  ['post', '/document-requests/allow', allowDocument],
  ['get', '/blueprints', listBlueprints],
  ['put', '/blueprints', putBlueprint],
  ['delete', '/blueprints/:blueprint', removeBlueprint],
  ['get', '/edges', listEdges],
  ['put', '/edges', putEdge],
  ['delete', '/edges', removeEdge],
  ['get', '/trusted-issuers', listIssuers],
  ['post', '/trusted-issuers', addIssuer],
  ['delete', '/trusted-issuers', removeIssuer],
  ['get', '/upstream-identities', listLinks],
  ['post', '/upstream-identities', linkPerson],
  ['delete', '/upstream-identities', unlinkPerson],
  ['get', '/sign-in-providers', listSignInProviders],
  ['post', '/sign-in-providers', addSignInProvider],
  ['get', '/sign-in-providers/addresses', addressesAtProvider],
  ['put', '/sign-in-providers/passwords', setPasswordRule],
  ['put', '/sign-in-providers/:provider/confirming', setConfirming],
  ['put', '/sign-in-providers/:provider/roles', setRoleMapping],
  ['delete', '/sign-in-providers/:provider', removeSignInProvider],
  ['get', '/agents-elsewhere', listElsewhere],
  ['put', '/agents-elsewhere', putElsewhere],
  ['delete', '/agents-elsewhere', removeElsewhere],
  ['get', '/introductions', listIntroductions],
  ['put', '/introductions', introduce],
  ['delete', '/introductions', forgetIntroduction],
  ['get', '/webhooks', listWebhooks],
  ['post', '/webhooks', addWebhook],
  ['delete', '/webhooks/:webhook', removeWebhook],
  ['get', '/backchannel', getBackchannel],
  ['put', '/backchannel', putBackchannel],
  ['get', '/catalogue', getCatalogue],
  ['post', '/catalogue', publishCatalogue],
  ['post', '/catalogue/lint', lintCatalogue],
  ['post', '/catalogue/diff', diffCatalogue],
  ['post', '/catalogue/preview', previewCatalogue],
  ['get', '/catalogue/actions/:action', showAction],
  ['post', '/catalogue/draft', draftCatalogue],
  ['get', '/catalogue/drafts', listDrafts],
  ['post', '/catalogue/drafts/:action', confirmDraft],
  ['delete', '/catalogue/drafts/:action', removeDraft],
  ['get', '/policies', getPolicies],
  ['post', '/policies', publishPolicies],
  ['post', '/policies/lint', lintPolicies],
  ['post', '/policies/effect', policyEffect],
  ['post', '/policies/try', tryPolicies],
  ['post', '/policies/proposal', confirmPolicies],
  ['delete', '/policies/proposal', removeProposal],
  ['get', '/groups', listGroups],
  ['put', '/groups', putGroup],
  ['post', '/groups/:group/confirm', confirmGroup],
  ['delete', '/groups/:group', removeGroup],
  ['get', '/prompts', promptReport],
  ['get', '/prompts/limits', getPromptLimits],
  ['put', '/prompts/limits', setPromptLimits],
  ['get', '/stops', listStops],
  ['get', '/stops/effect', stopEffect],
  ['post', '/stops', stop],
  ['post', '/stops/:stop/resume', resumeStop],
  ['get', '/evidence', listEvidence],
  ['get', '/evidence/chain/:task', getChain],
];

/** What somebody for security may do beside reading. Everything else that changes something is for administrators. */
const SECURES: ReadonlySet<string> = new Set([
  'post /approvals/:approval/deny',
  'post /stops',
  'post /stops/:stop/resume',
  'post /agents/:agent/suspend',
]);

/** What whoever answers for agents may do too, about these agents alone: `agentOf` and the lists see to that. */
const OWNERS: ReadonlySet<string> = new Set([
  'get /whoami',
  'get /agents',
  'get /agents/:agent',
  'get /agents/:agent/standing',
  'get /agents/:agent/explain',
  'post /agents/:agent/activate',
  'post /agents/:agent/suspend',
  'post /agents/:agent/resume',
  'post /agents/:agent/retire',
  'post /agents/:agent/review',
  'get /agent-flags',
  'get /registration-changes',
  'post /registration-changes/:change',
  'get /stops/effect',
  'post /stops',
]);
const isOwners = ([method, path]: Endpoint): boolean => OWNERS.has(`${method} ${path}`);

/** What asks something and changes nothing, although it is a POST. */
const ASKS: ReadonlySet<string> = new Set([
  'post /catalogue/lint',
  'post /catalogue/diff',
  'post /catalogue/preview',
  'post /catalogue/draft',
  'post /policies/lint',
  'post /policies/effect',
  'post /policies/try',
]);

/** What cannot be taken back, or lets something go on that was stopped: asked for by somebody who signed in just now. */
const FRESH: ReadonlySet<string> = new Set([
  'post /stops/:stop/resume',
  'post /agents/:agent/retire',
  'post /people/:person/passkey-recovery',
  'put /people/:person/roles',
  'post /people/:person/enable',
  'post /passkey-recoveries/:recovery/confirm',
  'delete /trusted-issuers',
  'put /sign-in-providers/:provider/confirming',
  'put /sign-in-providers/:provider/roles',
  'put /passkey-rules',
  'delete /sign-in-providers/:provider',
]);
const FRESH_SECONDS = 300;

function reachOf([method, path, , operatorOnly]: Endpoint): Reach {
  if (operatorOnly) return 'operates';
  const name = `${method} ${path}`;
  if (method === 'get' || ASKS.has(name)) return 'reads';
  return SECURES.has(name) ? 'secures' : 'administers';
}

/** What every caller is told of the API, and the router is made of. */
export const descriptionOf = (issuer: string): object =>
  describeApi({
    issuer,
    endpoints: ENDPOINTS,
    reachOf,
    isFresh: (method, path) => FRESH.has(`${method} ${path}`),
    creates: (path) => CREATES.has(path),
    isOwners,
  });

/** Mounts the admin API. Answers are JSON, refusals problem documents (RFC 9457). */
export function adminRoutes(
  router: Router,
  dependencies: AdminDependencies & CallerDependencies & { recorder: Evidence; idempotency: IdempotencyStore },
): void {
  // Nothing in it is a secret; whoever writes a client reads it without one.
  const description = descriptionOf(dependencies.issuer);
  router.get('/admin/api/openapi.json', (ctx) => json(ctx, description));
  for (const endpoint of ENDPOINTS) {
    const [method, path] = endpoint;
    router[method](`/admin/api${path}`, async (ctx) => {
      const called = await callerOf(ctx, dependencies);
      if (!called.ok) return refuse(ctx, called);
      const caller = actingAs(endpoint, called.value);
      const barred = await barredFrom(ctx, endpoint, { ...called.value, caller }, dependencies);
      const outcome = barred ?? (await answered(ctx, endpoint, caller, dependencies));
      if (outcome.ok) {
        const { status, body } = outcome.value;
        if (method === 'get' && notModified(ctx, body)) return;
        return json(ctx, body, status);
      }
      // An administrator who reaches beyond their own is something their organization wants to know.
      if (outcome.status === 403) await recordRefusal(ctx, caller, outcome, dependencies.recorder);
      return refuse(ctx, outcome);
    });
  }
  router.all(/^\/admin\/api(\/|$)/, (ctx) => problem(ctx, 404, 'not_found', 'there is no such endpoint'));
}

/** What somebody's roles let them do. */
const mayBy = (roles: readonly string[], reach: Reach): boolean =>
  roles.includes('admin') ||
  (reach === 'reads' && VIEWERS.some((role) => roles.includes(role))) ||
  (reach === 'secures' && roles.includes('security'));

/** By their role where that suffices, else as whoever answers for some agents and sees these alone. */
function actingAs(endpoint: Endpoint, { caller, owns }: Called): AdminCaller {
  if (caller.kind === 'operator' || !owns || mayBy(caller.person.roles, reachOf(endpoint))) return caller;
  return { ...caller, ownOnly: true };
}

/** Why this caller may not call this endpoint, whatever they ask. */
async function barredFrom(
  ctx: Context,
  endpoint: Endpoint,
  { caller, readOnly, authenticatedAt, acr }: Called,
  { hasPasskey }: Pick<CallerDependencies, 'hasPasskey'>,
): Promise<AdminRefusal | undefined> {
  const reach = reachOf(endpoint);
  if (readOnly && reach !== 'reads') {
    ctx.set('WWW-Authenticate', 'DPoP error="insufficient_scope", scope="admin"');
    return forbidden('insufficient_scope', 'this token may read only: ask for one with the scope admin');
  }
  if (caller.kind === 'operator') return undefined;
  if (reach === 'operates') return forbidden('operator_only', 'this is for the operator of the deployment');
  const may = caller.ownOnly ? isOwners(endpoint) : mayBy(caller.person.roles, reach);
  if (!may) return forbidden('role_missing', 'this is for administrators of your organization');
  if (!FRESH.has(`${endpoint[0]} ${endpoint[1]}`)) return undefined;
  const late = Date.now() - Number(authenticatedAt) > FRESH_SECONDS * 1000;
  // Whoever has a passkey shows it: a stolen password, or a session somebody left open, takes nothing back.
  const weak = acr !== 'phr' && (await hasPasskey(caller.person));
  if (late || weak) {
    // RFC 9470 §3.
    const challenge = `DPoP error="insufficient_user_authentication", max_age="${FRESH_SECONDS}"`;
    ctx.set('WWW-Authenticate', weak ? `${challenge}, acr_values="phr"` : challenge);
    const detail = weak
      ? 'you have a passkey, and this needs it: sign in again, with the passkey (countersign login)'
      : 'this needs somebody who signed in within the last 5 minutes: sign in again';
    return { ok: false, status: 401, reason: 'insufficient_user_authentication', detail };
  }
  return undefined;
}

/** RFC 9110 §13.1.1: what is to be changed is no more what the caller saw. */
async function changedMeanwhile(
  ctx: Context,
  [method, path]: Endpoint,
  caller: AdminCaller,
  dependencies: AdminDependencies,
): Promise<AdminRefusal | undefined> {
  const wanted = ctx.get('If-Match');
  if (wanted === '' || method === 'get' || wanted === '*') return undefined;
  const [thing, list] = [/^\/[a-z-]+\/:[a-z]+/, /^\/[a-z-]+/].map((part) => part.exec(path)?.[0]);
  // Itself, the thing it is about, or the list that the thing stands in: whichever is read.
  const reading = [path, thing, list].flatMap((at) =>
    ENDPOINTS.filter(([other, one]) => other === 'get' && one === at),
  )[0];
  const query = typeof ctx.query.organization === 'string' ? { organization: ctx.query.organization } : {};
  const params = ctx.params as Record<string, string>;
  const now = await reading?.[2]({ caller, params, query, body: undefined, text: '' }, dependencies);
  if (now?.ok && wanted.split(',').some((one) => one.trim() === entityTag(now.value))) return undefined;
  return { ok: false, status: 412, reason: 'changed_meanwhile', detail: 'it changed since it was read: read it again' };
}

const entityTag = (body: object): string => `"${sha256url(JSON.stringify(body))}"`;

function notModified(ctx: Context, body: object): boolean {
  const tag = entityTag(body);
  ctx.set('ETag', tag);
  if (ctx.get('If-None-Match') !== tag) return false;
  ctx.status = 304;
  ctx.set('Cache-Control', 'no-store');
  return true;
}

const CREATES: ReadonlySet<string> = new Set([
  '/organizations',
  '/people',
  '/people/:person/enrolment',
  '/initial-access-tokens',
  '/review-campaigns',
  '/clients',
  '/agents/:agent/offers',
  '/agents/:agent/client-secret',
  '/document-requests/allow',
  '/resource-claims',
  '/trusted-issuers',
  '/upstream-identities',
  '/sign-in-providers',
  '/webhooks',
]);

/** Larger than any catalogue in one file should be. */
const LIMIT_BYTES = 1024 * 1024;

async function answered(
  ctx: Context,
  endpoint: Endpoint,
  caller: AdminCaller,
  dependencies: AdminDependencies & { idempotency: IdempotencyStore },
): Promise<AdminOutcome<Answered>> {
  const [, path, answer] = endpoint;
  try {
    const read = await bodyOf(ctx);
    if (!read.ok) return read;
    const query: Record<string, string> = {};
    for (const [name, value] of Object.entries(ctx.query)) {
      if (typeof value !== 'string') return malformed(`${name} was sent more than once`);
      query[name] = value;
    }
    const { raw, ...content } = read.value;
    const work = async (): Promise<Answered> => {
      const params = ctx.params as Record<string, string>;
      const outcome =
        (await changedMeanwhile(ctx, endpoint, caller, dependencies)) ??
        (await answer({ caller, params, query, ...content }, dependencies));
      if (!outcome.ok) return { status: outcome.status, body: outcome };
      return { status: ctx.method === 'POST' && CREATES.has(path) ? 201 : 200, body: outcome.value };
    };
    const key = ctx.method === 'POST' ? ctx.get('Idempotency-Key') : '';
    const request = `${ctx.method} ${ctx.url}\n${raw}`;
    const outcome = await once({ caller: actorOf(caller), key, request }, dependencies.idempotency, work);
    // A refusal is one whether it was kept or not.
    return outcome.ok && outcome.value.status >= 400 ? (outcome.value.body as AdminRefusal) : outcome;
  } catch (error) {
    if (error instanceof BadRequest) return malformed(error.message);
    throw error;
  }
}

async function bodyOf(ctx: Context): Promise<AdminOutcome<{ body: unknown; text: string; raw: string }>> {
  const text = ctx.method === 'GET' ? '' : await readBody(ctx.req, LIMIT_BYTES);
  if (!ctx.is('application/json') || text === '') return done({ body: undefined, text, raw: text });
  const parsed = parseStrictJson(text);
  return parsed.ok
    ? done({ body: parsed.value, text: '', raw: text })
    : malformed(`the body is ${inEnglish(jsonRefused(parsed.problem))}`);
}

function refuse(ctx: Context, { status, reason, detail, problems }: AdminRefusal): void {
  problem(ctx, status, reason, detail, problems && { problems });
}

async function recordRefusal(
  ctx: Context,
  caller: AdminCaller,
  { reason, detail }: AdminRefusal,
  evidence: Evidence,
): Promise<void> {
  await evidence.record({
    organization: caller.kind === 'person' ? caller.person.organization : DEPLOYMENT,
    type: 'admin.acted',
    decision: 'refused',
    reason,
    person: caller.kind === 'person' ? caller.person.id : undefined,
    content: { by: actorOf(caller), through: caller.client, endpoint: `${ctx.method} ${ctx.path}`, detail },
  });
}
