import { DOCUMENT_REFUSED } from '../../views/words/console-registration-refused.ts';
import { saying } from '../../views/words/saying.ts';
import { type DocumentPolicy, NO_POLICY } from '../agents/document.ts';
import { type DocumentDependencies, findDocument } from '../agents/documents.ts';
import type { Limits } from '../agents/limits.ts';
import { type Act, conflict, done, malformed, unacceptable, unknown } from './admin.ts';
import { type AdminDependencies, type Answer, organizationOf, personOf } from './call.ts';
import { gives, input, oneOf, plain, reference, takes } from './input.ts';
import { LIMITS_SCHEMA, LIMITS_SHAPE, unknownLimits } from './limits.ts';
import type { Page, PageAsked } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { address, always, count, instant, maybe, object, one, pageOfMany, text, withMembers } from './shapes.ts';

/** Somebody who wanted to use a document that nobody allowed. */
export interface DocumentRequest {
  url: string;
  /** E-mail address. */
  person: string;
  times: number;
  asked_at: Date;
}

/** Which client ID metadata documents an organization lets in; under row-level security, each change with its evidence. */
export interface DocumentAdministration {
  /** By domain. */
  policies(organization: string, asked: PageAsked): Promise<Page<DocumentPolicy & { made_at: Date }>>;
  /** What is said of exactly this domain. */
  policy(organization: string, domain: string): Promise<DocumentPolicy | undefined>;
  /** With `deny`, everything that clients of the domain hold ends at once. */
  putPolicy(act: Act, policy: DocumentPolicy): Promise<void>;
  removePolicy(act: Act, domain: string): Promise<boolean>;
  /** How many documents wait for an administrator. */
  waiting(organization: string): Promise<number>;
  /** Whoever waits longest first. */
  requests(organization: string, asked: PageAsked): Promise<Page<DocumentRequest>>;
  /** Makes the agent, pending until owner and deputy accepted. Undefined: it is there already. */
  allow(
    act: Act,
    document: { url: string; hash: string; name: string; metadata: Record<string, unknown> },
    terms: { owner: string; deputy: string; limits: Limits },
  ): Promise<string | undefined>;
}

const VERDICTS = ['allow', 'ask', 'deny'] as const;
const somePolicies = listQuery({ verdict: oneOf(...VERDICTS) });

export const listDocumentPolicies: Answer = async (call, dependencies) => {
  const policies = await listed(call, somePolicies, dependencies, ({ id }, asked) =>
    dependencies.documents.administration.policies(id, asked),
  );
  if (!policies.ok) return policies;
  return done({ document_policies: policies.value.rows, next: policies.value.next, otherwise: NO_POLICY.verdict });
};
takes(listDocumentPolicies, { query: somePolicies });
const POLICY = object({
  domain: text,
  verdict: one(...VERDICTS),
  owner: maybe(text),
  deputy: maybe(text),
  limits: LIMITS_SHAPE,
});
gives(
  listDocumentPolicies,
  pageOfMany('document_policies', withMembers(POLICY, { organization: text, made_at: instant }), {
    otherwise: one(...VERDICTS),
  }),
);

const DOMAIN = { type: 'string', pattern: '^(\\*|(?=.{1,253}$)[a-z0-9-]+(\\.[a-z0-9-]+)*)$' };
const putting = input<{
  organization?: string;
  domain: string;
  verdict: DocumentPolicy['verdict'];
  owner?: string;
  deputy?: string;
  limits?: Limits;
}>(
  {
    organization: reference,
    domain: DOMAIN,
    verdict: oneOf(...VERDICTS),
    owner: reference,
    deputy: reference,
    limits: LIMITS_SCHEMA,
  },
  ['domain', 'verdict'],
);

/** What becomes of clients whose metadata document stands below this domain; `*` is every other. */
export const putDocumentPolicy: Answer = async (call, dependencies) => {
  const asked = putting(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const { domain, verdict, limits = {} } = asked.value;
  const misspelt = unknownLimits(limits, organization.value, dependencies.catalogue());
  if (misspelt.length > 0) return unacceptable('unknown_limit', `unknown: ${misspelt.join(', ')}`);
  if (verdict === 'allow' && !(asked.value.owner && asked.value.deputy))
    return unacceptable('nobody_answers', 'name owner and deputy: somebody answers for what is allowed');
  const people = await accountable(asked.value, organization.value, dependencies);
  if (!people.ok) return people;
  const policy = { domain, verdict, ...people.value, limits };
  await dependencies.documents.administration.putPolicy(
    { organization: organization.value.id, caller: call.caller },
    policy,
  );
  return done(policy);
};

takes(putDocumentPolicy, { body: putting });
gives(putDocumentPolicy, POLICY);

export const removeDocumentPolicy: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  const domain = call.params.domain ?? '';
  const act = { organization: organization.value.id, caller: call.caller };
  const removed = await dependencies.documents.administration.removePolicy(act, domain);
  return removed ? done({ domain, removed: true }) : unknown(`a policy for ${domain}`);
};
gives(removeDocumentPolicy, object({ domain: text, removed: always(true) }));

const someRequests = listQuery();

/** Documents that people wanted to use, and that nobody allowed. */
export const listDocumentRequests: Answer = async (call, dependencies) => {
  const requests = await listed(call, someRequests, dependencies, ({ id }, asked) =>
    dependencies.documents.administration.requests(id, asked),
  );
  return requests.ok ? done({ document_requests: requests.value.rows, next: requests.value.next }) : requests;
};
takes(listDocumentRequests, { query: someRequests });
gives(
  listDocumentRequests,
  pageOfMany(
    'document_requests',
    object({ organization: text, url: address, person: text, times: count, asked_at: instant }),
  ),
);

const allowing = input<{
  organization?: string;
  url: string;
  owner: string;
  deputy: string;
  name?: string;
  limits?: Limits;
}>(
  {
    organization: reference,
    url: { type: 'string', format: 'uri', maxLength: 300 },
    owner: reference,
    deputy: reference,
    name: plain(80),
    limits: LIMITS_SCHEMA,
  },
  ['url', 'owner', 'deputy'],
);

/** Allows one document: it becomes an agent of this organization, once owner and deputy accepted it. */
export const allowDocument: Answer = async (call, dependencies) => {
  const asked = allowing(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const { url, limits = {} } = asked.value;
  const misspelt = unknownLimits(limits, organization.value, dependencies.catalogue());
  if (misspelt.length > 0) return unacceptable('unknown_limit', `unknown: ${misspelt.join(', ')}`);
  const people = await accountable(asked.value, organization.value, dependencies);
  if (!people.ok) return people;
  const { owner, deputy } = people.value;
  if (owner === null || deputy === null) return malformed('owner and deputy are required');
  const found = await findDocument(url, organization.value.id, dependencies.documents);
  if ('reason' in found)
    return unacceptable(found.reason, saying(DOCUMENT_REFUSED.at, { host: found.host, problem: found.detail }));
  const act = { organization: organization.value.id, caller: call.caller };
  const name = asked.value.name ?? found.name;
  const agent = await dependencies.documents.administration.allow(act, { ...found, name }, { owner, deputy, limits });
  if (!agent) return conflict('taken', `${url} is an agent here already`);
  return done({ agent, url, name, status: 'pending' });
};

takes(allowDocument, { body: allowing });
gives(allowDocument, object({ agent: text, url: address, name: text, status: always('pending') }));

async function accountable(
  named: { owner?: string; deputy?: string },
  organization: Parameters<typeof personOf>[0],
  dependencies: AdminDependencies,
) {
  const owner = named.owner === undefined ? undefined : await personOf(organization, named.owner, dependencies);
  if (owner && !owner.ok) return owner;
  const deputy = named.deputy === undefined ? undefined : await personOf(organization, named.deputy, dependencies);
  if (deputy && !deputy.ok) return deputy;
  const inactive = [owner?.value, deputy?.value].find((person) => person && person.status !== 'active');
  if (inactive) return conflict('person_not_active', `${inactive.email} is not active`);
  if (owner && owner.value.id === deputy?.value.id)
    return unacceptable('same_person', 'owner and deputy are two people');
  return done({ owner: owner?.value.id ?? null, deputy: deputy?.value.id ?? null });
}

/** All that the admin API needs of documents. */
export type DocumentsForAdmins = DocumentDependencies & { administration: DocumentAdministration };
