import { lineageUnder } from '../../server/delegation/chain.ts';
import { decideExchange, type Exchanged } from '../../server/delegation/exchange.ts';
import type { PresentedToken } from '../../server/delegation/token.ts';
import { stateOf } from '../../server/http/request-state.ts';
import { allow, type Outcome, refuse } from '../../server/oauth/refusal.ts';
import { coveredByTask } from '../covered-by-task.ts';
import type { Grant, RequestContext } from '../grant.ts';
import type { Authorization } from '../issue.ts';
import { explain } from './explain.ts';
import { type ExchangeDependencies, gather, type HandOff, usedUp, usesOf } from './gather.ts';
import { asAsked, EXCHANGE_PARAMETERS, type ExchangeForm, parseExchange, urnOf } from './request.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** RFC 8693 token exchange: authority only narrows, by the rules of `docs/rules-of-delegation.md`. */
export function tokenExchange(dependencies: ExchangeDependencies): Grant<ExchangeForm, RequestContext> {
  return {
    type: TOKEN_EXCHANGE,
    parameters: EXCHANGE_PARAMETERS,
    repeatable: ['resource', 'audience'],
    parse: parseExchange,

    explain: (form, caller, ctx) =>
      explain(form, caller, dependencies, (about) => {
        stateOf(ctx.req).about = about;
      }),

    async authorize(form, caller, ctx) {
      const gathered = await gather(form, caller, dependencies, (about) => {
        stateOf(ctx.req).about = about;
      });
      if (!gathered.ok) return gathered;
      const { request, actor } = gathered.value;
      const given =
        'claim' in gathered.value
          ? await coveredByTask(request, gathered.value.claim, caller, dependencies)
          : decide(gathered.value.token, decideExchange(request, gathered.value.facts));
      if (!given.ok) return given;
      const { handOff, ...decided } = given.value as Given;
      const placed = await asAsked(decided, form, caller, dependencies);
      if (!placed.ok) return placed;

      // Last of all, so that a refusal spends nothing.
      const uses = usesOf(actor, handOff, dependencies.issuer);
      const again = uses.length === 0 ? undefined : await dependencies.spend(uses);
      return again === undefined ? allow({ ...placed.value, issuedTokenType: urnOf(form.requested) }) : usedUp(again);
    },
  };
}

/** What may be given, and the hand-off that is spent with it. */
type Given = Authorization & { handOff?: HandOff | undefined };

function decide(token: PresentedToken, decision: Outcome<Exchanged>): Outcome<Given> {
  if (!decision.ok) return decision;
  const { task: id, underTask, jti, expiresAt } = token;
  if (token.person !== null && (id === null || !underTask)) return refuse({ reason: 'task_ended' });
  const task = id === null || !underTask ? undefined : { id, ...underTask };
  const { spends } = decision.value;
  return allow({ ...derive(decision.value, token, task), ...(spends && { handOff: { jti, expiresAt } }) });
}

const derive = (exchanged: Exchanged, subject: PresentedToken, task: Authorization['task']): Authorization => ({
  organization: subject.organization,
  kind: exchanged.kind,
  subject: subject.subject,
  person: subject.person ?? undefined,
  agent: exchanged.agent,
  // Everyone before has to be alive too, also an agent whose own authority it is.
  agents: [...new Set([...(exchanged.agent === undefined ? [] : [exchanged.agent]), ...subject.agents])],
  slice: exchanged.slice,
  task,
  since: subject.since,
  lineage: lineageUnder(subject, { grant: exchanged.derived?.id, edge: exchanged.edge }),
  parent: subject.jti,
  derived: exchanged.derived,
  act: exchanged.act,
  depth: exchanged.depth,
  boundTo: exchanged.boundTo,
  mayAct: exchanged.mayAct,
  notAfter: Math.floor(exchanged.expiresAt.getTime() / 1000),
  // As it was when the person approved: an exchange never makes it fresher (TX-14).
  authentication: subject.authentication,
});
