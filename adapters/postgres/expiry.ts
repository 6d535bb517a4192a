import { type Ending, THRESHOLDS } from '../../server/agents/expiry.ts';
import type { Database, Statements } from './database.ts';
import { tellEverywhere } from './notifications.ts';

/** In one round. */
const BATCH = 200;

/**
 * Tells owner and deputy what ends soon: the last key, certificate or secret of an agent's client, and initial access
 * tokens in their name. Once for each threshold: the row that says so and the messages are one transaction, so any number
 * of instances may do it, and it may be killed at any point.
 *
 * @returns how many endings were told
 */
export async function warnOfExpiry(database: Database): Promise<number> {
  let told = 0;
  for (const ending of await database.rows<Due>(DUE, [THRESHOLDS, BATCH])) {
    if (await database.transaction((statements) => tell(statements, ending))) told += 1;
  }
  return told;
}

interface Due extends Ending {
  organization: string;
  subject: string;
  days: number;
  owner: string;
  deputy: string;
}

async function tell(
  statements: Statements,
  { organization, subject, days, owner, deputy, kind, agent, name, endsAt }: Due,
): Promise<boolean> {
  // Those it passed already, too: who hears that a day is left need not hear that a week is.
  const passed = THRESHOLDS.filter((threshold) => threshold >= days);
  const noted = await statements.rows<{ days: number }>(NOTE, [organization, kind, subject, endsAt, passed]);
  if (!noted.some((note) => note.days === days)) return false;
  const expiry: Ending = { kind, agent, name, endsAt };
  for (const person of new Set([owner, deputy])) await tellEverywhere(statements, organization, person, { expiry });
  return true;
}

// What is made for less time than a threshold has nothing to warn of when it is made.
const DUE = `
  select e.*, min(t.days) as days
  from (
    select c.organization, 'credentials' as kind, c.client_id as subject, a.id as agent, a.name, a.owner, a.deputy,
           c.keys_end_at as "endsAt", c.updated_at as since
    from clients c join agents a on a.organization = c.organization and a.id = c.agent
    where c.keys_end_at > clock_timestamp() and c.keys_end_at <= clock_timestamp() + make_interval(days => ($1::int[])[1])
      and a.status in ('pending', 'active', 'suspended')
    union all
    select organization, 'registration_token', id, null, null, owner, deputy, expires_at, created_at
    from initial_access_tokens
    where expires_at > clock_timestamp() and expires_at <= clock_timestamp() + make_interval(days => ($1::int[])[1])
      and (uses_left is null or uses_left > 0)) e
  join unnest($1::int[]) t(days)
    on e."endsAt" <= clock_timestamp() + make_interval(days => t.days) and e."endsAt" - e.since > make_interval(days => t.days)
  where not exists (
    select from expiry_notices n
    where n.organization = e.organization and n.kind = e.kind and n.subject = e.subject and n.ends_at = e."endsAt" and n.days <= t.days)
  group by e.organization, e.kind, e.subject, e.agent, e.name, e.owner, e.deputy, e."endsAt", e.since
  order by e."endsAt" limit $2`;

const NOTE = `
  insert into expiry_notices (organization, kind, subject, ends_at, days)
  select $1, $2, $3, $4, days from unnest($5::int[]) as days
  on conflict do nothing returning days`;
