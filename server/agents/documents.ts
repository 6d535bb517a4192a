import { errors } from 'oidc-provider';

import { DOCUMENT_REFUSED } from '../../views/words/console-registration-refused.ts';
import { type Saying, saying } from '../../views/words/saying.ts';
import type { ClientRecord } from './clients.ts';
import { confusableWith, mixesScripts } from './confusable.ts';
import {
  type DocumentPolicy,
  documentUrlProblem,
  freshSeconds,
  placedId,
  policyForHost,
  type ReadDocument,
  readDocument,
} from './document.ts';
import { PRESETS } from './presets.ts';
import { saidOf } from './refused.ts';
import type { Metadata } from './registration.ts';

/** Why a client that names itself by a metadata document is not let in. Told to the person by host, never by name. */
export interface DocumentRefusal {
  reason: 'invalid' | 'unreachable' | 'too_many' | 'denied' | 'waits' | 'changed' | 'confusable' | 'full';
  host: string;
  /** For whoever made the document, and for an administrator who lets it in. */
  detail: Saying;
}

declare module '../http/request-state.ts' {
  interface RequestState {
    documentRefusal?: DocumentRefusal;
  }
}

/** A document as it was fetched and understood. Never an error, never one that is wrong (CIMD-08). */
export interface KnownDocument {
  url: string;
  metadata: Metadata;
  hash: string;
  fresh: boolean;
}

export interface DocumentStore {
  known(url: string): Promise<KnownDocument | undefined>;
  remember(document: Omit<KnownDocument, 'fresh'>, freshSeconds: number): Promise<void>;
  policies(organization: string): Promise<DocumentPolicy[]>;
  /** Its client in this organization, and the hash of the document that was approved for it. */
  placed(url: string, organization: string): Promise<{ client: ClientRecord; hash: string } | undefined>;
  /** Names of this organization's agents. */
  names(organization: string): Promise<string[]>;
  /**
   * Makes its agent and client, by the policy; two at once make one. `full`: the organization has all agents that it may
   * have; `not_allowed`: its domain is allowed no longer.
   */
  place(document: PlacedDocument): Promise<'placed' | 'full' | 'not_allowed'>;
  /** A document that changed: in force at once where its domain is allowed, else it waits for the agent's owner. */
  change(document: PlacedDocument, before: ClientRecord): Promise<'changed' | 'waits'>;
  /** Somebody wants to use it and nobody allowed it: for the administrators. */
  ask(organization: string, url: string, person: string): Promise<void>;
}

export interface PlacedDocument {
  organization: string;
  clientId: string;
  url: string;
  hash: string;
  name: string;
  /** An administrator named its domain; otherwise it is known by host alone. */
  verified: boolean;
  metadata: Metadata;
  policy: DocumentPolicy;
}

export interface DocumentDependencies {
  store: DocumentStore;
  fetch: typeof globalThis.fetch;
  /** `host` or `host:port` that may be private. */
  privateHosts: readonly string[];
  /** The metadata as the engine will take it. @throws with a message that says what is wrong */
  prepare(metadata: Metadata): Metadata;
  /** Counts a fetch under this key; seconds to wait where there were too many. */
  tooMany(key: string): Promise<number | undefined>;
  /** Hosts whose documents could not be had just now. */
  breaker: Breaker;
}

/** Whoever asks. Without an organization nobody has signed in yet. */
export interface DocumentRequest {
  organization: string | undefined;
  person: string | undefined;
  /** From where. */
  address: string;
  /** Only a request for an authorization fetches, after its own basic checks (CIMD-15); anything else uses what was approved. */
  mayFetch: boolean;
  /**
   * Only a person's browser begins with a new client: otherwise whoever publishes a document and guesses an address
   * could ring at the devices of people who never heard of it.
   */
  mayPlace: boolean;
}

/**
 * The client that a metadata document describes (draft-ietf-oauth-client-id-metadata-document-02), as this organization
 * sees it: allowed by a policy for its domain, approved by an administrator, or refused.
 */
export async function clientOfDocument(
  url: string,
  request: DocumentRequest,
  dependencies: DocumentDependencies,
): Promise<ClientRecord | DocumentRefusal> {
  const { store, privateHosts } = dependencies;
  const host = URL.parse(url)?.hostname ?? '';
  const refuse = (reason: DocumentRefusal['reason'], detail: Saying): DocumentRefusal => ({ reason, host, detail });
  const wrong = documentUrlProblem(url, privateHosts);
  if (wrong !== undefined)
    return refuse('invalid', saying(DOCUMENT_REFUSED.clientId, { url: url.slice(0, 100), problem: wrong }));

  const { organization } = request;
  const policy = organization === undefined ? undefined : policyForHost(host, await store.policies(organization));
  if (policy?.verdict === 'deny') return refuse('denied', saying(DOCUMENT_REFUSED.denied));
  const before = organization === undefined ? undefined : await store.placed(url, organization);
  if (!request.mayFetch || (organization !== undefined && !before && !request.mayPlace)) {
    return before?.client ?? refuse('waits', saying(DOCUMENT_REFUSED.notBegun));
  }
  const document = await currentDocument(url, host, request, dependencies);
  if ('reason' in document) return document;
  let metadata: Metadata;
  try {
    metadata = dependencies.prepare(document.metadata);
  } catch (error) {
    return refuse('invalid', sayingOf(error));
  }
  if (organization === undefined || policy === undefined) return unplaced(url, host, metadata);

  const placed = before;
  const verified = policy.domain !== '*' || policy.verdict === 'ask';
  const name = verified ? String(document.metadata.client_name) : host;
  const next = {
    organization,
    clientId: placedId(url, organization),
    url,
    hash: document.hash,
    name,
    verified,
    metadata,
    policy,
  };
  if (placed?.hash === document.hash) return placed.client;
  const like = verified ? confusable(name, await store.names(organization), url, placed?.client) : undefined;
  if (like !== undefined) return refuse('confusable', like);
  if (placed) {
    if ((await store.change(next, placed.client)) === 'waits')
      return refuse('changed', saying(DOCUMENT_REFUSED.changed));
  } else if (policy.verdict === 'allow') {
    if ((await store.place(next)) === 'full') return refuse('full', saying(DOCUMENT_REFUSED.full));
  } else {
    if (request.person !== undefined) await store.ask(organization, url, request.person);
    return refuse('waits', saying(DOCUMENT_REFUSED.waits));
  }
  const now = await store.placed(url, organization);
  return now?.client ?? refuse('waits', saying(DOCUMENT_REFUSED.notPlaced));
}

/**
 * Looks again at documents that were fetched too long ago: a client that never comes by a browser changes, too. What
 * changed is in force, or waits, as if somebody had asked. One that cannot be had stays as it was approved.
 */
export async function refreshDocuments(
  stale: () => Promise<readonly { organization: string; url: string }[]>,
  dependencies: DocumentDependencies,
): Promise<void> {
  for (const { organization, url } of await stale()) {
    const asking = { organization, person: undefined, address: 'a job of ours', mayFetch: true, mayPlace: false };
    await clientOfDocument(url, asking, dependencies);
  }
}

/** The document at this address as an administrator could allow it: good, and of a name that nobody else has. */
export async function findDocument(
  url: string,
  organization: string,
  dependencies: DocumentDependencies,
): Promise<{ url: string; hash: string; name: string; metadata: Metadata } | DocumentRefusal> {
  const host = URL.parse(url)?.hostname ?? '';
  const wrong = documentUrlProblem(url, dependencies.privateHosts);
  if (wrong !== undefined) return { reason: 'invalid', host, detail: wrong };
  const document = await currentDocument(url, host, { address: organization }, dependencies);
  if ('reason' in document) return document;
  const name = String(document.metadata.client_name);
  const like = confusable(name, await dependencies.store.names(organization), url, undefined);
  if (like !== undefined) return { reason: 'confusable', host, detail: like };
  try {
    return { url, hash: document.hash, name, metadata: dependencies.prepare(document.metadata) };
  } catch (error) {
    return { reason: 'invalid', host, detail: sayingOf(error) };
  }
}

/** Why `prepare` refused it; a stranger's document that the engine stumbles over is no fault of ours. */
const sayingOf = (error: unknown): Saying =>
  saidOf(error instanceof errors.OIDCProviderError ? error : new errors.InvalidClientMetadata(''));

/** A name that is somebody else's already, or that imitates one by its letters. */
function confusable(
  name: string,
  names: readonly string[],
  url: string,
  own: ClientRecord | undefined,
): Saying | undefined {
  if (mixesScripts(name)) return saying(DOCUMENT_REFUSED.scripts);
  const others = names.filter((other) => other !== own?.agent?.name);
  const famous = Object.values(PRESETS).flatMap((preset) =>
    'document' in preset && preset.document === url ? [] : [preset.name],
  );
  const like = confusableWith(name, [...others, ...famous, 'Countersign']);
  return like === undefined ? undefined : saying(DOCUMENT_REFUSED.like, { name: like });
}

/** What the cache holds, or what its address says now. A failure is remembered for nobody but its host. */
async function currentDocument(
  url: string,
  host: string,
  { address }: Pick<DocumentRequest, 'address'>,
  { store, fetch, tooMany, breaker }: DocumentDependencies,
): Promise<KnownDocument | DocumentRefusal> {
  const known = await store.known(url);
  if (known?.fresh) return known;
  if ((await tooMany(`document ${address}`)) !== undefined)
    return { reason: 'too_many', host, detail: saying(DOCUMENT_REFUSED.tooMany) };
  const place = new URL(url).host;
  if (breaker.isOpen(place)) return { reason: 'unreachable', host, detail: saying(DOCUMENT_REFUSED.unreachableBefore) };
  const read = await fetchDocument(url, fetch);
  if (!read.ok) {
    // One bad document says nothing of its neighbours.
    if (read.unreachable) breaker.failed(place);
    return { reason: read.unreachable ? 'unreachable' : 'invalid', host, detail: read.problem };
  }
  breaker.succeeded(place);
  const document = { url, metadata: read.metadata, hash: read.hash };
  await store.remember(document, read.freshSeconds);
  return { ...document, fresh: true };
}

type Fetched =
  | (Extract<ReadDocument, { ok: true }> & { freshSeconds: number })
  | { ok: false; problem: Saying; unreachable: boolean };

/** CIMD-02, CIMD-06, CIMD-07: one answer, 200, no redirect, no private address, no more than 5 KB. */
async function fetchDocument(url: string, fetch: typeof globalThis.fetch): Promise<Fetched> {
  let text: string;
  let response: Response;
  try {
    response = await fetch(url, { headers: { accept: 'application/json' } });
    if (response.status !== 200) {
      await response.body?.cancel();
      return {
        ok: false,
        problem: saying(DOCUMENT_REFUSED.status, { status: String(response.status) }),
        unreachable: true,
      };
    }
    text = await response.text();
  } catch {
    // Which of our rules stopped it would tell a stranger what is behind them.
    return { ok: false, problem: saying(DOCUMENT_REFUSED.unreachable), unreachable: true };
  }
  const read = readDocument(url, response.headers.get('content-type') ?? '', text);
  if (!read.ok) return { ...read, unreachable: false };
  return { ...read, freshSeconds: freshSeconds(response.headers.get('cache-control') ?? '') };
}

/** Before anybody signed in: enough for the engine to check the request, and nothing that could act. */
const unplaced = (url: string, host: string, metadata: Metadata): ClientRecord => ({
  clientId: url,
  kind: 'agent',
  organization: '',
  organizationDomains: [],
  agent: {
    id: '',
    name: host,
    purpose: null,
    mode: 'attended',
    status: 'active',
    owner: '',
    ownActions: [],
    chainLimit: 1,
    limits: {},
    expiresAt: null,
    environment: null,
  },
  metadata,
});

export interface Breaker {
  isOpen(host: string): boolean;
  failed(host: string): void;
  succeeded(host: string): void;
}

/** After three failures in a row a host is left alone for half a minute, whoever asks for it. */
export function newBreaker(now: () => number = Date.now): Breaker {
  const failures = new Map<string, { count: number; at: number }>();
  return {
    isOpen(host) {
      const entry = failures.get(host);
      return entry !== undefined && entry.count >= 3 && now() - entry.at < 30_000;
    },
    failed(host) {
      if (failures.size > 10_000) failures.clear();
      failures.set(host, { count: (failures.get(host)?.count ?? 0) + 1, at: now() });
    },
    succeeded: (host) => void failures.delete(host),
  };
}
