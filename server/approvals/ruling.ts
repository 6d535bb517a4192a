import type { ClientRecord } from '../agents/clients.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { durationSeconds } from '../catalogue/duration.ts';
import { FALLBACK, type Language, type Text, textIn } from '../catalogue/language.ts';
import type { Refusal } from '../oauth/refusal.ts';
import type { Person } from '../people/person.ts';
import type { AgentRequest } from '../tasks/ask.ts';
import { carriesOut, type ReadBefore, withFlow } from '../tasks/flow.ts';
import { FLOW, type PolicySet, passesOf, policyFor, type Ruling } from '../tasks/policies.ts';

export interface RulingDependencies {
  catalogue: () => Catalogue;
  /** The newest of the organization. */
  policies(organization: string): Promise<PolicySet>;
  /** What this agent was allowed to read for this person, by tasks that ended at most so many seconds ago. */
  readBefore(organization: string, person: string, agent: string, seconds: number): Promise<ReadBefore[]>;
}

/** A request as the organization sees it: what was read before, and what its policies say. */
export interface Ruled {
  asked: AgentRequest;
  policies: PolicySet;
  ruling: Ruling;
}

/** Looks at a request before anybody is asked, and before anything covers it: a policy that forbids ends both. */
export async function ruleOn(
  { client, person, asked }: { client: ClientRecord; person: Person; asked: AgentRequest },
  dependencies: RulingDependencies,
): Promise<Ruled> {
  const { organization } = person;
  const agent = client.agent?.id ?? '';
  const catalogue = dependencies.catalogue();
  const policies = await dependencies.policies(organization);
  const { flow = FLOW } = policies.document;
  const before = carriesOut(asked.actions, catalogue)
    ? [
        ...(await dependencies.readBefore(organization, person.id, agent, durationSeconds(flow.within) ?? 0)),
        ...readByItself(client, catalogue),
      ]
    : [];
  const flowing = { ...asked, actions: withFlow(asked.actions, before, { catalogue, flow }) };
  return { asked: flowing, policies, ruling: rulingOf(flowing, policies, { client, person }, catalogue) };
}

/** What an agent reads without a person, it knows when it acts for one. */
const readByItself = ({ agent }: ClientRecord, { actions }: Catalogue): ReadBefore[] =>
  (agent?.ownActions ?? []).flatMap((key) => {
    const action = actions.get(key);
    return action ? [{ action: key, version: action.version }] : [];
  });

export const rulingOf = (
  { actions }: Pick<AgentRequest, 'actions'>,
  policies: PolicySet,
  { client, person }: { client: Pick<ClientRecord, 'agent'>; person: Person },
  catalogue: Catalogue,
): Ruling => {
  const ruling = policyFor(actions, {
    agent: client.agent?.id ?? '',
    person: person.id,
    policies,
    catalogue,
    organizationDomains: person.organizationDomains,
  });
  return { ...ruling, passes: passesOf(ruling, catalogue) };
};

/** Why nobody is asked: a policy forbids it, or gives its parts to different people. */
export function barredBy({ ruling, policies }: Pick<Ruled, 'ruling' | 'policies'>): Refusal | undefined {
  const { verdict, rule, action = '', differ } = ruling;
  if (differ) return { reason: 'decided_apart' };
  if (!rule || verdict !== 'never') return undefined;
  return {
    reason: 'policy_forbids',
    policy: policies.id,
    rule: rule.name,
    action,
    ...(rule.say !== undefined && { say: rule.say }),
    passes: ruling.passes ?? [],
  };
}

/** What a policy that stands in the way says, in a reader's language; in its own name where it says nothing. */
export const saidBy = (
  { say, rule }: { say?: Text | undefined; rule: string },
  language: Language = FALLBACK,
): string => (say === undefined ? rule : textIn(say, language));
