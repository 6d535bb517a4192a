import type { Accountable } from '../../server/agents/ownership.ts';
import { newId } from '../../server/oauth/ids.ts';
import type { Statements } from './database.ts';
import { afterQuiet, tellEverywhere } from './notifications.ts';

/** Asks somebody to answer for an agent, and tells them; an earlier question in the same capacity is taken back. */
export async function offerOwnership(
  statements: Statements,
  offer: { organization: string; agent: string; role: Accountable; person: string; by: string },
): Promise<string> {
  const id = newId('off');
  const { organization, agent, role, person, by } = offer;
  await statements.run(WITHDRAW, [organization, agent, role]);
  await statements.run(OFFER, [organization, id, agent, role, person, by]);
  // Whoever has another one before them that is as new sees both at one place: a hundred agents are no hundred mails.
  if (!(await statements.first(TOLD, [organization, person, id]))) {
    const at = await afterQuiet(statements, organization, person);
    await tellEverywhere(statements, organization, person, { offer: id }, at);
  }
  return id;
}

const WITHDRAW = `
  update ownership_offers set answer = 'withdrawn', answered_at = clock_timestamp()
  where organization = $1 and agent = $2 and role = $3 and answer is null`;

const TOLD = `
  select from ownership_offers f join agents a on a.organization = f.organization and a.id = f.agent
  where f.organization = $1 and f.person = $2 and f.id <> $3 and f.answer is null
    and f.made_at > clock_timestamp() - interval '1 hour' and a.status not in ('retired', 'expired')
  limit 1`;

const OFFER = `
  insert into ownership_offers (organization, id, agent, role, person, made_by) values ($1, $2, $3, $4, $5, $6)`;
