import type { AgentEdge } from '../../server/agents/agent.ts';
import { type ClientRecord, isActive } from '../../server/agents/clients.ts';
import { lineageUnder } from '../../server/delegation/chain.ts';
import {
  decideExchange,
  type Exchanged,
  type ExchangeFacts,
  type ExchangeRequest,
} from '../../server/delegation/exchange.ts';
import { readToken, type TokenReader } from '../../server/delegation/subject.ts';
import type { IssuedToken } from '../../server/delegation/token.ts';
import { stateOf } from '../../server/http/request-state.ts';
import { newId } from '../../server/oauth/ids.ts';
import { allow, refuse } from '../../server/oauth/refusal.ts';
import { type Claim, type CoverDependencies, coveredByTask } from '../covered-by-task.ts';
import type { Caller, Grant } from '../grant.ts';
import type { Authorization } from '../issue.ts';
import { EXCHANGE_PARAMETERS, type ExchangeForm, parseExchange, resolveExchange } from './request.ts';

export interface ExchangeDependencies extends CoverDependencies {
  reader: TokenReader;
  /** The edge from parent to child as it is now, and the child. */
  edge(
    organization: string,
    parent: string,
    child: string,
  ): Promise<{ edge: AgentEdge | undefined; client: ClientRecord | undefined }>;
  /** RFC 7638 thumbprints of a client's registered keys, the preferred one first. */
  thumbprints(client: ClientRecord): Promise<readonly string[]>;
  /** True once for each hand-off. */
  spend(subject: IssuedToken): Promise<boolean>;
}

/** RFC 8693 token exchange, along the audience rules of `docs/architecture.md`: authority only narrows. */
export function tokenExchange(dependencies: ExchangeDependencies): Grant<ExchangeForm> {
  const { reader, catalogue } = dependencies;
  return {
    type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    parameters: EXCHANGE_PARAMETERS,
    repeatable: ['resource', 'audience'],
    parse: parseExchange,

    async authorize(form, caller, ctx) {
      // Anyone may hold a stolen token: a client that proves nothing about itself exchanges nothing.
      if (!caller.confidential) return refuse({ reason: 'grant_not_allowed', grant: 'token-exchange' });
      const subject = await readToken(form.subjectToken, reader);
      if (!subject.ok) return subject;
      const owns = caller.client.kind === 'resource_server' && subject.value.resourceServer === caller.client.clientId;
      // Nothing crosses organizations, except through the server of a resource that all of them share.
      const holds = subject.value.clientId === caller.client.clientId;
      if (subject.value.organization !== caller.organization && !owns && !holds) {
        return refuse({ reason: 'subject_token_invalid', detail: 'of another organization' });
      }
      stateOf(ctx.req).about = aboutSubject(subject.value, form);
      const seen = catalogue().seenBy(subject.value.organization);
      const request = resolveExchange(form, seen);
      if (!request.ok) return request;

      if (isApplicationToken(subject.value) && caller.client.agent) {
        const covered = await coveredByTask(request.value, claimOf(subject.value), caller, dependencies);
        return covered.ok ? allow({ ...covered.value, issuedTokenType: form.issuedTokenType }) : covered;
      }
      const facts = await gather(request.value, subject.value, caller, owns, dependencies);
      const decision = decideExchange(request.value, facts);
      if (!decision.ok) return decision;
      if (decision.value.spends && !(await dependencies.spend(subject.value)))
        return refuse({ reason: 'handoff_used' });
      const { task: id, underTask } = subject.value;
      if (id === null || !underTask) return refuse({ reason: 'task_ended' });
      return allow(derive(decision.value, subject.value, { id, ...underTask }, form));
    },
  };
}

/** What the evidence of a refusal can name, once the token is known. */
const aboutSubject = ({ organization, person, agent, task, resource, jti, txn }: IssuedToken, form: ExchangeForm) => ({
  organization,
  person: person ?? undefined,
  agent: agent ?? undefined,
  task: task ?? undefined,
  resource: form.audience ?? resource,
  jti,
  txn,
});

async function gather(
  request: ExchangeRequest,
  subject: IssuedToken,
  caller: Caller,
  ownsAudience: boolean,
  { reader, catalogue, tasks, edge, thumbprints }: ExchangeDependencies,
): Promise<ExchangeFacts> {
  const facts: ExchangeFacts = {
    issuer: reader.issuer,
    catalogue: catalogue().seenBy(subject.organization),
    subject,
    client: caller.client,
    boundTo: caller.boundTo,
    registeredKeys: subject.kind === 'handoff' ? await thumbprints(caller.client) : [],
    ownsAudience,
    grantId: newId('grt'),
    approvedEdges: [],
    child: undefined,
  };
  const childId = subject.kind === 'handoff' ? subject.mayAct : request.requestedActor;
  if (childId == null || subject.agent === null) return facts;
  const [task, found] = await Promise.all([
    tasks.find(subject.task ?? ''),
    edge(subject.organization, subject.agent, childId),
  ]);
  const { client } = found;
  return {
    ...facts,
    approvedEdges: task?.edges ?? [],
    child:
      client?.agent == null
        ? undefined
        : {
            agent: client.agent.id,
            client: client.clientId,
            key: (await thumbprints(client))[0],
            active: isActive(client, Date.now()),
            edge: found.edge,
          },
  };
}

const derive = (
  exchanged: Exchanged,
  subject: IssuedToken,
  task: NonNullable<Authorization['task']>,
  form: ExchangeForm,
): Authorization => ({
  organization: subject.organization,
  kind: exchanged.kind,
  subject: subject.subject,
  person: subject.person ?? undefined,
  agent: exchanged.agent,
  slice: exchanged.slice,
  task,
  lineage: lineageUnder(subject, exchanged.derived?.id),
  parent: subject.jti,
  derived: exchanged.derived,
  act: exchanged.act,
  depth: exchanged.depth,
  boundTo: exchanged.boundTo,
  mayAct: exchanged.mayAct,
  seconds: exchanged.seconds,
  // Never longer than what it was cut from (TX-10).
  notAfter: Math.floor(subject.expiresAt.getTime() / 1000),
  authentication: subject.authentication,
  issuedTokenType: form.issuedTokenType,
});

/** A token of the company's own application: it carries no task and no actor. */
const isApplicationToken = (subject: IssuedToken): boolean =>
  subject.kind === 'root' && subject.agents.length === 0 && subject.person !== null;

/** What an application's token says: for whom, not what. */
const claimOf = (subject: IssuedToken): Claim => ({
  organization: subject.organization,
  person: subject.person ?? '',
  // Bound to the application's key, it is worth something in the application's hands alone (TX-05).
  boundTo: subject.boundTo,
  // A stop of the application ends what came before its sign-in, not after.
  since: subject.since,
  expiresAt: subject.expiresAt,
  lineage: lineageUnder(subject, undefined),
  parent: subject.jti,
});
