import type { Approval } from '../../server/approvals/approval.ts';
import { type DeliveryStore, PING, PUSH, STOPPED as TELL_STOPPED } from '../../server/approvals/tell-client.ts';
import { APPROVAL, type ApprovalRow, toApproval } from './approval-row.ts';
import type { Database, Statements } from './database.ts';
import { turnPages } from './deciders.ts';
import { enqueue } from './outbox.ts';
import { sendSignal } from './signals.ts';

/** What the outbox's messages to clients need to know of an approval. */
export const postgresDeliveries = (database: Database): DeliveryStore<Statements> => ({
  async find(organization, id) {
    const row = await database.first<DeliveryRow>(`${APPROVAL} where a.organization = $1 and a.id = $2`, [
      organization,
      id,
    ]);
    if (!row?.delivery) return undefined;
    return { approval: toApproval(row), sealed: row.delivery, pushed: row.pushed, told: row.told_at !== null };
  },
  async remember(organization, id, sealed) {
    const row = await database.first<{ pushed: string }>(
      'update approvals set pushed = coalesce(pushed, $3) where organization = $1 and id = $2 returning pushed',
      [organization, id, sealed],
    );
    return row?.pushed ?? sealed;
  },
  async noteTold(statements, organization, id) {
    await statements.run(
      'update approvals set told_at = clock_timestamp() where organization = $1 and id = $2 and told_at is null',
      [organization, id],
    );
  },
  async tellStopped(statements, organization) {
    if ((await statements.run(TELL_NOW, [organization, [PING, PUSH]])) > 0)
      await sendSignal(statements, 'outbox', PING);
    await turnPages(statements, (await statements.rows<ApprovalRow>(STOPPED_NOW, [organization])).map(toApproval));
  },
  lookAgain: (statements, organization, at) => enqueue(statements, TELL_STOPPED, { again: true }, { organization, at }),
});

/** The ping or push leaves if and only if the decision is committed (CB-63). */
export async function tellClient(
  statements: Statements,
  { organization, id, deliveryMode }: Pick<Approval, 'organization' | 'id' | 'deliveryMode'>,
  at?: Date,
): Promise<void> {
  if (deliveryMode === null) return;
  const kind = deliveryMode === 'ping' ? PING : PUSH;
  await enqueue(statements, kind, { approval: id }, { organization, ...(at && { at }) });
}

type DeliveryRow = ApprovalRow & { delivery: string | null; pushed: string | null; told_at: Date | null };

/** What was to be said at the end of each question that a stop overtook is due now. */
const TELL_NOW = `
  with ended as materialized (
    select found.id from (${APPROVAL}
      where a.organization = $1 and a.status = 'pending' and a.delivery_mode is not null and a.told_at is null
        and a.expires_at > clock_timestamp()) as found
    where found.stopped)
  update outbox set due_at = clock_timestamp()
  where organization = $1 and state = 'waiting' and kind = any($2) and due_at > clock_timestamp() and lease is null
    and payload ->> 'approval' in (select id from ended)`;

const STOPPED_NOW = `
  select found.* from (${APPROVAL}
    where a.organization = $1 and a.status = 'pending' and a.expires_at > clock_timestamp()) as found
  where found.stopped`;
