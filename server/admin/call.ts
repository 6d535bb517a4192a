import { REFUSED } from '../../views/words/console-refused.ts';
import { saying } from '../../views/words/saying.ts';
import type { OwnershipStore } from '../agents/ownership.ts';
import type { DeciderDirectory } from '../approvals/deciders.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Accountability } from './accountability.ts';
import {
  type AdminCaller,
  type AdminOutcome,
  type AdminStore,
  conflict,
  done,
  forbidden,
  type ListedPerson,
  malformed,
  type Organization,
  type OrganizationStore,
  onlyOf,
  unacceptable,
  unknown,
} from './admin.ts';
import type { AgentRuleAdministration } from './agent-rules.ts';
import type { ApprovalList } from './approvals.ts';
import type { BackchannelAdministration } from './backchannel.ts';
import type { Claims } from './claims.ts';
import type { ClientSecretsForAdmins } from './client-secrets.ts';
import type { DocumentsForAdmins } from './documents.ts';
import type { EvidenceReader } from './evidence.ts';
import type { ReachReader } from './explain.ts';
import type { GroupStore } from './groups.ts';
import type { IntroductionAdministration } from './introductions.ts';
import type { Inventory } from './inventory.ts';
import type { IssuerAdministration } from './issuers.ts';
import type { LimitAdministration } from './limits.ts';
import type { PasskeyRuleAdministration } from './passkey-rules.ts';
import type { PeopleAdministration } from './people.ts';
import type { PolicyStore } from './policies.ts';
import type { PromptAdministration } from './prompts.ts';
import type { Publications } from './publications.ts';
import type { RecoveryAdministration } from './recoveries.ts';
import type { ReviewStore } from './reviews.ts';
import type { SignInProviderDependencies } from './sign-in-providers.ts';
import type { StopStore } from './standing-stops.ts';
import type { Webhooks } from './webhooks.ts';

/** One authenticated request to the admin API. */
export interface Call {
  caller: AdminCaller;
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** The JSON body, or undefined. */
  body: unknown;
  /** The body where it is not JSON. */
  text: string;
}

export interface AdminDependencies {
  issuer: string;
  organizations: OrganizationStore;
  store: AdminStore;
  inventory: Inventory;
  accountability: Accountability;
  /** What owners do about their agents. */
  ownership: Pick<OwnershipStore, 'answerChange' | 'review'>;
  stops: StopStore;
  limits: LimitAdministration;
  clientSecrets: ClientSecretsForAdmins;
  documents: DocumentsForAdmins;
  claims: Claims;
  reach: ReachReader;
  evidence: EvidenceReader;
  issuers: IssuerAdministration;
  signInProviders: SignInProviderDependencies;
  catalogue: () => Catalogue;
  publications: Publications;
  backchannel: BackchannelAdministration;
  policies: PolicyStore;
  groups: GroupStore;
  deciders: DeciderDirectory;
  prompts: PromptAdministration;
  introductions: IntroductionAdministration;
  webhooks: Webhooks;
  recoveries: RecoveryAdministration;
  peopleAdmin: PeopleAdministration;
  approvalList: ApprovalList;
  reviews: ReviewStore;
  agentRules: AgentRuleAdministration;
  passkeyRules: PasskeyRuleAdministration;
  /** @throws errors.OIDCProviderError when the engine would not load a client of this metadata */
  checkClient(metadata: Record<string, unknown>): void;
}

export type Answer = (call: Call, dependencies: AdminDependencies) => Promise<AdminOutcome<object>>;

/**
 * The organization a request is about. The operator names one; an administrator has one, and naming another is
 * refused in the same words whether it exists or not.
 */
export async function organizationOf(
  { caller }: Pick<Call, 'caller'>,
  named: string | undefined,
  { organizations }: AdminDependencies,
): Promise<AdminOutcome<Organization>> {
  if (caller.kind === 'person') {
    const {
      organization: id,
      organizationSlug: slug,
      organizationName: name,
      organizationDomains: domains,
    } = caller.person;
    if (named !== undefined && named !== id && named !== slug) {
      return forbidden('other_organization', saying(REFUSED.otherOrganization, { organization: slug }));
    }
    return done({ id, slug, name, domains });
  }
  if (named === undefined) return malformed('organization is required: its slug or id');
  const found = await organizations.find(named);
  return found ? done(found) : unknown(`organization ${named}`);
}

/** The named organization; for the operator who names none, all of them. */
export async function organizationsOf(call: Call, named: string | undefined, dependencies: AdminDependencies) {
  if (named !== undefined || call.caller.kind === 'person') {
    const one = await organizationOf(call, named, dependencies);
    return one.ok ? done([one.value]) : one;
  }
  const all = await dependencies.organizations.list();
  return all.length > SEVERAL ? unacceptable('too_many_organizations', 'name one organization') : done(all);
}

/** As many organizations as one answer covers when the operator names none. */
const SEVERAL = 50;

/** The agent that a request names by id or name, and its organization, which the operator may leave out. */
export async function agentOf(
  call: Pick<Call, 'caller'>,
  agent: string,
  named: string | undefined,
  dependencies: AdminDependencies,
): Promise<AdminOutcome<{ organization: Organization; id: string; name: string }>> {
  const places =
    call.caller.kind === 'operator' && named === undefined ? await dependencies.organizations.ofAgent(agent) : [named];
  if (places.length > 1)
    return conflict('ambiguous', `agents of several organizations are called ${agent}: name the organization`);
  if (places.length === 0) return unknown(saying(REFUSED.agent, { name: agent }));
  const organization = await organizationOf(call, places[0], dependencies);
  if (!organization.ok) return organization;
  const [found, another] = await dependencies.store.findAgents(organization.value.id, agent, onlyOf(call.caller));
  if (another) return conflict('ambiguous', saying(REFUSED.ambiguousAgent, { name: agent }));
  return found ? done({ organization: organization.value, ...found }) : unknown(saying(REFUSED.agent, { name: agent }));
}

/** The person that a request names by id or e-mail address. */
export async function personOf(
  organization: Organization,
  person: string,
  { store }: AdminDependencies,
): Promise<AdminOutcome<ListedPerson>> {
  const found = await store.findPerson(organization.id, person);
  return found ? done(found) : unknown(saying(REFUSED.person, { name: person, organization: organization.slug }));
}
