import type { Role } from '../../server/agents/lifecycle.ts';
import type { EventType } from '../../server/evidence/evidence.ts';
import type { Statements } from './database.ts';
import { writeEvent } from './evidence.ts';

/** What changed of an agent beside its status, who changed it, in which capacity and why. */
export interface AgentChange {
  organization: string;
  agent: string;
  /** 'owner', 'deputy', 'review', 'limits', 'registration', … */
  change: string;
  by: string;
  role: Role | 'builder';
  reason?: string | undefined;
  detail?: Record<string, unknown> | undefined;
  person?: string | undefined;
  application?: string | undefined;
  type?: EventType | undefined;
}

/** The record of a change and its evidence, which name each other; in the transaction that makes the change. */
export async function recordAgentChange(
  statements: Statements,
  {
    organization,
    agent,
    change,
    by,
    role,
    reason,
    detail = {},
    person,
    application,
    type = 'agent.changed',
  }: AgentChange,
): Promise<void> {
  const event = await writeEvent(statements, {
    organization,
    type,
    decision: 'allowed',
    reason: change,
    person,
    agent,
    application,
    content: { by, role, reason, ...detail },
  });
  await statements.run(ADD_CHANGE, [organization, agent, change, by, role, reason ?? null, detail, event]);
}

const ADD_CHANGE = `
  insert into agent_changes (organization, agent, change, from_status, to_status, by, role, reason, detail, evidence)
  select a.organization, a.id, $3, a.status, a.status, $4, $5, $6, $7, $8
  from agents a where a.organization = $1 and a.id = $2`;
