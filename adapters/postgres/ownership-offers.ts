import type { Accountable } from '../../server/agents/ownership.ts';
import { newId } from '../../server/oauth/ids.ts';
import type { Statements } from './database.ts';

/** Asks somebody to answer for an agent; an earlier question in the same capacity is taken back. */
export async function offerOwnership(
  statements: Statements,
  offer: { organization: string; agent: string; role: Accountable; person: string; by: string },
): Promise<string> {
  const id = newId('off');
  const { organization, agent, role, person, by } = offer;
  await statements.run(WITHDRAW, [organization, agent, role]);
  await statements.run(OFFER, [organization, id, agent, role, person, by]);
  return id;
}

const WITHDRAW = `
  update ownership_offers set answer = 'withdrawn', answered_at = clock_timestamp()
  where organization = $1 and agent = $2 and role = $3 and answer is null`;

const OFFER = `
  insert into ownership_offers (organization, id, agent, role, person, made_by) values ($1, $2, $3, $4, $5, $6)`;
