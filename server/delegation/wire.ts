import type { ClientRecord } from '../agents/clients.ts';
import { type Binding, confirmationOf } from '../oauth/binding.ts';
import { instant } from '../oauth/canonical.ts';
import { toDetail } from '../tasks/request.ts';
import type { TaskAction } from '../tasks/task.ts';
import type { Act } from './chain.ts';

/** What is said of a token in the same words by a JWT, and by introspection of any token (RFC 7662 §2.2, RFC 9068). */
export function saidOf({
  issuer,
  organization,
  person,
  agent,
  client,
  act,
  mayAct,
  boundTo,
  task,
  txn,
}: {
  issuer: string;
  organization: string;
  person: string | null | undefined;
  agent: string | null | undefined;
  client: ClientRecord['kind'];
  /** RFC 8693 §4.1. */
  act: Act | null | undefined;
  /** RFC 8693 §4.4. */
  mayAct: string | null | undefined;
  boundTo: Binding | null | undefined;
  task: { id: string; hash: string } | undefined;
  txn: string;
}): Record<string, unknown> {
  return {
    ...(boundTo != null && { cnf: confirmationOf(boundTo) }),
    ...(act != null && { act }),
    ...(mayAct != null && { may_act: { iss: issuer, sub: mayAct, sub_profile: 'ai_agent' } }),
    org_id: organization,
    sub_profile: person != null ? 'user' : agent != null ? 'ai_agent' : 'service',
    client_profile: client === 'agent' ? 'ai_agent' : client === 'application' ? 'web_app' : 'service',
    ...(task && { task_id: task.id, task_hash: task.hash }),
    txn,
  };
}

/** What the resource and the client read: the details of this audience alone (RAR-41), enriched as granted. */
export function wireDetails(actions: readonly TaskAction[], expiresAt: Date): Record<string, unknown>[] | undefined {
  const details = actions
    .filter(({ viaScope }) => viaScope === undefined)
    .map((action) =>
      toDetail(action, {
        access: action.access,
        impact: action.impact,
        expires_at: instant(expiresAt),
        max_uses: action.max_uses,
      }),
    );
  return details.length > 0 ? details : undefined;
}
