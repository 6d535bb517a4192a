import { depthProblem, parseStrictJson } from '../oauth/strict-json.ts';
import { checkSpacing, checkTexts } from '../oauth/text.ts';
import type { Action, Resolver } from './action.ts';

/** What a resource is asked about a request before a person is: how many contacts, whose payment. */
export interface FactsQuestion {
  action: Action & { readonly resolve: Resolver };
  parameters: Readonly<Record<string, unknown>>;
  organization: string;
  /** For whom, `usr_…`. */
  person: string;
  /** Who asks, `agt_…`. */
  agent: string;
}

/** Asks the resource. Null: it could not be had, whatever kept it; nothing is thrown for an answer of somebody else's. */
export type AskFacts = (question: FactsQuestion) => Promise<Record<string, unknown> | null>;

export const asksFacts = (action: Action): action is FactsQuestion['action'] => action.resolve !== undefined;

/**
 * The answer of a resource, held to what its action declares and to the same rules as an agent's parameters: it stands
 * on the page as if we had said it. Undefined for anything else.
 */
export function parseFacts({ validate }: Resolver, text: string): Record<string, unknown> | undefined {
  const parsed = parseStrictJson(text);
  if (!parsed.ok || depthProblem(parsed.value) !== undefined || validate(parsed.value) !== undefined) return undefined;
  const facts = parsed.value as Record<string, unknown>;
  const hostile = checkTexts(facts) ?? checkTexts(facts, '', checkSpacing);
  return hostile ? undefined : facts;
}
