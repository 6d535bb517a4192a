import { type Act, actorOf } from '../../server/admin/admin.ts';
import type { MappedRoles } from '../../server/admin/role-mappings.ts';
import { isNoWider, isSame, type RoleMapping } from '../../server/people/role-mapping.ts';
import { acted } from './admin.ts';
import { tellOfAdministeringAlone } from './administers-alone.ts';
import type { Database } from './database.ts';
import { LastAdministrator, narrowRoles } from './mapped-roles.ts';

/** What a provider gives, set by administrators; by the owner's path, because it changes the roles of people. */
export async function mapRoles(
  database: Database,
  act: Act,
  id: string,
  next: RoleMapping | undefined,
): Promise<MappedRoles | undefined> {
  const { organization } = act;
  const by = actorOf(act.caller);
  try {
    return await database.transaction(async (statements) => {
      const row = await statements.first<Standing>(STANDING, [organization, id]);
      if (!row) return undefined;
      const current = row.current ?? undefined;
      const note = (outcome: MappedRoles) => acted(statements, act, 'sign_in_provider.roles', { id, outcome, ...next });
      // Taking away takes nobody else; the operator answers for the deployment.
      const less = next === undefined || isNoWider(next, current);
      if (!less && act.caller.kind === 'person') {
        const sameAsked = row.asked !== null && isSame(next, row.asked);
        if (!sameAsked) {
          await statements.run(ASK, [organization, id, JSON.stringify(next), by]);
          await note('asked');
          return 'asked';
        }
        if (row.askedBy === by) return 'needs_another';
      }
      const gone = await narrowRoles(statements, organization, id, next);
      const agreed = less ? [row.by, row.confirmedBy] : act.caller.kind === 'person' ? [row.askedBy, by] : [by, null];
      await statements.run(SET, [
        organization,
        id,
        next === undefined ? null : JSON.stringify(next),
        ...(next === undefined ? [null, null] : agreed),
      ]);
      const outcome = next === undefined ? 'ended' : 'in_force';
      await note(outcome);
      await tellOfAdministeringAlone(statements, act, gone);
      return outcome;
    });
  } catch (error) {
    if (error instanceof LastAdministrator) return 'last_administrator';
    throw error;
  }
}

interface Standing {
  current: RoleMapping | null;
  by: string | null;
  confirmedBy: string | null;
  asked: RoleMapping | null;
  askedBy: string | null;
}

const STANDING = `
  select role_mapping as current, role_mapping_by as by, role_mapping_confirmed_by as "confirmedBy",
         case when roles_asked_at > clock_timestamp() - interval '1 day' then roles_asked end as asked, roles_asked_by as "askedBy"
  from sign_in_providers where organization = $1 and id = $2 for update`;

const ASK = `
  update sign_in_providers set roles_asked = $3, roles_asked_by = $4, roles_asked_at = clock_timestamp()
  where organization = $1 and id = $2`;

const SET = `
  update sign_in_providers
  set role_mapping = $3, role_mapping_by = $4, role_mapping_confirmed_by = $5,
      roles_asked = null, roles_asked_by = null, roles_asked_at = null
  where organization = $1 and id = $2`;
