import { actorsOf } from '../../server/delegation/chain.ts';
import { explainExchange } from '../../server/delegation/exchange.ts';
import { wireDetails } from '../../server/delegation/wire.ts';
import type { About } from '../../server/http/request-state.ts';
import { allow, type Outcome, refuse, toWire } from '../../server/oauth/refusal.ts';
import { ACCESS_TOKEN_SECONDS } from '../../server/tasks/task.ts';
import { type Claim, findCover, givenUnder } from '../covered-by-task.ts';
import type { Caller } from '../grant.ts';
import type { Authorization } from '../issue.ts';
import { type ExchangeDependencies, type Gathered, gather, usedUp, usesOf } from './gather.ts';
import { asAsked, type ExchangeForm } from './request.ts';

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
      ? await explainClaim(gathered.value, gathered.value.claim, form, caller, dependencies)
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
  { request, facts, actor, token }: Extract<Gathered, { facts: unknown }>,
  form: ExchangeForm,
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
  const would = async (): Promise<Outcome<object>> => {
    if (!outcome.ok) return outcome;
    const { organization, person } = facts.subject;
    const decided = { ...outcome.value, organization, person: person ?? undefined };
    const placed = await asAsked(decided, form, caller, dependencies);
    if (!placed.ok) return placed;
    const uses = usesOf(actor, outcome.value.spends ? token : undefined, dependencies.issuer);
    const spent = uses.length === 0 ? undefined : await dependencies.spent(uses);
    return spent === undefined ? allow(issued(placed.value, facts.now, token.underTask?.expiresAt)) : usedUp(spent);
  };
  return allow({ way, ...answerOf(await would()), rules: answers });
}

/** By which right it would be given: a live task, a policy of the organization, or a person's decision still to come. */
async function explainClaim(
  { request, actor }: Gathered,
  claim: Claim,
  form: ExchangeForm,
  caller: Caller,
  dependencies: ExchangeDependencies,
): Promise<Explained> {
  const found = await findCover(request, claim, caller, dependencies);
  if (!found.ok) return found;
  const { requested, task } = found.value;
  const { client, boundTo } = caller;
  if (task) {
    const would = async (): Promise<Outcome<object>> => {
      const barred = await dependencies.ask.barred({ claim, client, request, boundTo });
      if (barred) return refuse(barred);
      const given = givenUnder(task, requested, request, claim, caller, dependencies);
      const placed = given.ok ? await asAsked(given.value, form, caller, dependencies) : given;
      if (!placed.ok) return placed;
      const spent = actor && (await dependencies.spent(usesOf(actor, undefined, dependencies.issuer)));
      const { notAfter = Number.POSITIVE_INFINITY } = placed.value;
      const expiresAt = new Date(Math.min(task.expiresAt.getTime(), notAfter * 1000));
      return spent === undefined
        ? allow(issued({ ...placed.value, expiresAt }, new Date(), task.expiresAt))
        : usedUp(spent);
    };
    return allow({ by: 'task', task_id: task.id, sentence: task.sentence, ...answerOf(await would()) });
  }
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

/** The answer that the exchange itself would give, without the token. */
function answerOf(would: Outcome<object>): { allowed: boolean } & Record<string, unknown> {
  if (would.ok) return { allowed: true, would_issue: would.value };
  const { error, error_description } = toWire(would.refusal);
  return { allowed: false, error, error_description };
}

/** What would be issued, in the words of the token. */
function issued(
  {
    kind,
    slice,
    act,
    boundTo,
    mayAct,
    expiresAt,
  }: Pick<Authorization, 'kind' | 'slice' | 'act' | 'boundTo' | 'mayAct'> & { expiresAt: Date },
  now: Date,
  taskEnds: Date | undefined,
): object {
  const seconds = Math.floor((expiresAt.getTime() - now.getTime()) / 1000);
  return {
    kind,
    aud: slice.audience,
    ...(slice.scopes.length > 0 && { scope: slice.scopes.join(' ') }),
    authorization_details: wireDetails(slice.actions, taskEnds ?? expiresAt),
    acting: actorsOf(act),
    bound: boundTo !== undefined,
    ...(mayAct && { may_act: mayAct.agent }),
    expires_in: Math.min(seconds, ACCESS_TOKEN_SECONDS),
  };
}
