import type { ClientRecord } from '../agents/clients.ts';
import type { DeathReason } from '../agents/liveness.ts';
import type { EvidenceEvent } from '../evidence/evidence.ts';
import type { TaskAction } from '../tasks/task.ts';
import type { Act } from './chain.ts';

/** Where a token is good, and whose it is. */
export type TokenKind =
  /** For one resource. */
  | 'leaf'
  /** Audience the issuer: good only at the token endpoint. */
  | 'root'
  /** Lets one named child act, once. */
  | 'handoff'
  /** An agent, application or resource server by itself: no person. */
  | 'own'
  /** For the authorization server of a resource, which gives its own token for it (ID-JAG). */
  | 'assertion';

/** The issuance row of one access token: the only source of its chain, whatever a caller presents. */
export interface IssuedToken {
  organization: string;
  jti: string;
  kind: TokenKind;
  clientId: string;
  agent: string | null;
  /** The acting agent and everyone it acts through. */
  agents: readonly string[];
  person: string | null;
  subject: string;
  task: string | null;
  /** Stop keys of the tokens, clients, resources and derived grants it comes from: ending any of them ends this. */
  lineage: readonly string[];
  parent: string | null;
  /** The audience. */
  resource: string;
  scopes: readonly string[];
  actions: readonly TaskAction[];
  act: Act | null;
  boundTo: string | null;
  mayAct: string | null;
  depth: number;
  txn: string;
  authentication: { acr?: string; amr?: readonly string[]; auth_time?: number };
  /** When the authority began. */
  since: Date;
  issuedAt: Date;
  expiresAt: Date;
}

/** An issued token with what stands around it now, read in one look. */
export type PresentedToken = IssuedToken & {
  /** The client that is registered as the server of the audience. */
  resourceServer: string | null;
  /** What the client is that it was issued to. */
  clientKind: ClientRecord['kind'];
  underTask: { hash: string; approvedAt: Date; expiresAt: Date } | undefined;
};

/** A child grant of one actor under one task: what a cascade of revocation follows. */
export interface DerivedGrant {
  id: string;
  parent: string | null;
  path: readonly string[];
  agent: string | null;
  clientId: string;
  depth: number;
  boundTo: string | null;
  expiresAt: Date;
  /** As many agents, this one not counted, may hold parts of the task when it is made; undefined: it makes no holder. */
  beside?: number | undefined;
}

export type NewToken = Omit<IssuedToken, 'since' | 'issuedAt'> & {
  /** Undefined: the authority begins with this token. */
  since?: Date | undefined;
  issuedAt: Date;
  derived?: DerivedGrant | undefined;
};

export interface TokenStore {
  /**
   * The gate. In one statement: is everything this hangs on alive and within its agents' limits, and of those who hold
   * parts of the task not one too many; then the issuance row, the derived grant and the evidence, committed. Nothing is written when it is not; the key is pinned to the task when it is the first.
   */
  issue(
    token: NewToken,
    event: EvidenceEvent,
  ): Promise<DeathReason | 'key_mismatch' | 'beyond_limits' | 'too_many_holders' | undefined>;
  /** The issuance row of a token we signed, and why it is dead if it is. */
  find(jti: string, issuedAt: Date): Promise<{ token: PresentedToken; dead: DeathReason | undefined } | undefined>;
}
