import type { Context } from 'koa';
import { errors, type Provider, type UnknownObject } from 'oidc-provider';

import { type Approval, DENY_REASONS, type DenyReason } from '../server/approvals/approval.ts';
import type { ApprovalStore, Poll } from '../server/approvals/store.ts';
import type { Clock } from '../server/http/clock.ts';
import { stateOf } from '../server/http/request-state.ts';
import { hashOf } from '../server/oauth/ids.ts';
import { refuse } from '../server/oauth/refusal.ts';
import type { TaskStore } from '../server/tasks/task.ts';
import type { Grant, RequestContext } from './grant.ts';
import { required } from './parameters.ts';
import {
  parseTaskWant,
  refreshTokenFor,
  TASK_WANT_PARAMETERS,
  type TaskTokenDependencies,
  type TaskWant,
  tokenOfTask,
} from './task-token.ts';

interface PollRequest extends TaskWant {
  authReqId: string;
  /** Seconds the client lets us hold the poll (RFC 7240 `Prefer: wait`). */
  wait: number;
}

export interface PollDependencies {
  /** Keeps the refresh tokens. */
  engine: () => Provider;
  approvals: ApprovalStore;
  /**
   * Resolves when the approval may have been decided or ended after `since` (true; as `performance.now()` says), after `milliseconds`, or when
   * `gone` is signalled. Asks the database nothing.
   */
  decided(approval: Approval, since: number, milliseconds: number, gone: AbortSignal): Promise<boolean>;
  /** May an agent of this organization hear why a person said no? */
  tellsReason(organization: string): Promise<boolean>;
  defaultWait: number;
  clock: Pick<Clock, 'agrees'>;
}

type PollContext = RequestContext & Pick<Context, 'res' | 'get' | 'set'>;

export const CIBA = 'urn:openid:params:grant-type:ciba';

const LONGEST_HOLD_SECONDS = 25;

/** OpenID Connect CIBA Core §10.1, §11: the poll. Paced, held when asked, collected once. */
export function ciba({
  engine,
  tasks,
  approvals,
  decided,
  tellsReason,
  defaultWait,
  clock,
  ...dependencies
}: TaskTokenDependencies & PollDependencies & { tasks: TaskStore }): Grant<PollRequest, PollContext> {
  return {
    type: CIBA,
    parameters: ['auth_req_id', ...TASK_WANT_PARAMETERS],
    repeatable: ['resource'],
    parse: (parameters: UnknownObject, ctx) => ({
      authReqId: required(parameters, 'auth_req_id'),
      wait: waitIn(ctx, defaultWait),
      ...parseTaskWant(parameters),
    }),

    async authorize(request, caller, ctx) {
      // It is sent its tokens, and has nothing to come for (CIBA Core §11, CB-47).
      if (caller.client.metadata.backchannel_token_delivery_mode === 'push') {
        throw new errors.UnauthorizedClient('this client is registered for push delivery');
      }
      const id = hashOf(request.authReqId);
      const since = performance.now();
      let poll = await approvals.poll(id, caller.client.clientId, request.wait);
      if (poll.state === 'pending' && request.wait > 0) {
        poll = await hold(poll, id, since, request.wait, ctx);
        ctx.set('Preference-Applied', `wait=${request.wait}`);
      }
      if ('approval' in poll) {
        const { id: approval, person, task } = poll.approval;
        stateOf(ctx.req).about = { approval, person, task: task ?? undefined };
      }
      if (poll.state === 'denied') {
        throw new errors.AccessDenied(denial(poll.approval, await tellsReason(caller.organization)));
      }
      const approval = answered(poll);

      // Asked with a key, collected with that key: a stolen auth_req_id is worth nothing (CB-51).
      if (approval.boundTo !== null && approval.boundTo !== caller.boundTo) return refuse({ reason: 'key_mismatch' });
      const task = await tasks.find(approval.task ?? '');
      if (!task) return refuse({ reason: 'task_ended' });
      const authorized = tokenOfTask(task, request, approval.resources, caller, dependencies);
      if (!authorized.ok) return authorized;
      // While it was held the clock may have been set: then nothing is collected, and the next poll does.
      if (!clock.agrees()) throw again();
      // A repeated collection is refused and kills nothing: the client may only have lost the first answer, and asks again.
      if (!(await approvals.collect(id))) return refuse({ reason: 'already_collected' });
      return {
        ok: true,
        value: {
          ...authorized.value,
          idToken: { nonce: approval.oidc.nonce },
          oidcScopes: ['openid'],
          refreshToken: refreshTokenFor(engine(), task, caller, approval.resources),
        },
      };
    },
  };

  async function hold(
    pending: Poll & { state: 'pending' },
    id: Buffer,
    since: number,
    seconds: number,
    ctx: PollContext,
  ): Promise<Poll> {
    const { approval, endsIn } = pending;
    const gone = new AbortController();
    const onClose = () => gone.abort();
    ctx.res.once('close', onClose);
    // Not beyond the question's own end, which is then told at once. No clock that somebody sets has a part in it.
    const end = since + Math.min(seconds * 1000, endsIn + 50);
    try {
      for (let from = since; ; from = performance.now()) {
        const left = Math.max(0, end - performance.now());
        const signalled = await decided(approval, from, left, gone.signal);
        // Looked at afresh: the agent may have been stopped while it waited.
        const now = await approvals.released(id);
        // Nobody is there to collect: the next poll does.
        if (gone.signal.aborted) return pending;
        const again = signalled && now.state === 'pending' ? Math.floor((end - performance.now()) / 1000) : 0;
        if (again < 1) return now;
        // The signal was about something else of this agent or person: held on.
        const held = await approvals.poll(id, approval.clientId, again);
        if (held.state !== 'pending') return held;
      }
    } finally {
      ctx.res.off('close', onClose);
    }
  }
}

/** @throws the OAuth error of every state but approved (CIBA Core §11) */
function answered(poll: Exclude<Poll, { state: 'denied' }>): Approval {
  switch (poll.state) {
    case 'unknown':
      throw new errors.InvalidGrant('auth_req_id not found');
    case 'slow_down':
      throw new errors.SlowDown('polled too fast: the interval is 5 seconds longer from now on');
    case 'pending':
      throw new errors.AuthorizationPending('the person has not decided yet');
    case 'expired':
      throw new errors.ExpiredToken('the request expired before the person decided');
    case 'approved':
      return poll.approval;
  }
}

/** Coarse words of ours, and only where the organization lets agents hear them (`ux.md` U5-2). */
function denial({ status, denyReason }: Approval, tells: boolean): string {
  if (status !== 'denied') return 'the request was ended';
  const words = tells ? DENY_REASONS[denyReason as DenyReason] : undefined;
  return `the person denied the request${words === undefined ? '' : `: ${words}`}`;
}

const again = () =>
  Object.assign(new errors.TemporarilyUnavailable('the clock of this instance is wrong: poll again'), {
    status: 503,
    statusCode: 503,
  });

function waitIn(ctx: PollContext, otherwise: number): number {
  const asked = /(?:^|,)\s*wait\s*=\s*"?(\d+)"?/i.exec(ctx.get('Prefer'))?.[1];
  return Math.min(asked === undefined ? otherwise : Number(asked), LONGEST_HOLD_SECONDS);
}
