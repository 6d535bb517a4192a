import { type Action, IMPACTS } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { impactOf } from '../catalogue/describe.ts';
import { narrowerParameters } from '../catalogue/narrowing.ts';
import type { RequestedAction } from './request.ts';

/** What an organization allows an agent for any of its people without asking them, made by its admins. */
export interface Policy {
  organization: string;
  id: string;
  name: string;
  /** Null: every agent of the organization. */
  agent: string | null;
  actions: readonly PolicyAction[];
  /** How long a task lives that it allows. */
  seconds: number;
}

/** One action, and the limits of it. A parameter that is not named is free. */
export interface PolicyAction {
  action: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** The most that may be done without asking anybody: a person's own decision begins above it. */
const MOST = IMPACTS.indexOf('medium');

/**
 * The policy that allows all that is asked, if one does. Pure. Two policies never add up: each was made by itself, and
 * what they allow together nobody decided.
 */
export function policyFor(
  requested: readonly RequestedAction[],
  {
    agent,
    policies,
    catalogue,
    organizationDomains,
  }: {
    agent: string;
    policies: readonly Policy[];
    catalogue: Catalogue;
    organizationDomains: readonly string[];
  },
): Policy | undefined {
  const allows = (policy: Policy, wanted: RequestedAction): boolean => {
    const action = catalogue.version(wanted.action, wanted.version);
    if (!action || IMPACTS.indexOf(impactOf(action, wanted.parameters, { organizationDomains }, wanted.facts)) > MOST)
      return false;
    return policy.actions.some((limits) => limits.action === wanted.action && isWithin(action, wanted, limits));
  };
  return policies.find(
    (policy) =>
      (policy.agent === null || policy.agent === agent) && requested.every((wanted) => allows(policy, wanted)),
  );
}

/** By the comparators of the action, as everywhere; a named limit has to be there, or leaving it out would lift it. */
function isWithin(action: Action, wanted: RequestedAction, { parameters }: PolicyAction): boolean {
  const named = Object.fromEntries(
    Object.entries(wanted.parameters).filter(([name]) => Object.hasOwn(parameters, name)),
  );
  return narrowerParameters(action, named, parameters) === undefined;
}

/** Why a policy with these limits would never hold, in words for the admin; undefined when it can. */
export function policyProblem({ action: key, parameters }: PolicyAction, catalogue: Catalogue): string | undefined {
  const action = catalogue.actions.get(key);
  if (!action) return `${key}: unknown`;
  if (IMPACTS.indexOf(action.level.default) > MOST) return `${key}: ${action.level.default} impact is always asked`;
  const unknown = Object.keys(parameters).find((name) => !action.parameters.has(name));
  return unknown === undefined ? undefined : `${key}: ${unknown} is not a parameter`;
}
