import { createHash, randomInt } from 'node:crypto';

import type { AgentEdge } from '../agents/agent.ts';
import type { ClientRecord } from '../agents/clients.ts';
import { needsSecondPerson } from '../agents/limits.ts';
import type { AskFacts } from '../catalogue/facts.ts';
import { edgesWithin } from '../delegation/edges.ts';
import type { ExchangeRequest } from '../delegation/exchange.ts';
import { tooWeak } from '../delegation/rules/authentication.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { Sealing } from '../keys/seal.ts';
import { canonicalJson, instant, sha256url } from '../oauth/canonical.ts';
import { newId, newSecret } from '../oauth/ids.ts';
import { allow, type Outcome, type Refusal, refuse } from '../oauth/refusal.ts';
import type { Person } from '../people/person.ts';
import { type AgentRequest, isProven, needsTwo, parseAgentRequest, whyNotAsked } from '../tasks/ask.ts';
import { covers } from '../tasks/coverage.ts';
import { allowedBy, isForOthers, type Policy, quorumOf } from '../tasks/policies.ts';
import { type CanonicalRequest, canonicalAction, requestHash, toDetail } from '../tasks/request.ts';
import { type Authentication, isAsStrong, type Task } from '../tasks/task.ts';
import type { NewApproval } from './approval.ts';
import { promptRefusal } from './budget.ts';
import { decideByPolicy, type PolicyDependencies } from './by-policy.ts';
import { type AskedOf, askedOf, type DeciderDirectory, waitSeconds } from './deciders.ts';
import { barredBy, type Ruled, type RulingDependencies, ruleOn, rulingOf } from './ruling.ts';
import type { ApprovalStore, PromptRule } from './store.ts';
import { withFacts } from './with-facts.ts';

export interface AskDependencies extends RulingDependencies, PolicyDependencies {
  issuer: string;
  approvals: ApprovalStore;
  /** Every edge below the agent, as they are now. */
  edgesBelow(organization: string, agent: string): Promise<AgentEdge[]>;
  person(id: string): Promise<Person | undefined>;
  /** The person paused the agent, or an administrator stopped what this is about. */
  askingBarredBy(
    organization: string,
    agent: string,
    person: string,
    resources: readonly string[],
  ): Promise<'paused' | 'stopped' | undefined>;
  askFacts: AskFacts;
  deciders: DeciderDirectory;
  sealing: Sealing;
}

/** One question to one person, however it reaches them. */
export interface Question {
  id?: string;
  kind: NewApproval['kind'];
  client: ClientRecord;
  person: Person;
  asked: AgentRequest;
  seconds: number;
  /** Seconds, where the client said how long it waits. */
  requested?: number | undefined;
  boundTo: string | undefined;
  confidential: boolean;
  nonce?: string | undefined;
  /** How and when the person signed in, as far as it is known: a policy that decides in their place says so. */
  authentication?: Authentication | undefined;
  /** As the client asked (OpenID Connect Core §3.1.2.1): a task that was approved otherwise does not cover. */
  acrValues?: string | undefined;
  /** Seconds. */
  maxAge?: number | undefined;
  bindingMessage?: string | undefined;
  /** FAPI-CIBA §5.3: recorded, never believed. */
  requestContext?: object | undefined;
  /** How the client wants to hear of the decision, when it does not come for it itself. */
  delivery?: NewApproval['delivery'];
  authReqId?: string | undefined;
  /** The two digits shown where the task was started; absent for unattended agents. */
  displayCode?: string | undefined;
}

/** Two digits, 10 to 99: a help against fatigue, never a proof. */
export const newDisplayCode = (): string => String(randomInt(10, 100));

/** The browser's approval is found again by its interaction, of which only the browser knows the id. */
export const approvalOfInteraction = (uid: string): string =>
  `apr_${createHash('sha256').update(`interaction ${uid}`).digest('hex').slice(0, 32)}`;

/**
 * Opens an approval, or finds that a live task covers the request and the client proves the key the task was approved
 * for: then it begins approved, and no page is needed. The one place where questions are opened, so the one where their
 * number is limited and the organization's policies are heard: one that forbids ends it, and one that allows decides it
 * in the person's place. In a browser the same question is asked of others once: the answer is the one that waits.
 */
export async function askPerson(question: Question, dependencies: AskDependencies): Promise<Outcome<NewApproval>> {
  const { client, person } = question;
  const { agent } = client;
  if (agent === null) throw new Error('only agents ask for tasks');
  const barred = await dependencies.askingBarredBy(
    person.organization,
    agent.id,
    person.id,
    question.asked.actions.map(({ resource }) => resource),
  );
  if (barred) return refuse({ reason: barred === 'paused' ? 'agent_paused' : 'stopped_here' });
  const ruled = await ruleOn(question, dependencies);
  const stop = barredBy(ruled);
  if (stop) return refuse(stop);
  let { asked } = ruled;
  const task = await coveringTask({ ...question, asked }, dependencies);
  const keys = asked.actions.map(({ action }) => action);
  const limit: PromptRule = (history, limits) => promptRefusal(keys, history, limits, new Date());
  if (!task && question.kind === 'browser') {
    const { organization, id: subject } = person;
    const same = { organization, person: subject, clientId: client.clientId, askedHash: askedHash(asked) };
    const key = { boundTo: question.boundTo ?? null, oidc: oidcOf(question, asked) };
    const waiting = await dependencies.approvals.findAsked({ ...same, ...key });
    if (waiting) return allow(waiting);
  }
  let policy: Policy | undefined;
  let deciders: AskedOf | undefined;
  let { ruling } = ruled;
  if (!task) {
    const stated = await withFacts(asked, { person, agent }, limit, dependencies);
    if (!stated.ok) return stated;
    asked = stated.value;
    const { organizationDomains } = person;
    const unproven = whyNotAsked(asked, client, { catalogue: dependencies.catalogue(), organizationDomains });
    if (unproven) return refuse(unproven);
    // Heard again, with what the resources said.
    ruling = rulingOf(asked, ruled.policies, question, dependencies.catalogue());
    const stop = barredBy({ ...ruled, ruling });
    if (stop) return refuse(stop);
    policy = decidingPolicy(question, { ...ruled, asked, ruling }, dependencies);
    // A token that is pushed lies at an address; what weighs much is fetched by whoever proves its key.
    if (question.delivery?.mode === 'push' && isProven(asked.impact)) {
      return refuse({ reason: 'push_not_allowed', impact: asked.impact });
    }
    const about = { organization: person.organization, person: person.id, agent: agent.id };
    const critical = needsTwo(asked.impact, agent);
    const others = await askedOf({ ...ruled, ruling }, { ...about, critical }, dependencies.deciders);
    if (!others.ok) return others;
    deciders = others.value;
  }
  const refusal = task || policy ? undefined : limit;

  // Begun in a browser, it waits for the others on when the browser is gone.
  const two = ruling.verdict === 'two' || needsTwo(asked.impact, agent);
  const seconds = two || deciders ? waitSeconds(question, ruling.deciders) : question.seconds;
  const now = new Date();
  const expiresAt = new Date(now.getTime() + seconds * 1000);
  const forOthers = deciders !== undefined && isForOthers(ruling);
  // Others are asked at once where nobody sits before a page, and the API does not ask how the person signed in.
  const atOnce =
    question.kind !== 'browser' &&
    !tooWeak(asked.actions, question.authentication ?? {}, dependencies.catalogue(), now);
  const request: CanonicalRequest = {
    organization: person.organization,
    agent: agent.id,
    person: person.id,
    actions: asked.actions.map(canonicalAction),
    nonce: newSecret(),
    expires_at: instant(expiresAt),
  };
  const approval: NewApproval = {
    organization: person.organization,
    id: question.id ?? newId('apr'),
    kind: question.kind,
    clientId: client.clientId,
    agent: agent.id,
    person: person.id,
    actions: asked.actions,
    scopes: asked.scopes,
    resources: asked.resources,
    request,
    requestHash: requestHash(request),
    askedHash: askedHash(asked),
    bindingMessage: question.bindingMessage ?? null,
    oidc: oidcOf(question, asked),
    boundTo: question.boundTo ?? null,
    // What the page will name: along these, and no others, may a part of the task be handed on.
    edges: edgesWithin(agent.id, keys, await dependencies.edgesBelow(person.organization, agent.id)),
    impact: asked.impact,
    // What is granted in the end may need two as well; what the agent's limits ask for is never less.
    quorum: Math.max(quorumOf(ruling), needsSecondPerson(agent.limits, asked.impact) ? 2 : 1),
    deciders: deciders ?? null,
    othersSince: forOthers && atOnce ? now : null,
    asker: question.authentication ?? null,
    expiresAt,
    ...(task && { coveredBy: task.id }),
    // Others do not see the screen where it was started.
    ...(question.displayCode !== undefined &&
      !forOthers && {
        displayCodeHash: dependencies.sealing.keyedHash('display code', question.displayCode),
      }),
    ...(question.delivery && { delivery: question.delivery }),
    ...(question.authReqId !== undefined && {
      authReqIdHash: createHash('sha256').update(question.authReqId).digest(),
    }),
  };
  const event: EvidenceEvent = {
    organization: person.organization,
    type: task ? 'task.covered' : 'request.received',
    decision: task ? 'allowed' : 'reported',
    reason: question.kind,
    person: person.id,
    agent: agent.id,
    application: client.clientId,
    resource: asked.actions[0]?.resource,
    task: task?.id,
    approval: approval.id,
    content: {
      request,
      request_hash: approval.requestHash,
      ...(deciders && { deciders }),
      // As its organization says; what it says of itself stands in the request context.
      ...(agent.environment && { environment: agent.environment }),
      binding_message: question.bindingMessage,
      request_context: question.requestContext,
    },
  };
  const refused = await dependencies.approvals.open(approval, event, refusal);
  if (refused) return refuse(refused);
  if (!policy) return allow(approval);
  const decided = await decideByPolicy(policy, approval, question, dependencies);
  return decided.ok ? allow({ ...approval, coveredBy: decided.value.id }) : decided;
}

/**
 * The policy that decides in the person's place, if one does. It spares the person the question, and not the sign-in that an
 * action asks for (RFC 9470): then they are asked. A public client proves nothing about itself, and always sees a page.
 */
export function decidingPolicy(
  {
    client: { agent },
    confidential,
    authentication = {},
  }: Pick<Question, 'client' | 'confidential' | 'authentication'>,
  { asked, policies, ruling }: Ruled,
  { catalogue }: Pick<AskDependencies, 'catalogue'>,
): Policy | undefined {
  if (!confidential || tooWeak(asked.actions, authentication, catalogue(), new Date())) return undefined;
  // What needs two people is not decided by none.
  if (agent && needsSecondPerson(agent.limits, asked.impact)) return undefined;
  return allowedBy(policies, ruling);
}

/** The live task that covers all that is asked, for this client and this key (`design.md` §6, "already covered"). */
export async function coveringTask(
  {
    client,
    person,
    asked,
    boundTo,
    confidential,
    ...freshness
  }: Pick<Question, 'client' | 'person' | 'asked' | 'boundTo' | 'confidential'> & Freshness,
  { tasks, catalogue }: Pick<AskDependencies, 'tasks' | 'catalogue'>,
): Promise<Task | undefined> {
  // A public client proves nothing about itself: it always sees a page.
  if (!confidential || client.agent === null) return undefined;
  // What was read since makes it another question: no earlier answer was given to it.
  if (asked.actions.some(({ after }) => after !== undefined)) return undefined;
  const live = await tasks.live(person.organization, person.id, client.agent.id);
  return live.find(
    (task) =>
      task.clientId === client.clientId &&
      (task.boundTo === null || task.boundTo === boundTo) &&
      covers(catalogue(), task.actions, asked.actions) === undefined &&
      isAsAsked(task, freshness) &&
      tooWeak(asked.actions, signInOf(task), catalogue(), new Date()) === undefined,
  );
}

/** A sign-in as strong and as late as the client asked: step-up asks again, and is not answered from before (RFC 9470 §4). */
const isAsAsked = ({ acr, authTime }: Task, { acrValues, maxAge }: Freshness): boolean =>
  (acrValues === undefined || acrValues.split(' ').some((wanted) => isAsStrong(acr, wanted))) &&
  (maxAge === undefined || authTime.getTime() >= Date.now() - maxAge * 1000);

const signInOf = ({ acr, authTime }: Task) => ({ acr, auth_time: Math.floor(authTime.getTime() / 1000) });

type Freshness = Pick<Question, 'acrValues' | 'maxAge'>;

const oidcOf = ({ nonce, acrValues }: Question, { oidcScopes }: AgentRequest): NewApproval['oidc'] => ({
  scopes: oidcScopes,
  ...(nonce !== undefined && { nonce }),
  ...(acrValues !== undefined && { acrValues }),
});

const askedHash = ({ actions, resources, scopes }: AgentRequest): string =>
  sha256url(
    canonicalJson([actions.map(({ action, version, parameters }) => [action, version, parameters]), resources, scopes]),
  );

/** The task of a request that needs no page: a live one covers it, or a policy decides it now. */
export async function answeredBefore(question: Question, dependencies: AskDependencies): Promise<string | undefined> {
  const ruled = await ruleOn(question, dependencies);
  // The page says so.
  if (barredBy(ruled)) return undefined;
  const task = await coveringTask({ ...question, asked: ruled.asked }, dependencies);
  if (task) return task.id;
  if (!decidingPolicy(question, ruled, dependencies)) return undefined;
  const opened = await askPerson(question, dependencies);
  return opened.ok ? opened.value.coveredBy : undefined;
}

/** What an exchange asks for without a task behind it. */
export interface Uncovered {
  /** For whom, as a verified statement says. */
  claim: { person: string; authentication: Authentication };
  client: ClientRecord;
  request: ExchangeRequest;
  boundTo: string | undefined;
}

/** What the exchange calls when no live task covers. */
export interface AskForExchange {
  /** A policy decides in the person's place, or the person is asked and the client told where. */
  ask(uncovered: Uncovered): Promise<Outcome<Task>>;
  /** Why not even a live task covers it: a policy forbids it, whenever that task was approved. */
  barred(uncovered: Uncovered): Promise<Refusal | undefined>;
  /** Why a live task gives nothing more to its client: a policy forbids now what was allowed then. */
  forbidden(task: Task, client: ClientRecord): Promise<Refusal | undefined>;
  /** What {@link ask} would do: the policy that would decide, or none. */
  foresee(uncovered: Uncovered): Promise<Outcome<Policy | undefined>>;
}

/** `consent_required`: one open question per request, the same one when it is asked again. */
export function askForExchange(dependencies: AskDependencies): AskForExchange {
  return {
    async barred(uncovered) {
      const question = await questionOf(uncovered, dependencies);
      return question.ok ? barredBy(await ruleOn(question.value, dependencies)) : question.refusal;
    },

    async forbidden({ organization, person: id, actions }, client) {
      const policies = await dependencies.policies(organization);
      if (!policies.document.rules.some(({ verdict }) => verdict === 'never')) return undefined;
      const person = await dependencies.person(id);
      if (!person) return { reason: 'person_unknown' };
      const ruling = rulingOf({ actions }, policies, { client, person }, dependencies.catalogue());
      return ruling.verdict === 'never' ? barredBy({ ruling, policies }) : undefined;
    },

    async foresee(uncovered) {
      const question = await questionOf(uncovered, dependencies);
      if (!question.ok) return question;
      const ruled = await ruleOn(question.value, dependencies);
      const stop = barredBy(ruled);
      return stop ? refuse(stop) : allow(decidingPolicy(question.value, ruled, dependencies));
    },

    async ask(uncovered) {
      const understood = await questionOf(uncovered, dependencies);
      if (!understood.ok) return understood;
      const question = understood.value;
      const { person, client, asked } = question;
      const answer = (id: string, expiresAt: Date) =>
        refuse({
          reason: 'consent_required',
          approval: id,
          expiresIn: Math.max(1, Math.floor((expiresAt.getTime() - Date.now()) / 1000)),
          details: asked.actions.map((action) => toDetail(action)),
        });
      const ruled = await ruleOn(question, dependencies);
      const stop = barredBy(ruled);
      if (stop) return refuse(stop);
      const { approvals, tasks } = dependencies;
      if (!decidingPolicy(question, ruled, dependencies)) {
        const open = await approvals.findOpen(person.organization, client.clientId, person.id, askedHash(asked));
        if (open) return answer(open.id, open.expiresAt);
      }
      const opened = await askPerson(question, dependencies);
      if (!opened.ok) return opened;
      const { id, expiresAt, coveredBy } = opened.value;
      const task = coveredBy === undefined ? undefined : await tasks.find(coveredBy);
      return task ? allow(task) : answer(id, expiresAt);
    },
  };
}

async function questionOf(
  { claim, client, request, boundTo }: Uncovered,
  { person: find, catalogue, issuer }: AskDependencies,
): Promise<Outcome<Question>> {
  const person = await find(claim.person);
  if (!person) return refuse({ reason: 'person_unknown' });
  const details = request.actions?.map((action) => toDetail(action)) ?? [];
  const { organization, organizationDomains } = person;
  const asked = parseAgentRequest(
    {
      scope: request.scopes?.join(' '),
      details: details.length > 0 ? details : undefined,
      resources: [request.audience ?? issuer],
      allowedTypes: undefined,
    },
    { catalogue: catalogue(), issuer, organization, organizationDomains, limits: client.agent?.limits },
  );
  if (!asked.ok) return asked;
  const seconds = EXCHANGE_QUESTION_SECONDS;
  const { authentication } = claim;
  return allow({
    kind: 'exchange',
    client,
    person,
    asked: asked.value,
    seconds,
    boundTo,
    confidential: true,
    authentication,
  });
}

const EXCHANGE_QUESTION_SECONDS = 600;
