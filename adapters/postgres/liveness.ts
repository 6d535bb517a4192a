import type { DeathReason, Liveness, Stop } from '../../server/agents/liveness.ts';
import { stopKeys } from '../../server/agents/liveness.ts';
import type { Statements } from './database.ts';
import { sendSignal } from './signals.ts';

export const postgresLiveness = (statements: Statements): Liveness => ({
  async whyNotAlive(authority) {
    const row = await statements.first<{ reason: DeathReason | null }>(
      'select why_not_alive($1, $2, $3, $4, $5, $6) as reason',
      [
        authority.organization,
        stopKeys(authority),
        authority.agents,
        authority.person ?? null,
        authority.task ?? null,
        authority.since,
      ],
    );
    return row?.reason ?? undefined;
  },
});

/**
 * Ends everything under the key. Waits for approvals in progress (they hold the person's row for sharing), so that
 * no task approved before this returns can outlive it.
 */
export async function writeStop(statements: Statements, { organization, kind, subject, by, reason }: Stop): Promise<void> {
  await statements.run(LOCK_PEOPLE, [organization, kind, subject]);
  await statements.run(STOP, [organization, `${kind}:${subject}`, by, reason ?? null]);
  await sendSignal(statements, 'stop', organization);
}

// Approving takes `for share` on the person's row; a stop of any reach takes the rows it concerns exclusively first.
const LOCK_PEOPLE = `
  select from people
  where organization = $1
    and ($2 in ('organization', 'agent') or id = case $2 when 'person' then $3 when 'pair' then split_part($3, '|', 2) end)
  order by id for no key update`;

const STOP = `
  insert into stop_epochs (organization, key, at, by, reason) values ($1, $2, clock_timestamp(), $3, $4)
  on conflict (organization, key) do update set at = excluded.at, by = excluded.by, reason = excluded.reason`;
