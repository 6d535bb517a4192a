import type Router from '@koa/router';
import type { Context } from 'koa';

import { DEPLOYMENT } from '../agents/clients.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { BadRequest, readBody } from '../http/form.ts';
import { json, problem } from '../http/respond.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import { answerChange, getStanding, listChanges, listFlags, offerOwnership, reviewAgent } from './accountability.ts';
import { type AdminCaller, type AdminOutcome, type AdminRefusal, actorOf, done, malformed } from './admin.ts';
import { commandAgent, getAgent, listAgents, listEdges, putEdge, removeEdge, setOwnActions } from './agents.ts';
import { getBackchannel, putBackchannel } from './backchannel.ts';
import type { AdminDependencies, Answer } from './call.ts';
import { type CallerDependencies, callerOf } from './caller.ts';
import {
  confirmDraft,
  diffCatalogue,
  draftCatalogue,
  getCatalogue,
  lintCatalogue,
  listDrafts,
  publishCatalogue,
  removeDraft,
  showAction,
} from './catalogue.ts';
import {
  addOrganization,
  addPerson,
  changeOrganization,
  listOrganizations,
  listPeople,
  offerEnrolment,
  whoAmI,
} from './directory.ts';
import { explainAgent } from './explain.ts';
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
import { getPromptLimits, promptReport, setPromptLimits } from './prompts.ts';
import { getChain, listEvidence } from './read-evidence.ts';
import { addClient, addInitialAccessToken, endInitialAccessToken, listInitialAccessTokens } from './registry.ts';
import {
  addressesAtProvider,
  addSignInProvider,
  listSignInProviders,
  removeSignInProvider,
  setPasswordRule,
} from './sign-in-providers.ts';
import { listStops, resumeStop, stop, stopEffect } from './stops.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Every endpoint below `/admin/api`. Those marked so are the operator's; all others keep an administrator to their organization. */
const ENDPOINTS: readonly [method: Method, path: string, answer: Answer, operatorOnly?: 'operator'][] = [
  ['get', '/whoami', whoAmI],
  ['get', '/organizations', listOrganizations],
  ['post', '/organizations', addOrganization, 'operator'],
  ['patch', '/organizations/:organization', changeOrganization, 'operator'],
  ['get', '/people', listPeople],
  ['post', '/people', addPerson],
  ['post', '/people/:person/enrolment', offerEnrolment],
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
  ['get', '/agents/:agent/standing', getStanding],
  ['post', '/agents/:agent/offers', offerOwnership],
  ['post', '/agents/:agent/review', reviewAgent],
  ['get', '/agent-flags', listFlags],
  ['get', '/registration-changes', listChanges],
  ['post', '/registration-changes/:change', answerChange],
  ['put', '/agents/:agent/limits', holdAgent],
  ['put', '/agents/:agent/use-case', setUseCase],
  ['get', '/agents/:agent/explain', explainAgent],
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
  ['delete', '/sign-in-providers/:provider', removeSignInProvider],
  ['get', '/agents-elsewhere', listElsewhere],
  ['put', '/agents-elsewhere', putElsewhere],
  ['delete', '/agents-elsewhere', removeElsewhere],
  ['get', '/backchannel', getBackchannel],
  ['put', '/backchannel', putBackchannel],
  ['get', '/catalogue', getCatalogue],
  ['post', '/catalogue', publishCatalogue],
  ['post', '/catalogue/lint', lintCatalogue],
  ['post', '/catalogue/diff', diffCatalogue],
  ['get', '/catalogue/actions/:action', showAction],
  ['post', '/catalogue/draft', draftCatalogue],
  ['get', '/catalogue/drafts', listDrafts],
  ['post', '/catalogue/drafts/:action', confirmDraft],
  ['delete', '/catalogue/drafts/:action', removeDraft],
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

/** Mounts the admin API. Answers are JSON, refusals problem documents (RFC 9457). */
export function adminRoutes(
  router: Router,
  dependencies: AdminDependencies & CallerDependencies & { recorder: Evidence },
): void {
  for (const [method, path, answer, operatorOnly] of ENDPOINTS) {
    router[method](`/admin/api${path}`, async (ctx) => {
      const caller = await callerOf(ctx, dependencies);
      if (!caller.ok) return refuse(ctx, caller);
      const outcome =
        operatorOnly && caller.value.kind !== 'operator'
          ? ({
              ok: false,
              status: 403,
              reason: 'operator_only',
              detail: 'this is for the operator of the deployment',
            } as const)
          : await answered(ctx, caller.value, answer, dependencies);
      if (outcome.ok) return json(ctx, outcome.value, method === 'post' && CREATES.has(path) ? 201 : 200);
      // An administrator who reaches beyond their own is something their organization wants to know.
      if (outcome.status === 403) await recordRefusal(ctx, caller.value, outcome, dependencies.recorder);
      return refuse(ctx, outcome);
    });
  }
  router.all(/^\/admin\/api(\/|$)/, (ctx) => problem(ctx, 404, 'not_found', 'there is no such endpoint'));
}

const CREATES: ReadonlySet<string> = new Set([
  '/organizations',
  '/people',
  '/people/:person/enrolment',
  '/initial-access-tokens',
  '/clients',
  '/agents/:agent/offers',
  '/trusted-issuers',
  '/upstream-identities',
  '/sign-in-providers',
]);

/** Larger than any catalogue in one file should be. */
const LIMIT_BYTES = 1024 * 1024;

async function answered(
  ctx: Context,
  caller: AdminCaller,
  answer: Answer,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<object>> {
  try {
    const read = await bodyOf(ctx);
    if (!read.ok) return read;
    const query: Record<string, string> = {};
    for (const [name, value] of Object.entries(ctx.query)) {
      if (typeof value !== 'string') return malformed(`${name} was sent more than once`);
      query[name] = value;
    }
    return await answer({ caller, params: ctx.params as Record<string, string>, query, ...read.value }, dependencies);
  } catch (error) {
    if (error instanceof BadRequest) return malformed(error.message);
    throw error;
  }
}

async function bodyOf(ctx: Context): Promise<AdminOutcome<{ body: unknown; text: string }>> {
  const text = ctx.method === 'GET' ? '' : await readBody(ctx.req, LIMIT_BYTES);
  if (!ctx.is('application/json') || text === '') return done({ body: undefined, text });
  const parsed = parseStrictJson(text);
  return parsed.ok ? done({ body: parsed.value, text: '' }) : malformed(`the body is ${parsed.problem}`);
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
