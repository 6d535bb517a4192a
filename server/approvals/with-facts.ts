import type { Limits } from '../agents/limits.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type AskFacts, asksFacts } from '../catalogue/facts.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import type { Person } from '../people/person.ts';
import { type AgentRequest, weigh } from '../tasks/ask.ts';
import type { RequestedAction } from '../tasks/request.ts';
import type { ApprovalStore, PromptRule } from './store.ts';

/** Seconds until a resource that could not be asked is worth another try. */
const LATER = 30;

/**
 * The request with what its resources state about it, weighed anew by it. What could not be asked is refused, or weighs
 * more, as its action says: somebody who keeps a resource from answering gains nothing.
 */
export async function withFacts(
  asked: AgentRequest,
  { person, agent }: { person: Person; agent: { id: string; limits: Limits } },
  limit: PromptRule | undefined,
  { catalogue, askFacts, approvals }: { catalogue: () => Catalogue; askFacts: AskFacts; approvals: ApprovalStore },
): Promise<Outcome<AgentRequest>> {
  const known = catalogue();
  const { organization, id, organizationDomains } = person;
  const isAsked = ({ action, version }: RequestedAction) => known.version(action, version)?.resolve !== undefined;
  // Only what may be shown is asked about: a flood of questions is none of outbound requests.
  if (limit && asked.actions.some(isAsked)) {
    const { history, limits } = await approvals.promptHistory({ organization, agent: agent.id, person: id });
    const refused = limit(history, limits);
    if (refused) return refuse(refused);
  }
  const actions = await Promise.all(
    asked.actions.map(async (requested) => {
      const action = known.version(requested.action, requested.version);
      if (!action || !asksFacts(action)) return requested;
      const { parameters } = requested;
      return { ...requested, facts: await askFacts({ action, parameters, organization, person: id, agent: agent.id }) };
    }),
  );
  const without = actions.find(
    ({ action, version, facts }) => facts === null && known.version(action, version)?.resolve?.unchecked === 'refuse',
  );
  if (without) return refuse({ reason: 'facts_unavailable', type: without.action, retryAfter: LATER });
  const impact = weigh(actions, { catalogue: known, organizationDomains, limits: agent.limits });
  return impact.ok ? allow({ ...asked, actions, impact: impact.value }) : impact;
}
