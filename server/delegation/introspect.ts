import type { ClientRecord } from '../agents/clients.ts';
import { outwardId } from '../agents/document.ts';
import type { KeyRing } from '../keys/keys.ts';
import { tokenTypeOf } from '../oauth/binding.ts';
import type { PresentedToken } from './token.ts';
import { saidOf, wireDetails } from './wire.ts';

/** Nothing more is said about a token that is not alive, or that is not the caller's to see (RFC 7662 §2.2). */
export const INACTIVE = { active: false } as const;

/** May this caller see this token? Its own client, and the resource server that owns its audience. */
export const mayIntrospect = ({ clientId }: ClientRecord, token: PresentedToken): boolean =>
  token.clientId === clientId || token.resourceServer === clientId;

/** RFC 7662 §2.2, RFC 8693 §4.1 (`act`), RFC 9396 §9.2, RFC 9449 §6.2: what the JWT says, as it is alive now. */
export function describeToken(token: PresentedToken, issuer: string): object {
  const { underTask, task } = token;
  const details = wireDetails(token.actions, underTask?.expiresAt ?? token.expiresAt);
  return {
    active: true,
    iss: issuer,
    sub: token.subject,
    aud: token.resource,
    client_id: outwardId(token.clientId),
    exp: epoch(token.expiresAt),
    iat: epoch(token.issuedAt),
    jti: token.jti,
    token_type: tokenTypeOf(token.boundTo),
    ...(token.scopes.length > 0 && { scope: token.scopes.join(' ') }),
    ...(details && { authorization_details: details }),
    ...token.authentication,
    ...saidOf({
      ...token,
      issuer,
      client: token.clientKind,
      task: task !== null && underTask ? { id: task, hash: underTask.hash } : undefined,
    }),
  };
}

export const SIGNED_INTROSPECTION = 'application/token-introspection+jwt';

/**
 * RFC 9701 §5: the same answer, signed for whoever asked, which can be shown to others later. It says nothing outside
 * `token_introspection` that an access token says, and its type is another: it passes as none (§8.1).
 */
export const signIntrospection = (
  answer: object,
  { clientId }: ClientRecord,
  { issuer, keys }: { issuer: string; keys: KeyRing },
): string =>
  keys.sign(
    { typ: 'token-introspection+jwt' },
    { iss: issuer, aud: clientId, iat: epoch(new Date()), token_introspection: answer },
  );

const epoch = (at: Date): number => Math.floor(at.getTime() / 1000);
