import { createHash } from 'node:crypto';
import { getDomain } from 'tldts';

import { DOCUMENT_REFUSED } from '../../views/words/console-registration-refused.ts';
import { jsonRefused } from '../../views/words/json.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import { canonicalJson } from '../oauth/canonical.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import type { Limits } from './limits.ts';
import type { Metadata } from './registration.ts';

/** Is this client_id the address of a client ID metadata document? Ids of ours never begin so (CIMD-11). */
export const isDocumentUrl = (clientId: string): boolean => /^https?:\/\//i.test(clientId);

/**
 * One document is a different agent in each organization, so each keeps it under an id of its own: the address and the
 * organization, joined by what no such address holds. Nobody outside ever sees it.
 */
export const placedId = (url: string, organization: string): string => `${url}#${organization}`;

/** The client_id as the client itself and everybody else knows it. */
export const outwardId = (clientId: string): string => clientId.split('#', 1)[0] ?? clientId;

/**
 * What is wrong with an address of a metadata document (CIMD-01); undefined when nothing is.
 *
 * @param privateHosts hosts that the operator allows outbound requests to, where http will do
 */
export function documentUrlProblem(clientId: string, privateHosts: readonly string[]): Saying | undefined {
  const url = URL.parse(clientId);
  if (!url) return saying(DOCUMENT_REFUSED.noUrl);
  const own = privateHosts.includes(url.host) || privateHosts.includes(url.hostname);
  if (url.protocol !== 'https:' && !(own && url.protocol === 'http:')) return saying(DOCUMENT_REFUSED.https);
  if (url.username || url.password || clientId.includes('@')) return saying(DOCUMENT_REFUSED.user);
  if (clientId.includes('#')) return saying(DOCUMENT_REFUSED.fragment);
  if (clientId.includes('?')) return saying(DOCUMENT_REFUSED.query);
  if (url.pathname === '/') return saying(DOCUMENT_REFUSED.path);
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(clientId.slice(clientId.indexOf('/', 8)))) return saying(DOCUMENT_REFUSED.dots);
  // The one spelling: what is compared and shown is what is fetched.
  if (url.href !== clientId) return saying(DOCUMENT_REFUSED.spelling);
  return clientId.length > 300 ? saying(DOCUMENT_REFUSED.long) : undefined;
}

export const DOCUMENT_BYTES = 5 * 1024;

/** What a metadata document may say that matters to us; everything else of it is left where it is. */
const MEMBERS = [
  'client_name',
  'redirect_uris',
  'application_type',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'jwks',
  'jwks_uri',
  'grant_types',
  'response_types',
  'authorization_details_types',
  'dpop_bound_access_tokens',
] as const;

export type ReadDocument = { ok: true; metadata: Metadata; hash: string } | { ok: false; problem: Saying };

/**
 * A fetched document (CIMD-03, CIMD-04). Secrets have no place in what everybody can read, and neither has a private
 * key.
 */
export function readDocument(url: string, contentType: string, text: string): ReadDocument {
  const bad = (problem: Saying): ReadDocument => ({ ok: false, problem });
  if (!/^application\/([a-z0-9.!#$&^_-]+\+)?json\s*(;|$)/i.test(contentType))
    return bad(saying(DOCUMENT_REFUSED.notServedAsJson));
  if (Buffer.byteLength(text) > DOCUMENT_BYTES) return bad(saying(DOCUMENT_REFUSED.large));
  const parsed = parseStrictJson(text);
  if (!parsed.ok) {
    const { problem } = parsed;
    return bad(
      problem.kind === 'noJson'
        ? saying(DOCUMENT_REFUSED.noJson)
        : saying(DOCUMENT_REFUSED.json, { problem: jsonRefused(problem) }),
    );
  }
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return bad(saying(DOCUMENT_REFUSED.noObject));
  const document = value as Metadata;
  if (document.client_id !== url) return bad(saying(DOCUMENT_REFUSED.otherId));
  if (document.client_secret !== undefined || document.client_secret_expires_at !== undefined)
    return bad(saying(DOCUMENT_REFUSED.secret));
  const { token_endpoint_auth_method: method = 'none' } = document;
  if (method !== 'none' && method !== 'private_key_jwt') return bad(saying(DOCUMENT_REFUSED.method));
  if (holdsPrivateKey(document.jwks)) return bad(saying(DOCUMENT_REFUSED.privateKey));
  if (typeof document.client_name !== 'string' || document.client_name.trim() === '')
    return bad(saying(DOCUMENT_REFUSED.noName));
  const { redirect_uris: redirects } = document;
  if (!Array.isArray(redirects) || redirects.length === 0) return bad(saying(DOCUMENT_REFUSED.noRedirects));
  const known = MEMBERS.flatMap((name) => (document[name] === undefined ? [] : [[name, document[name]] as const]));
  const metadata = { ...Object.fromEntries(known), token_endpoint_auth_method: method };
  return { ok: true, metadata, hash: createHash('sha256').update(canonicalJson(metadata)).digest('base64url') };
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'];

const holdsPrivateKey = (jwks: unknown): boolean => {
  const keys = (jwks as { keys?: unknown } | undefined)?.keys;
  return Array.isArray(keys) && keys.some((key) => PRIVATE_MEMBERS.some((name) => key?.[name] !== undefined));
};

/** Seconds that a fetched document counts: as its server says, within our bounds (CIMD-08). */
export function freshSeconds(cacheControl: string): number {
  if (/\b(no-store|no-cache)\b/i.test(cacheControl)) return LEAST_FRESH;
  const [, age] = /\bmax-age=(\d{1,9})\b/i.exec(cacheControl) ?? [];
  return Math.min(Math.max(age === undefined ? USUALLY_FRESH : Number(age), LEAST_FRESH), MOST_FRESH);
}

const LEAST_FRESH = 60;
const USUALLY_FRESH = 3600;
const MOST_FRESH = 86_400;

/** What an organization thinks of documents of one domain; `*` is all that no other names. */
export interface DocumentPolicy {
  domain: string;
  verdict: 'allow' | 'ask' | 'deny';
  /** Who answers for what is allowed. */
  owner: string | null;
  deputy: string | null;
  limits: Limits;
}

/** Nothing said: an administrator is asked. */
export const NO_POLICY: DocumentPolicy = { domain: '*', verdict: 'ask', owner: null, deputy: null, limits: {} };

/**
 * The policy for a host: of the longest domain that it belongs to. A domain covers the hosts below it, but one under
 * which strangers get names of their own (`github.io`) covers itself alone: its neighbours are somebody else.
 */
export function policyForHost(host: string, policies: readonly DocumentPolicy[]): DocumentPolicy {
  const fitting = policies.filter(({ domain }) => domain === '*' || covers(domain, host));
  const rank = ({ domain }: DocumentPolicy) => (domain === '*' ? -1 : domain.length);
  return fitting.toSorted((one, other) => rank(other) - rank(one))[0] ?? NO_POLICY;
}

export function covers(domain: string, host: string): boolean {
  if (domain === host) return true;
  if (!host.endsWith(`.${domain}`)) return false;
  const registrable = registrableDomain(domain);
  return registrable !== null && registrable === registrableDomain(host);
}

/** Null for a suffix under which others register, also a private one. */
const registrableDomain = (host: string): string | null => getDomain(host, { allowPrivateDomains: true });

/** Are these hosts of one owner? Those under a suffix where strangers register are not. */
export const isSameSite = (one: string, other: string): boolean =>
  one === other || (registrableDomain(one) !== null && registrableDomain(one) === registrableDomain(other));

/** Where a document sends people back that is neither its own site nor their own computer (CIMD-14). */
export function unrelatedRedirects(url: string, redirects: readonly string[]): string[] {
  const { hostname } = new URL(url);
  const site = registrableDomain(hostname) ?? hostname;
  const hosts = redirects.flatMap((uri) => URL.parse(uri)?.hostname ?? []);
  const strange = hosts.filter(
    (host) => !LOOPBACK.includes(host) && host !== hostname && (registrableDomain(host) ?? host) !== site,
  );
  return [...new Set(strange)];
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
