import type { Context } from 'koa';

import { REGISTRATION_REFUSED } from '../../views/words/console-registration-refused.ts';
import { inEnglish } from '../../views/words/saying.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import type { ProofReader } from '../http/sent-proof.ts';
import { parseJws } from '../oauth/jws.ts';
import { isProof } from '../oauth/proof.ts';
import { type IssuerKeys, IssuerUnreachable, type TrustedIssuerStore } from '../people/trusted-issuer.ts';
import { plainJws, signedByIssuer } from '../people/trusted-jwt.ts';
import type { ClientRecord, ClientStore } from './clients.ts';
import { JWT_BEARER, only, UNPROVEN, type Verifier } from './handover.ts';

/** Which workload a client is: what a trusted issuer says of it in the tokens that the platform gives it. */
export interface WorkloadIdentity {
  /** As in the trusted issuers of the organization; `spiffe://<trust domain>` for JWT-SVIDs. */
  issuer: string;
  subject: string;
  /** Claims that have to be exactly so, beside the subject: the repository and the branch of a CI job, say. */
  claims?: Readonly<Record<string, string>>;
}

export const workloadOf = ({ metadata }: Pick<ClientRecord, 'metadata'>): WorkloadIdentity | undefined =>
  metadata.workload_identity as WorkloadIdentity | undefined;

/** What is wrong with a workload that a client wants to register; undefined where it can be compared. */
export function workloadProblem(value: unknown): PlainMessage | undefined {
  const isText = (text: unknown) => typeof text === 'string' && text.length > 0 && text.length <= 500;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return REGISTRATION_REFUSED.workloadObject;
  const { issuer, subject, claims = {}, ...more } = value as Record<string, unknown>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) return REGISTRATION_REFUSED.workloadMembers;
  if (!isText(issuer) || !URL.canParse(String(issuer))) return REGISTRATION_REFUSED.workloadIssuer;
  if (!isText(subject) || String(subject).includes('*')) return REGISTRATION_REFUSED.workloadSubject;
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    return REGISTRATION_REFUSED.workloadClaims;
  return Object.keys(claims).length <= 10 && Object.values(claims).every(isText)
    ? undefined
    : REGISTRATION_REFUSED.workloadMany;
}

export interface WorkloadDependencies {
  /** Ours. */
  issuer: string;
  clients: ClientStore;
  issuers: TrustedIssuerStore;
  keys: IssuerKeys;
  proof: ProofReader;
}

/** draft-ietf-oauth-spiffe-client-auth. */
const JWT_SPIFFE = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';

/**
 * Workload identity: a token that the platform gave to a workload (Kubernetes, CI, a cloud, SPIFFE) as client assertion,
 * together with `client_id`, because it names no client of ours. It may be used until it ends, as platforms make them;
 * where it names a key, that key has to be proven.
 */
export const workloads =
  (dependencies: WorkloadDependencies): Verifier =>
  async (ctx, form) => {
    const client = await clientNamed(form, dependencies);
    if (!client) return undefined;
    const problem = await workloadTokenProblem(ctx, form.get('client_assertion') ?? '', client, dependencies);
    return problem === undefined ? { ok: true, client } : UNPROVEN;
  };

/** The client of a request that authenticates by a workload's token; undefined for every other request. */
async function clientNamed(
  form: URLSearchParams,
  { clients }: WorkloadDependencies,
): Promise<ClientRecord | undefined> {
  const [type, assertion, clientId] = ['client_assertion_type', 'client_assertion', 'client_id'].map((name) =>
    only(form, name),
  );
  if (!assertion || !clientId || (type !== JWT_BEARER && type !== JWT_SPIFFE)) return undefined;
  // Its own word about itself, as almost all are: no need to look who it is.
  if (parseJws(assertion)?.payload.sub === clientId) return undefined;
  const client = await clients.find(clientId);
  return client && workloadOf(client) ? client : undefined;
}

async function workloadTokenProblem(
  ctx: Context,
  token: string,
  client: ClientRecord,
  { issuer: own, issuers, keys, proof }: WorkloadDependencies,
): Promise<string | undefined> {
  const workload = workloadOf(client) as WorkloadIdentity;
  const jws = plainJws(token);
  if ('problem' in jws) return inEnglish(jws.problem);
  const { payload, header } = jws;
  // A JWT-SVID need not name its issuer: its subject lies in the trust domain (SPF-01, SPF-02).
  const trustDomain = workload.issuer.startsWith('spiffe://');
  if (trustDomain ? !String(payload.sub).startsWith(`${workload.issuer}/`) : payload.iss !== workload.issuer)
    return 'of another issuer';
  const typ = String(header.typ ?? 'jwt').toLowerCase();
  if (typ !== 'jwt' && typ !== 'jose') return 'another kind of JWT';
  const trusted = await issuers.find(client.organization, workload.issuer);
  if (!trusted?.profiles.includes('workload')) return 'of no issuer that is trusted for this';
  if (trusted.agents.length > 0 && !trusted.agents.includes(client.agent?.id ?? '')) return 'not for this agent';
  if (!trusted.algorithms.includes(String(header.alg))) return 'an alg that this issuer does not use';
  const signed = await signedByIssuer(jws, trusted, keys).catch((cause) => {
    if (cause instanceof IssuerUnreachable) return false;
    throw cause;
  });
  if (!signed) return 'not signed by a key of its issuer';

  // Platforms write one audience as a list of one; a token for several is one that any of them could pass on.
  const [audience, ...others] = [payload.aud].flat();
  if (audience !== own || others.length > 0) return 'not for this server alone';
  const now = Date.now() / 1000;
  const { exp, iat, nbf } = payload;
  if (typeof exp !== 'number' || exp <= now) return 'expired';
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + CLOCK_SECONDS)) return 'not valid yet';
  // A JWT-SVID need not say when it was made; then its end says how long it is good for.
  if (iat === undefined ? exp - now > trusted.longestSeconds : !isRecent(iat, now, trusted.longestSeconds))
    return 'too old';
  if (payload[trusted.subjectClaim] !== workload.subject) return 'another workload';
  const differs = Object.entries(workload.claims ?? {}).find(([name, value]) => payload[name] !== value);
  if (differs) return `another ${differs[0]}`;
  return unprovenKey(payload.cnf, ctx, proof);
}

const CLOCK_SECONDS = 60;

const isRecent = (iat: unknown, now: number, longest: number): boolean =>
  typeof iat === 'number' && iat <= now + CLOCK_SECONDS && now - iat <= longest;

/** RFC 7800: a token that names a key is worth nothing without it. */
function unprovenKey(cnf: unknown, ctx: Context, read: ProofReader): string | undefined {
  if (cnf === undefined) return undefined;
  const { jkt } = (cnf ?? {}) as { jkt?: unknown };
  const proof = read(ctx);
  return typeof jkt === 'string' && isProof(proof) && proof.thumbprint === jkt ? undefined : 'its key is not proven';
}
