import { LONGEST_NAME, LONGEST_RESOURCE } from '../catalogue/catalogue.ts';
import { newSecret } from '../oauth/ids.ts';
import { type Act, conflict, done, unacceptable, unknown } from './admin.ts';
import { type Answer, organizationOf } from './call.ts';
import { gives, input, oneOf, plain, reference, takes } from './input.ts';
import type { Page, PageAsked } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { address, always, instant, maybe, object, one, pageOfMany, text, withMembers } from './shapes.ts';

/** An organization's word that it controls a resource, and what proves it. */
export interface Claim {
  resource: string;
  name: string;
  challenge: string;
  expires_at: Date;
  proven_at: Date | null;
  proven_by: Proof | null;
}

export type Proof = 'document' | 'dns';

export interface ClaimStore {
  /** By resource; the filter `proven` is `true` or `false`. */
  claims(organization: string, asked: PageAsked): Promise<Page<Claim>>;
  /** Of exactly this resource. */
  find(organization: string, resource: string): Promise<Claim | undefined>;
  /** Replaces an earlier one that was not proven. `taken`: the resource has an owner, this organization or another. */
  claim(act: Act, claim: Pick<Claim, 'resource' | 'name' | 'challenge' | 'expires_at'>): Promise<'claimed' | 'taken'>;
  /** Makes the resource the organization's. `taken`: somebody else proved it first. */
  prove(act: Act, resource: string, by: Proof): Promise<'proven' | 'taken'>;
}

export interface Claims {
  store: ClaimStore;
  fetch: typeof globalThis.fetch;
  /** The TXT records of a name; none where there are none. */
  textRecords(name: string): Promise<string[]>;
  /** `host` or `host:port` where http will do. */
  privateHosts: readonly string[];
  /** Every instance serves the resource from then on. */
  reload(): Promise<void>;
}

const CLAIM_SECONDS = 7 * 86_400;
export const DOCUMENT_MEMBER = 'countersign_challenge';

const someClaims = listQuery({ proven: oneOf('true', 'false') });

export const listClaims: Answer = async (call, dependencies) => {
  const claims = await listed(call, someClaims, dependencies, async ({ id }, asked) => {
    const { rows, next } = await dependencies.claims.store.claims(id, asked);
    return { rows: rows.map((claim) => ({ ...claim, ...placesOf(claim) })), next };
  });
  return claims.ok ? done({ resource_claims: claims.value.rows, next: claims.value.next }) : claims;
};
takes(listClaims, { query: someClaims });
const CLAIM = object({
  resource: text,
  name: text,
  challenge: text,
  expires_at: instant,
  document: object({ url: address, member: text, value: text }),
  dns: object({ name: text, type: always('TXT'), value: text }),
});
const PROOF = one('document', 'dns');
gives(
  listClaims,
  pageOfMany(
    'resource_claims',
    withMembers(CLAIM, { organization: text, proven_at: maybe(instant), proven_by: maybe(PROOF) }),
  ),
);

const claiming = input<{ organization?: string; resource: string; name: string }>(
  // What is proven stands in everybody's catalogue: nothing is taken that no catalogue takes.
  {
    organization: reference,
    resource: { type: 'string', format: 'uri', maxLength: LONGEST_RESOURCE },
    name: plain(LONGEST_NAME),
  },
  ['resource', 'name'],
);

/** Begins to register a resource of an organization: answers what has to stand where, to prove that it controls it. */
export const claimResource: Answer = async (call, dependencies) => {
  const asked = claiming(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const { resource, name } = asked.value;
  const problem = resourceProblem(resource, dependencies.claims.privateHosts);
  if (problem !== undefined) return unacceptable('resource', `${resource} ${problem}`);
  const claim = { resource, name, challenge: newSecret(), expires_at: new Date(Date.now() + CLAIM_SECONDS * 1000) };
  const act = { organization: organization.value.id, caller: call.caller };
  if ((await dependencies.claims.store.claim(act, claim)) === 'taken')
    return conflict('taken', `${resource} is registered already`);
  return done({ ...claim, ...placesOf(claim) });
};

takes(claimResource, { body: claiming });
gives(claimResource, CLAIM);

const proving = input<{ organization?: string; resource: string }>(
  { organization: reference, resource: { type: 'string', format: 'uri', maxLength: 500 } },
  ['resource'],
);

/** Looks for the proof, in the resource's metadata document (RFC 9728) and in the DNS. Then its catalogue may be published. */
export const proveResource: Answer = async (call, dependencies) => {
  const asked = proving(call.body);
  if (!asked.ok) return asked;
  const organization = await organizationOf(call, asked.value.organization, dependencies);
  if (!organization.ok) return organization;
  const { resource } = asked.value;
  const { claims } = dependencies;
  const claim = await claims.store.find(organization.value.id, resource);
  if (!claim) return unknown(`a claim of ${resource}`);
  if (claim.expires_at.getTime() <= Date.now()) return conflict('expired', 'the claim has expired: claim it again');
  const proof = (await isInDocument(claim, claims)) ? 'document' : (await isInDns(claim, claims)) ? 'dns' : undefined;
  const { document, dns } = placesOf(claim);
  if (!proof) {
    return unacceptable(
      'not_proven',
      `neither ${document.url} has ${DOCUMENT_MEMBER} with this value, nor ${dns.name} a TXT record`,
    );
  }
  const act = { organization: organization.value.id, caller: call.caller };
  if ((await claims.store.prove(act, resource, proof)) === 'taken')
    return conflict('taken', `${resource} is registered already`);
  await claims.reload();
  return done({ resource, organization: organization.value.slug, proven_by: proof });
};

takes(proveResource, { body: proving });
gives(proveResource, object({ resource: text, organization: text, proven_by: PROOF }));

/** RFC 8707 §2, in the one spelling that is compared everywhere. */
export function resourceProblem(resource: string, privateHosts: readonly string[]): string | undefined {
  const url = URL.parse(resource);
  if (!url) return 'is no URL';
  const own = privateHosts.includes(url.host) || privateHosts.includes(url.hostname);
  if (url.protocol !== 'https:' && !(own && url.protocol === 'http:')) return 'must use https';
  if (url.username || url.password || resource.includes('#') || resource.includes('?'))
    return 'must have no user, query or fragment';
  const canonical = url.pathname === '/' && !resource.endsWith('/') ? url.origin : url.href;
  return resource === canonical ? undefined : `must be written as ${canonical}`;
}

/** Where the proof may stand. */
export function placesOf({ resource, challenge }: Pick<Claim, 'resource' | 'challenge'>) {
  const { origin, hostname, pathname } = new URL(resource);
  return {
    document: {
      url: `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`,
      member: DOCUMENT_MEMBER,
      value: challenge,
    },
    dns: { name: `_countersign-challenge.${hostname}`, type: 'TXT', value: challenge },
  };
}

async function isInDocument(claim: Claim, { fetch }: Pick<Claims, 'fetch'>): Promise<boolean> {
  try {
    const response = await fetch(placesOf(claim).document.url, { headers: { accept: 'application/json' } });
    if (response.status !== 200) return false;
    const document = (await response.json()) as Record<string, unknown> | null;
    // The document of this resource, and not of another at the same address.
    return document?.resource === claim.resource && document[DOCUMENT_MEMBER] === claim.challenge;
  } catch {
    return false; // not there, no JSON, or not ours to fetch: then it proves nothing
  }
}

async function isInDns(claim: Claim, { textRecords }: Pick<Claims, 'textRecords'>): Promise<boolean> {
  return (await textRecords(placesOf(claim).dns.name)).includes(claim.challenge);
}
