import { inEnglish } from '../../views/words/saying.ts';
import type { ClientRecord } from '../agents/clients.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { coversAction } from '../catalogue/narrowing.ts';
import { readToken, type TokenReader } from '../delegation/subject.ts';
import type { IssuedToken } from '../delegation/token.ts';
import { canonicalJson, sha256url } from '../oauth/canonical.ts';
import { newId } from '../oauth/ids.ts';
import type { TaskAction } from '../tasks/task.ts';

/** One use of a task, as the resource server is about to execute it. */
export interface RedemptionRequest {
  token: string;
  action: string;
  parameters: Record<string, unknown>;
  idempotencyKey: string;
  tool?: string | undefined;
  requestId?: string | undefined;
}

export interface NewRedemption {
  id: string;
  token: IssuedToken;
  position: number;
  resourceServer: string;
  action: string;
  parameters: Record<string, unknown>;
  /** Of everything asked: the same key with another content is no repetition. */
  answerHash: string;
  idempotencyKey: string;
  tool?: string | undefined;
  requestId?: string | undefined;
}

export type Reservation =
  | { ok: true; id: string; remaining: number | null; expiresAt: Date; answerHash: string; released: boolean }
  | { ok: false; reason: 'used_up' | 'used_up_today' | 'not_alive' };

export interface RedemptionStore {
  /** Draws one use and reserves it, with evidence, or answers what the same key reserved before. */
  reserve(redemption: NewRedemption): Promise<Reservation>;
  /** What the resource stated when this action of the task was asked, as the person read it; nothing where nobody was asked. */
  statedFacts(organization: string, task: string, position: number): Promise<Record<string, unknown> | undefined>;
  /** Closes a reservation: `closed`, the same answer again, or why not. */
  close(
    id: string,
    resourceServer: ClientRecord,
    outcome: OutcomeReport,
  ): Promise<'closed' | 'repeated' | 'unknown' | 'conflict' | 'expired'>;
  report(entries: readonly BatchOutcome[], resourceServer: string): Promise<void>;
}

export interface OutcomeReport {
  status: 'succeeded' | 'failed' | 'released';
  reference?: string | undefined;
  affected?: number | undefined;
}

export interface BatchOutcome {
  jti: string;
  action: string;
  decision: 'accepted' | 'refused';
  status?: 'succeeded' | 'failed' | undefined;
  reference?: string | undefined;
  tool?: string | undefined;
  requestId: string;
  at: Date;
}

export type RedemptionRefusal =
  | 'token_not_active'
  | 'foreign_resource'
  | 'action_not_granted'
  | 'parameters_differ'
  | 'used_up'
  | 'used_up_today'
  | 'key_reused'
  | 'released';

/**
 * A token that lives, and is used for more than it is good for: a second time, elsewhere, for another action, or with
 * other parameters than the person read. Whoever does that made a mistake or was made to; somebody has to look.
 */
const ALARMING: ReadonlySet<RedemptionRefusal> = new Set([
  'foreign_resource',
  'action_not_granted',
  'parameters_differ',
  'used_up',
]);

/**
 * Reserves one use with the actual parameters: they are compared with what the person approved, by the action's own
 * comparators, before anything happens. The resource server then acts, and commits or releases, as a card payment is
 * authorised and captured.
 */
export async function redeem(
  request: RedemptionRequest,
  resourceServer: ClientRecord,
  {
    reader,
    catalogue,
    store,
  }: {
    reader: TokenReader;
    catalogue: () => Catalogue;
    store: RedemptionStore;
  },
): Promise<
  | {
      ok: true;
      id: string;
      remaining: number | null;
      expiresAt: Date;
      /** The resource compares them with what it is about to do: only it can know what has changed since. */
      facts?: Record<string, unknown> | undefined;
    }
  | { ok: false; reason: RedemptionRefusal; detail: string }
> {
  const { action, parameters } = request;
  const refused = async (reason: RedemptionRefusal, detail: string, token?: IssuedToken) => {
    await reader.evidence.record({
      organization: token?.organization ?? resourceServer.organization,
      type: ALARMING.has(reason) ? 'redemption.alarm' : 'redemption.refused',
      decision: 'refused',
      reason,
      person: token?.person ?? undefined,
      agent: token?.agent ?? undefined,
      application: resourceServer.clientId,
      resource: token?.resource,
      task: token?.task ?? undefined,
      jti: token?.jti,
      txn: token?.txn,
      content: { action, parameters },
    });
    return { ok: false as const, reason, detail };
  };
  const read = await readToken(request.token, reader);
  if (!read.ok) return refused('token_not_active', 'the token is not active');
  const token = read.value;
  if (token.kind !== 'leaf' || token.task === null || token.resourceServer !== resourceServer.clientId) {
    return refused('foreign_resource', 'the token is not for a resource of yours', token);
  }
  const granted = token.actions.filter((candidate) => candidate.action === action && candidate.position !== undefined);
  if (granted.length === 0) return refused('action_not_granted', `the task does not allow ${action}`, token);
  const reasons = granted.map((candidate) => differs(candidate, parameters, catalogue()));
  const matching = granted.filter((_, index) => reasons[index] === undefined);
  if (matching.length === 0) return refused('parameters_differ', reasons[0] ?? '', token);

  const answerHash = sha256url(canonicalJson([token.jti, action, parameters]));
  let reservation: Reservation = { ok: false, reason: 'used_up' };
  let drawn = 0;
  // What was approved twice may be used twice.
  for (const { position = 0 } of matching) {
    drawn = position;
    reservation = await store.reserve({
      id: newId('rdm'),
      token,
      position,
      resourceServer: resourceServer.clientId,
      action,
      parameters,
      answerHash,
      idempotencyKey: request.idempotencyKey,
      tool: request.tool,
      requestId: request.requestId,
    });
    if (reservation.ok || reservation.reason === 'not_alive') break;
  }
  if (!reservation.ok) {
    return reservation.reason === 'used_up'
      ? refused('used_up', 'every use of this task, or all that it may spend, is drawn', token)
      : reservation.reason === 'used_up_today'
        ? refused('used_up_today', 'as much as a day allows is drawn', token)
        : refused('token_not_active', 'the token is not active', token);
  }
  if (reservation.answerHash !== answerHash)
    return refused('key_reused', 'this idempotency_key was used for something else', token);
  // Its use was given back: whoever acted on this answer would act without one.
  if (reservation.released)
    return refused('released', 'this reservation was released: reserve with another key', token);
  const { id, remaining, expiresAt } = reservation;
  const resolved = matching.some(({ version }) => catalogue().version(action, version)?.resolve);
  const facts = resolved ? await store.statedFacts(token.organization, token.task, drawn) : undefined;
  return { ok: true, id, remaining, expiresAt, facts };
}

/** Why the actual parameters are not what was approved, or undefined. What was asked as a scope was approved without limits. */
function differs(
  { action, version, parameters: approved, viaScope }: TaskAction,
  actual: unknown,
  catalogue: Catalogue,
): string | undefined {
  const rules = catalogue.version(action, version);
  if (!rules) return 'the version that was approved is gone';
  if (viaScope === undefined) return coversAction(rules, approved, actual);
  const invalid = rules.validate(actual);
  return invalid && inEnglish(invalid);
}
