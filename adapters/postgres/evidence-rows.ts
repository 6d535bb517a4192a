import type { Named } from '../../server/admin/admin.ts';
import type { ReadableEvent } from '../../server/admin/evidence.ts';
import type { Statements } from './database.ts';

/** An event as the database has it. */
export interface EventRow extends Omit<ReadableEvent, 'by' | 'acting' | 'names'> {
  content: Record<string, unknown>;
}
export async function readable(
  statements: Statements,
  organization: string,
  rows: EventRow[],
): Promise<ReadableEvent[]> {
  const nameOf = await namesOf(
    statements,
    organization,
    rows.flatMap(({ content }) => Object.values(content).flat()),
  );
  return rows.map((row) => {
    const { by, acting, ...content } = row.content;
    return {
      ...row,
      by: typeof by === 'string' ? nameOf(by) : null,
      acting: Array.isArray(acting) ? acting.map((id) => nameOf(String(id))) : null,
      content,
      names: Object.fromEntries(
        Object.values(content)
          .flat()
          .flatMap((id) => (typeof id === 'string' ? [nameOf(id)] : []))
          .map(({ id, name, email }) => [id, email ?? name] as const)
          .filter((pair): pair is [string, string] => pair[1] !== null),
      ),
    };
  });
}

/** Names of people, agents and clients; an id without a name stays an id. */
export async function namesOf(
  statements: Statements,
  organization: string,
  ids: readonly unknown[],
): Promise<(id: string) => Named> {
  const asked = [...new Set(ids.filter((id) => typeof id === 'string' && /^[a-z]{3,}[_-][a-z0-9]+$/.test(id)))];
  const rows =
    asked.length > 0 ? await statements.rows<Named & { email: string | null }>(NAMES, [organization, asked]) : [];
  const names = new Map(rows.map(({ id, name, email }) => [id, { id, name, ...(email !== null && { email }) }]));
  return (id) => names.get(id) ?? { id, name: null };
}

const NAMES = `
  select id, name, email from people where organization = $1 and id = any($2)
  union all select id, name, null from agents where organization = $1 and id = any($2)
  union all select client_id, metadata ->> 'client_name', null from clients where client_id = any($2)`;

export const named = (id: string, name: string, more = '') =>
  `case when ${id} is not null then json_build_object('id', ${id}, 'name', ${name}${more}) end`;

// Salts stay in the table: with them, whoever reads this could test guesses about what was erased.
export const EVENT_COLUMNS = `
         e.id, e.at, o.slug as organization, e.type, e.decision, e.reason, e.outcome,
         ${named('e.person', 'p.name', `, 'email', p.email`)} as person,
         ${named('e.agent', 'a.name')} as agent,
         ${named('e.application', `c.metadata ->> 'client_name'`)} as application,
         ${named('e.resource', 'r.name')} as resource,
         e.task, e.approval, e.jti, e.txn,
         coalesce((select jsonb_object_agg(substr(field.key, 9), field.value -> 'value')
                   from evidence_contents x, jsonb_each(x.fields) field
                   where x.organization = e.organization and x.event = e.id and field.key like 'content.%' and field.key not in ('content.screen', 'content.signing_screen') and field.value ? 'value'), '{}') as content`;

/** Names for what an event `e` names. */
export const EVENT_NAMES = `
  join organizations o on o.id = e.organization
  left join people p on p.organization = e.organization and p.id = e.person
  left join agents a on a.organization = e.organization and a.id = e.agent
  left join clients c on c.client_id = e.application
  left join resources r on r.resource = e.resource`;
