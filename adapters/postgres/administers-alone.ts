import { type Act, actorOf } from '../../server/admin/admin.ts';
import type { Statements } from './database.ts';
import { writeEvent } from './evidence.ts';
import { othersAdminister } from './mapped-roles.ts';
import { tellAdministrators, tellEverywhere } from './notifications.ts';

/**
 * One administrator takes the only other one away, which takes nobody else: what takes two now waits for the operator, and
 * everybody hears of it by every way there is, so that whoever has taken over one account does not do it unseen.
 *
 * @param people who administered until now
 */
export async function tellOfAdministeringAlone(
  statements: Statements,
  { organization, caller }: Act,
  people: readonly string[],
): Promise<void> {
  if (caller.kind !== 'person' || people.length === 0) return;
  if (await othersAdminister(statements, organization, caller.person.id)) return;
  for (const person of people) {
    await writeEvent(statements, {
      organization,
      type: 'person.alarm',
      decision: 'reported',
      reason: 'administers_alone',
      person,
      content: { by: actorOf(caller) },
    });
    await tellEverywhere(statements, organization, person, { passkeys: 'administers_no_more' });
    await tellAdministrators(statements, organization, person, 'administers_alone');
  }
}
