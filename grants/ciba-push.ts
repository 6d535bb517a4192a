import type { Provider } from 'oidc-provider';

import { type ClientRecord, isActive } from '../server/agents/clients.ts';
import type { Approval } from '../server/approvals/approval.ts';
import type { ApprovalStore } from '../server/approvals/store.ts';
import { type Outcome, refuse } from '../server/oauth/refusal.ts';
import type { TaskStore } from '../server/tasks/task.ts';
import { CIBA } from './ciba.ts';
import type { Caller } from './grant.ts';
import { issue, type Mint } from './issue.ts';
import { refreshTokenFor, type TaskTokenDependencies, tokenOfTask } from './task-token.ts';

/**
 * CIBA Core §10.3.1: the token response that goes to the client instead of the client coming for it. Bound to the key
 * that the request proved (CB-72); the ID token names this very request, so that tokens of another cannot be slipped in.
 */
export function cibaPush({
  provider,
  mint,
  tasks,
  approvals,
  ...dependencies
}: TaskTokenDependencies & { provider: () => Provider; mint: Mint; tasks: TaskStore; approvals: ApprovalStore }) {
  return async (
    approval: Approval,
    record: ClientRecord,
    authReqId: string,
  ): Promise<Outcome<Record<string, unknown>>> => {
    const task = await tasks.find(approval.task ?? '');
    if (!task || !isActive(record, Date.now())) return refuse({ reason: 'task_ended' });
    const caller: Caller = {
      client: record,
      organization: record.organization,
      boundTo: approval.boundTo ?? undefined,
      confidential: true,
    };
    const everything = { resource: undefined, scopes: undefined, details: undefined };
    const authorized = tokenOfTask(task, everything, approval.resources, caller, dependencies);
    if (!authorized.ok) return authorized;
    const issued = await issue(
      caller,
      {
        ...authorized.value,
        idToken: { nonce: approval.oidc.nonce, authReqId },
        oidcScopes: ['openid'],
        refreshToken: refreshTokenFor(provider(), task, caller, approval.resources),
      },
      CIBA,
      mint,
    );
    // The token endpoint has nothing left for this request (CB-47 keeps push clients away from it anyway).
    if (issued.ok) await approvals.collectPushed(approval.organization, approval.id);
    return issued;
  };
}
