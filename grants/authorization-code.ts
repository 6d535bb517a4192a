import { createHash, timingSafeEqual } from 'node:crypto';
import { errors, type Provider, type UnknownObject } from 'oidc-provider';
import { outwardId } from '../server/agents/document.ts';

import { stateOf } from '../server/http/request-state.ts';
import type { TaskStore } from '../server/tasks/task.ts';
import type { Grant } from './grant.ts';
import { optional, required } from './parameters.ts';
import {
  parseTaskWant,
  refreshTokenFor,
  TASK_WANT_PARAMETERS,
  type TaskTokenDependencies,
  type TaskWant,
  tokenOfTask,
} from './task-token.ts';

interface CodeRequest extends TaskWant {
  code: string;
  verifier: string;
  redirectUri: string | undefined;
}

/** OAuth 2.1 §4.1.3: the code of a browser approval, with PKCE, once. `redirect_uri` may be left out (OA-08). */
export function authorizationCode(
  provider: Provider,
  { tasks, ...dependencies }: TaskTokenDependencies & { tasks: TaskStore },
): Grant<CodeRequest> {
  return {
    type: 'authorization_code',
    parameters: ['code', 'code_verifier', 'redirect_uri', ...TASK_WANT_PARAMETERS],
    repeatable: ['resource'],
    parse: (parameters: UnknownObject) => ({
      code: required(parameters, 'code'),
      verifier: required(parameters, 'code_verifier'),
      redirectUri: optional(parameters, 'redirect_uri'),
      ...parseTaskWant(parameters),
    }),

    async authorize(request, caller, ctx) {
      const code = await provider.AuthorizationCode.find(request.code, { ignoreExpiration: true } as never);
      if (!code || code.clientId !== outwardId(caller.client.clientId)) throw new errors.InvalidGrant('code not found');
      stateOf(ctx.req).about = { person: code.accountId, task: code.grantId };
      // A second collection by its own client is refused and kills nothing: it may only have lost the first answer.
      if ((code as { consumed?: unknown }).consumed) throw new errors.InvalidGrant('code was already used');
      if (code.isExpired) throw new errors.InvalidGrant('code is expired');
      if (!verifierMatches(request.verifier, code.codeChallenge))
        throw new errors.InvalidGrant('PKCE verification failed');
      if (request.redirectUri !== undefined && request.redirectUri !== code.redirectUri) {
        throw new errors.InvalidGrant('redirect_uri mismatch');
      }
      // RFC 9449 §10: a code asked for with a key is worth nothing without it.
      if (code.dpopJkt !== undefined && code.dpopJkt !== caller.boundTo)
        throw new errors.InvalidGrant('DPoP key mismatch');
      const task = await tasks.find(code.grantId ?? '');
      if (!task || task.clientId !== caller.client.clientId) throw new errors.InvalidGrant('task not found');
      const resources = [code.resource ?? dependencies.issuer].flat();

      const authorized = tokenOfTask(task, request, resources, caller, dependencies);
      if (!authorized.ok) return authorized; // nothing is consumed: the request may be mended and sent again
      await code.consume();

      // As this request asked, whatever was asked when the task was approved.
      const openid = code.scope?.split(' ').includes('openid') ?? false;
      return {
        ok: true,
        value: {
          ...authorized.value,
          oidcScopes: openid ? ['openid'] : [],
          ...(openid && { idToken: { nonce: code.nonce } }),
          refreshToken: refreshTokenFor(provider, task, caller, resources),
        },
      };
    },
  };
}

/** RFC 7636 §4.6, S256 alone. */
function verifierMatches(verifier: string, challenge: string | undefined): boolean {
  if (challenge === undefined || !/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return false;
  const actual = createHash('sha256').update(verifier).digest('base64url');
  return actual.length === challenge.length && timingSafeEqual(Buffer.from(actual), Buffer.from(challenge));
}
