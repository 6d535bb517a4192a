import { actorsOf } from '../../server/delegation/chain.ts';
import { explainExchange } from '../../server/delegation/exchange.ts';
import type { About } from '../../server/http/request-state.ts';
import { allow, type Outcome, type Refusal, refuse, toWire } from '../../server/oauth/refusal.ts';
import { type Claim, findCover } from '../covered-by-task.ts';
import { carriedElsewhere } from '../elsewhere.ts';
import type { Caller } from '../grant.ts';
import { wireDetails } from '../issue.ts';
import { type ExchangeDependencies, type Gathered, gather } from './gather.ts';
import type { ExchangeForm } from './request.ts';

/** Who is no party to a token hears no more about it than in an exchange: a prober must not learn which check failed. */
const STRANGER = new Set(['R1', 'R2', 'R3', 'R4']);

/**
 * The dry run of an exchange: the same request with `explain=true`, the same facts, the same decision, and nothing
 * issued, spent or asked. It answers which way the exchange would go, every rule with what it says of this request,
 * and what would be given. It is evidence, as everything is that tells somebody something.
 */
export async function explain(
  form: ExchangeForm,
  caller: Caller,
  dependencies: ExchangeDependencies,
  tell: (about: About) => void,
): Promise<Outcome<object>> {
  let about: About = {};
  const gathered = await gather(form, caller, dependencies, (known) => {
    about = known;
    tell(known);
  });
  if (!gathered.ok) return gathered;
  const explained =
    'claim' in gathered.value
      ? await explainClaim(gathered.value, gathered.value.claim, caller, dependencies)
      : await explainToken(gathered.value, form, caller, dependencies);
  if (!explained.ok) return explained;
  await dependencies.reader.evidence.record({
    organization: caller.organization,
    ...about,
    type: 'token.explained',
    decision: 'reported',
    reason: explained.value.allowed ? 'would_be_allowed' : 'would_be_refused',
    agent: caller.client.agent?.id ?? about.agent,
    application: caller.client.clientId,
    content: explained.value,
  });
  return explained;
}

type Explained = Outcome<{ allowed: boolean } & Record<string, unknown>>;

async function explainToken(
  { request, facts }: Extract<Gathered, { facts: unknown }>,
  { authorizationServer }: ExchangeForm,
  caller: Caller,
  dependencies: ExchangeDependencies,
): Promise<Explained> {
  const { way, rules, outcome } = explainExchange(request, facts);
  const stranger = rules.find(({ rule, refusal }) => refusal && STRANGER.has(rule));
  if (stranger?.refusal) return refuse(stranger.refusal);
  const answers = rules.map(({ rule, says, refusal }) => ({
    rule,
    says,
    holds: refusal === undefined,
    ...(refusal && { reason: refusal.reason, ...('detail' in refusal && { detail: refusal.detail }) }),
  }));
  if (!outcome.ok) return allow({ allowed: false, way, ...errorOf(outcome.refusal), rules: answers });
  const { organization, person } = facts.subject;
  const decided = { ...outcome.value, organization, person: person ?? undefined };
  const placed = await carriedElsewhere(decided, authorizationServer, caller, dependencies);
  if (!placed.ok) return allow({ allowed: false, way, ...errorOf(placed.refusal), rules: answers });
  const { kind, slice, act, boundTo, mayAct, expiresAt } = placed.value;
  return allow({
    allowed: true,
    way,
    would_issue: {
      kind,
      aud: slice.audience,
      ...(slice.scopes.length > 0 && { scope: slice.scopes.join(' ') }),
      authorization_details: wireDetails(slice, expiresAt),
      acting: actorsOf(act),
      bound: boundTo !== undefined,
      ...(mayAct && { may_act: mayAct.agent }),
      expires_in: Math.floor((expiresAt.getTime() - facts.now.getTime()) / 1000),
    },
    rules: answers,
  });
}

/** By which right it would be given: a live task, a policy of the organization, or a person's decision still to come. */
async function explainClaim(
  { request }: Gathered,
  claim: Claim,
  caller: Caller,
  dependencies: ExchangeDependencies,
): Promise<Explained> {
  const found = await findCover(request, claim, caller, dependencies);
  if (!found.ok) return found;
  const { task } = found.value;
  if (task) return allow({ allowed: true, by: 'task', task_id: task.id, sentence: task.sentence });
  const { client, boundTo } = caller;
  const foreseen = await dependencies.ask.foresee({ claim, client, request, boundTo });
  if (!foreseen.ok) return foreseen;
  const policy = foreseen.value;
  if (policy) return allow({ allowed: true, by: 'policy', policy: { id: policy.id, name: policy.name } });
  return allow({
    allowed: false,
    by: 'question',
    error: 'consent_required',
    error_description: 'no live task of this person covers the request, and no policy allows it: the person is asked',
  });
}

const errorOf = (refusal: Refusal) => {
  const { error, error_description } = toWire(refusal);
  return { error, error_description };
};
