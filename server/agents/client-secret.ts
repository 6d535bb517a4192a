import { timingSafeEqual } from 'node:crypto';
import type { Context } from 'koa';

import { newSecret } from '../oauth/ids.ts';
import type { ClientRecord, ClientStore } from './clients.ts';
import { only, UNPROVEN, type Verifier } from './handover.ts';

export const SECRET_METHODS = ['client_secret_basic', 'client_secret_post'] as const;
export type SecretMethod = (typeof SECRET_METHODS)[number];

export const isSecretMethod = (method: unknown): method is SecretMethod =>
  SECRET_METHODS.includes(method as SecretMethod);

/** Days. */
export const LONGEST_SECRET = 180;
/** Begins so that whoever searches for leaked secrets finds it. */
const PREFIX = 'csk_';

/** 256 random bits: nobody makes one up, and nobody chooses their own. */
export const newClientSecret = (): string => `${PREFIX}${newSecret()}`;

/**
 * Why this client may have no secret; undefined where an administrator may allow it one. Whoever proves itself better
 * stays with that, and what everybody can read, or has a copy of, holds no secret. Pure.
 */
export function whyNoSecret({ metadata, document }: Pick<ClientRecord, 'metadata' | 'document'>): string | undefined {
  const { token_endpoint_auth_method: method } = metadata;
  if (document !== undefined) return 'a metadata document is public: have it name keys';
  if (method === 'none') return 'it is a public client: a secret would lie in every copy of it';
  if (method !== 'private_key_jwt' && !isSecretMethod(method)) return `it authenticates by ${method}, which is better`;
  if (metadata.workload_identity !== undefined) return 'its platform vouches for it, which is better';
  const isBound =
    metadata.dpop_bound_access_tokens === true || metadata.tls_client_certificate_bound_access_tokens === true;
  return isBound ? undefined : 'its tokens are bound to no key: a secret that leaks would be all that a thief needs';
}

export interface ClientSecretDependencies {
  clients: ClientStore;
  /** Hashes of the secrets of this client that count now. */
  living(clientId: string): Promise<Buffer[]>;
  /** Under a key that is not in the database. */
  hash(secret: string): Buffer;
}

/** `client_secret_basic` and `client_secret_post` (RFC 6749 §2.3.1), each by whom it was allowed, by no other way. */
export const clientSecrets =
  ({ clients, living, hash }: ClientSecretDependencies): Verifier =>
  async (ctx, form) => {
    const sent = sentSecret(ctx, form);
    const client = sent && (await clients.find(sent.clientId));
    // Whoever has no secret is told so where they would authenticate.
    if (!client || !isSecretMethod(client.metadata.token_endpoint_auth_method)) return undefined;
    if (client.metadata.token_endpoint_auth_method !== sent.method) return UNPROVEN;
    const hashed = hash(sent.secret);
    const matches = (await living(client.clientId)).filter((one) => timingSafeEqual(one, hashed));
    return matches.length > 0 ? { ok: true, client } : UNPROVEN;
  };

function sentSecret(
  ctx: Context,
  form: URLSearchParams,
): { clientId: string; secret: string; method: SecretMethod } | undefined {
  const posted = only(form, 'client_secret');
  const named = only(form, 'client_id');
  if (posted) return named ? { clientId: named, secret: posted, method: 'client_secret_post' } : undefined;
  const [, encoded] = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(ctx.get('Authorization')) ?? [];
  if (encoded === undefined) return undefined;
  const [, id = '', secret = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? [];
  try {
    const [clientId, plain] = [id, secret].map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    // Two names for one client: refused where it authenticates.
    if (!clientId || !plain || (named !== undefined && named !== clientId)) return undefined;
    return { clientId, secret: plain, method: 'client_secret_basic' };
  } catch {
    return undefined; // not encoded as RFC 6749 asks for
  }
}
