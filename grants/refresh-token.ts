import { errors, type Provider, type UnknownObject } from 'oidc-provider';

import { outwardId } from '../server/agents/document.ts';
import type { AskForExchange } from '../server/approvals/ask.ts';
import { stateOf } from '../server/http/request-state.ts';
import { refuse } from '../server/oauth/refusal.ts';
import type { TaskStore } from '../server/tasks/task.ts';
import type { Grant } from './grant.ts';
import { required } from './parameters.ts';
import {
  parseTaskWant,
  refreshTokenFor,
  TASK_WANT_PARAMETERS,
  type TaskTokenDependencies,
  type TaskWant,
  tokenOfTask,
} from './task-token.ts';

interface RefreshRequest extends TaskWant {
  refreshToken: string;
}

/** A rotated token that comes back this soon is a race of the client with itself, not a thief. */
const RACE_SECONDS = 2;

/** RFC 6749 §6: another access token while the task lives; bound to a key, or rotated for public clients (OA-28). */
export function refreshToken(
  provider: Provider,
  {
    tasks,
    stopTask,
    forbidden,
    ...dependencies
  }: TaskTokenDependencies & {
    tasks: TaskStore;
    stopTask: (organization: string, task: string, reason: string) => Promise<void>;
    forbidden: AskForExchange['forbidden'];
  },
): Grant<RefreshRequest> {
  return {
    type: 'refresh_token',
    parameters: ['refresh_token', ...TASK_WANT_PARAMETERS],
    repeatable: ['resource'],
    parse: (parameters: UnknownObject) => ({
      refreshToken: required(parameters, 'refresh_token'),
      ...parseTaskWant(parameters),
    }),

    async authorize(request, caller, ctx) {
      const token = await provider.RefreshToken.find(request.refreshToken, { ignoreExpiration: true } as never);
      if (!token || token.clientId !== outwardId(caller.client.clientId))
        throw new errors.InvalidGrant('refresh token not found');
      stateOf(ctx.req).about = { person: token.accountId, task: token.grantId };
      if (token.consumed) {
        const age = Math.floor(Date.now() / 1000) - Number(token.consumed);
        if (age > RACE_SECONDS) {
          // Two parties hold it: neither keeps anything (RFC 9700 §4.14.2).
          await stopTask(caller.organization, token.grantId ?? '', 'refresh token reuse');
        }
        throw new errors.InvalidGrant('refresh token was already used');
      }
      if (token.isExpired) throw new errors.InvalidGrant('refresh token is expired');
      if (token.jkt !== undefined && token.jkt !== caller.boundTo) throw new errors.InvalidGrant('key mismatch');
      const task = await tasks.find(token.grantId ?? '');
      if (!task || task.clientId !== caller.client.clientId) throw new errors.InvalidGrant('task not found');
      // A task outlives the minutes of a token, and with a refresh token it would outlive a policy, too.
      const barred = task.agent === null ? undefined : await forbidden(task, caller.client);
      if (barred) return refuse(barred);
      const resources = [token.resource ?? dependencies.issuer].flat();

      const authorized = tokenOfTask(task, request, resources, caller, dependencies);
      if (!authorized.ok) return authorized;
      const rotates = !caller.confidential;
      if (rotates) await token.consume();
      return {
        ok: true,
        value: {
          ...authorized.value,
          refreshToken: rotates ? refreshTokenFor(provider, task, caller, resources) : undefined,
        },
      };
    },
  };
}
