import type { Context } from 'koa';
import { errors, type Provider, type UnknownObject } from 'oidc-provider';

import { DENY_REASONS, type DenyReason, deniedTo } from '../server/approvals/approval.ts';
import type { ApprovalStore, Poll, Polled } from '../server/approvals/store.ts';
import type { Clock } from '../server/http/clock.ts';
import { stateOf } from '../server/http/request-state.ts';
import { hashOf } from '../server/oauth/ids.ts';
import { refuse } from '../server/oauth/refusal.ts';
import { toDetail } from '../server/tasks/request.ts';
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
   * What to wait with for this approval: resolves when it may have been decided or ended after `since` (true; as
   * `performance.now()` says), after `milliseconds`, or when `gone` is signalled. Asks the database nothing.
   */
  decided(approval: Polled): (since: number, milliseconds: number, gone: AbortSignal) => Promise<boolean>;
  /** May an agent of this organization hear why a person said no? */
  tellsReason(organization: string): Promise<boolean>;
  defaultWait: number;
  clock: Pick<Clock, 'agrees'>;
}

type PollContext = RequestContext & Pick<Context, 'res' | 'get' | 'set'>;

export const CIBA = 'urn:openid:params:grant-type:ciba';

const LONGEST_HOLD_SECONDS = 25;
/** The answer to most polls, and always the same: one is enough, and where it was thrown is nobody's question. */
const PENDING = new errors.AuthorizationPending('the person has not decided yet');

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
      const poll = await settled(id, caller.client.clientId, request.wait, ctx);
      if ('approval' in poll) {
        const { id: approval, person, task } = poll.approval;
        stateOf(ctx.req).about = { approval, person, task: task ?? undefined };
      }
      if (poll.state === 'denied') {
        if (poll.approval.instead) stateOf(ctx.req).instead = [toDetail(poll.approval.instead)];
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

  /** One poll, held while nobody has decided and its client lets us. Whatever is not needed meanwhile is let go of. */
  async function settled(id: Buffer, clientId: string, seconds: number, ctx: PollContext): Promise<Poll> {
    const since = performance.now();
    const found = await approvals.poll(id, clientId, seconds);
    if (found.state !== 'pending' || seconds === 0) return found;
    ctx.set('Preference-Applied', `wait=${seconds}`);
    stateOf(ctx.req).begun?.();
    // Not beyond the question's own end, which is then told at once. No clock that somebody sets has a part in it.
    const end = since + Math.min(holdOf(seconds), found.endsIn + 50);
    return hold({ id, since, end, waits: decided(found.approval) }, ctx);
  }

  async function hold({ id, since, end, waits }: Held, { res }: PollContext): Promise<Poll> {
    const gone = new AbortController();
    const onClose = () => gone.abort();
    if (res.destroyed) onClose(); // gone while it was looked up
    res.once('close', onClose);
    try {
      for (let looked = since; ; ) {
        const signalled = await waits(looked, Math.max(0, end - performance.now()), gone.signal);
        looked = performance.now();
        const now = signalled ? await approvals.look(id) : await approvals.released(id);
        if (gone.signal.aborted) {
          // Nobody is there to collect: the next poll does, and need not wait for the end of this one.
          if (signalled) await approvals.released(id);
          throw PENDING;
        }
        // Or the signal was about something else of this agent, person or organization: held on.
        if (!signalled || now.state !== 'pending') return now;
      }
    } finally {
      res.off('close', onClose);
    }
  }
}

/** A poll that waits for a person. There may be ten thousand. */
interface Held {
  id: Buffer;
  /** Epoch milliseconds: when it was looked up and nobody had decided, and until when it is held. */
  since: number;
  end: number;
  waits: ReturnType<PollDependencies['decided']>;
}

/** Up to a fifth shorter than asked: polls that began together, after a restart perhaps, do not end together for ever. */
const holdOf = (seconds: number): number => seconds * 1000 * (1 - Math.random() / 5);

/** @throws the OAuth error of every state but approved (CIBA Core §11) */
function answered(poll: Exclude<Poll, { state: 'denied' }>): Polled {
  switch (poll.state) {
    case 'unknown':
      throw new errors.InvalidGrant('auth_req_id not found');
    case 'slow_down':
      throw new errors.SlowDown('polled too fast: the interval is 5 seconds longer from now on');
    case 'pending':
      throw PENDING;
    case 'expired':
      throw new errors.ExpiredToken('the request expired before the person decided');
    case 'approved':
      return poll.approval;
  }
}

/** Coarse words of ours, and only where the organization lets agents hear them (`ux.md` U5-2). */
function denial({ status, denyReason, instead }: Polled, tells: boolean): string {
  if (status !== 'denied') return 'the request was ended';
  // Not a reason that the person gave, but what they want the agent to hear.
  if (instead) return deniedTo(instead);
  const words = tells ? DENY_REASONS[denyReason as DenyReason] : undefined;
  return words === undefined ? deniedTo(null) : `${deniedTo(null)}: ${words}`;
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
