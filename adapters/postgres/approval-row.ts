import type { Approval } from '../../server/approvals/approval.ts';
import type { Statements } from './database.ts';
import { STOPPED, STOPPED_BY_SECURITY } from './stopped.ts';

export interface ApprovalRow {
  organization: string;
  id: string;
  kind: Approval['kind'];
  client_id: string;
  agent: string;
  person: string;
  actions: Approval['actions'];
  scopes: string[];
  resources: string[];
  request: Approval['request'];
  request_hash: string;
  asked_hash: string;
  binding_message: string | null;
  oidc: Approval['oidc'];
  bound_to: string | null;
  edges: Approval['edges'];
  impact: Approval['impact'];
  status: Approval['status'];
  stopped: boolean;
  /** Where it is asked for. */
  stopped_by_security?: boolean;
  stopped_alone?: boolean;
  asked_at: Date;
  shown_at: Date | null;
  expires_at: Date;
  decided_at: Date | null;
  deny_reason: string | null;
  decision: Approval['decision'];
  task: string | null;
  display_code_hash: Buffer | null;
  number_tries: number;
  delivery_mode: Approval['deliveryMode'];
  quorum: number;
  value_tries: number;
  deciders: Approval['deciders'];
  others_since: Date | null;
  asker: Approval['asker'];
}

export const toApproval = (row: ApprovalRow): Approval => ({
  organization: row.organization,
  id: row.id,
  kind: row.kind,
  clientId: row.client_id,
  agent: row.agent,
  person: row.person,
  actions: row.actions,
  scopes: row.scopes,
  resources: row.resources,
  request: row.request,
  requestHash: row.request_hash,
  askedHash: row.asked_hash,
  bindingMessage: row.binding_message,
  oidc: row.oidc,
  boundTo: row.bound_to,
  edges: row.edges,
  impact: row.impact,
  status: row.status,
  stopped: row.stopped,
  stoppedBySecurity: row.stopped_by_security ?? false,
  stoppedAlone: row.stopped_alone ?? false,
  askedAt: row.asked_at,
  shownAt: row.shown_at,
  expiresAt: row.expires_at,
  decidedAt: row.decided_at,
  denyReason: row.deny_reason,
  decision: row.decision,
  task: row.task,
  hasNumber: row.display_code_hash !== null,
  numberTries: row.number_tries,
  deliveryMode: row.delivery_mode,
  quorum: row.quorum,
  valueTries: row.value_tries,
  deciders: row.deciders,
  othersSince: row.others_since,
  asker: row.asker,
});

/** An approval with what overtook it, as {@link toApproval} reads it. */
export const APPROVAL = `select a.*, (${STOPPED}
  or not exists (select from agents g where g.organization = a.organization and g.id = a.agent and g.status = 'active')) as stopped, ${STOPPED_BY_SECURITY} as stopped_by_security,
  exists (select from stop_epochs e where e.organization = a.organization and e.key = 'approval:' || a.id) as stopped_alone
  from approvals a`;

/** One approval and the name of who asks. */
export async function approvalWithAgent(
  statements: Statements,
  organization: string,
  id: string,
): Promise<{ approval: Approval; agentName: string } | undefined> {
  const row = await statements.first<ApprovalRow & { agent_name: string }>(
    `select found.*, g.name as agent_name from (${APPROVAL} where a.organization = $1 and a.id = $2) as found
     join agents g on g.organization = found.organization and g.id = found.agent`,
    [organization, id],
  );
  return row && { approval: toApproval(row), agentName: row.agent_name };
}
