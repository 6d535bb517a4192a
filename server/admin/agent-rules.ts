import { type AgentRules, RULE_BOUNDS } from '../agents/lifecycle.ts';
import { type Act, done } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, reference, takes, whole } from './input.ts';
import { count, object, text } from './shapes.ts';

export interface AgentRuleAdministration {
  get(organization: string): Promise<AgentRules>;
  /** What is left out stays. Sooner reviews count for every agent at once; later ones from its next review on. */
  set(act: Act, rules: Partial<AgentRules>): Promise<AgentRules>;
}

/** How often agents are reviewed, and how long one goes on without anybody who answers for it. */
export const getAgentRules: Answer = async (call, dependencies) => {
  const place = await organizationOf(call, call.query.organization, dependencies);
  if (!place.ok) return place;
  return done(shown(place.value.slug, await dependencies.agentRules.get(place.value.id)));
};
const SHAPE = object({ organization: text, review_days: count, unowned_grace_days: count });
gives(getAgentRules, SHAPE);

const rules = input<{ organization?: string; review_days?: number; unowned_grace_days?: number }>({
  organization: reference,
  review_days: whole(...RULE_BOUNDS.reviewDays),
  unowned_grace_days: whole(...RULE_BOUNDS.unownedGraceDays),
});

export const setAgentRules: Answer = async (call, dependencies) => {
  const asked = rules(call.body);
  if (!asked.ok) return asked;
  const { organization, review_days: reviewDays, unowned_grace_days: unownedGraceDays } = asked.value;
  const place = await organizationOf(call, organization, dependencies);
  if (!place.ok) return place;
  const act = { organization: place.value.id, caller: call.caller };
  const set = await dependencies.agentRules.set(act, {
    ...(reviewDays !== undefined && { reviewDays }),
    ...(unownedGraceDays !== undefined && { unownedGraceDays }),
  });
  return done(shown(place.value.slug, set));
};
takes(setAgentRules, { body: rules });
gives(setAgentRules, SHAPE);

const shown = (organization: string, { reviewDays, unownedGraceDays }: AgentRules) => ({
  organization,
  review_days: reviewDays,
  unowned_grace_days: unownedGraceDays,
});
