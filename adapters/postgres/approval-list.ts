import { actorOf } from '../../server/admin/admin.ts';
import { type ApprovalList, type ListedApproval, WITHIN } from '../../server/admin/approvals.ts';
import { cursorOf, type Listing, placeInTime } from '../../server/admin/listing.ts';
import type { Database } from './database.ts';
import { writeEvent } from './evidence.ts';
import { writeStop } from './liveness.ts';
import { sendSignal } from './signals.ts';
import { STOPPED } from './stopped.ts';

/** Questions as the console lists them, under row-level security. */
export const postgresApprovalList = (database: Database): ApprovalList => ({
  list: (organization, { listing, reader, limit }) =>
    database.within(organization, async (statements) => {
      const values = (name: string) => {
        const found = listing.filters.flatMap((filter) => (filter.name === name ? [filter.value] : []));
        return found.length === 0 ? null : found;
      };
      const hours = (name: 'within' | 'asked') => {
        const all = values(name)?.map((within) => WITHIN[within as keyof typeof WITHIN]);
        return all ? Math.min(...all) : null;
      };
      const after = sortOf(listing).type === 'timestamptz' ? placeInTime(listing.after) : listing.after;
      const found = await statements.rows<ListedApproval & { sort_key: string }>(listStatement(listing), [
        organization,
        values('is'),
        values('level'),
        values('reason'),
        hours('within'),
        values('agent')?.map((agent) => agent.toLowerCase()) ?? null,
        values('person')?.map((person) => person.toLowerCase()) ?? null,
        values('action'),
        listing.words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`),
        after?.[0] ?? null,
        after?.[1] ?? '',
        limit + 1,
        reader,
        hours('asked'),
      ]);
      const rows = found.slice(0, limit);
      const last = rows.at(-1);
      return {
        rows: rows.map(({ sort_key: _, ...row }) => row),
        next: found.length > limit && last ? cursorOf(last.sort_key, last.id) : undefined,
      };
    }),

  deny: (act, id, reason) =>
    database.within(act.organization, async (statements) => {
      // Whoever decides it now holds the person's row: they come first, or see that it is over.
      await statements.run(HOLD_PERSON, [act.organization, id]);
      const open = await statements.first<{ agent: string; person: string; application: string }>(OPEN, [
        act.organization,
        id,
      ]);
      if (!open) return false;
      const by = actorOf(act.caller);
      await writeStop(statements, { organization: act.organization, kind: 'approval', subject: id, by, reason });
      await sendSignal(statements, 'approval', id);
      await writeEvent(statements, {
        organization: act.organization,
        type: 'task.denied',
        decision: 'refused',
        reason: 'administrator',
        ...open,
        approval: id,
        content: { by, through: act.caller.client, reason },
      });
      return true;
    }),
});

const HOLD_PERSON = `
  select from people p
  where p.organization = $1 and p.id = (select person from approvals where organization = $1 and id = $2)
  for no key update`;

/** Of an approval `a`: somebody may still decide it. */
export const WAITS = `a.status = 'pending' and a.expires_at > clock_timestamp() and not ${STOPPED}`;

const OPEN = `
  select a.agent, a.person, a.client_id as application from approvals a where a.organization = $1 and a.id = $2 and ${WAITS}`;

/** How an approval `a` stands, in the words of `STANDINGS`. */
const STANDING = `
  case when a.status = 'approved' then 'allowed' when a.status = 'denied' then 'denied' when ${STOPPED} then 'stopped'
       when a.expires_at > clock_timestamp() then 'waiting' else 'expired' end`;

const LEVELS = `array['low', 'medium', 'high', 'critical']`;

/** What the list can be sorted by, and its type. Upwards, the most urgent comes first: the highest level, then what ends first. */
const SORTS = {
  urgency: {
    by: `(9 - array_position(${LEVELS}, a.impact))::text || to_char(a.expires_at at time zone 'UTC', 'YYYYMMDDHH24MISSUS')`,
    type: 'text',
  },
  asked: { by: 'a.asked_at', type: 'timestamptz' },
} as const;

const sortOf = ({ sort }: Pick<Listing, 'sort'>) => (sort === 'urgency' ? SORTS.urgency : SORTS.asked);

/** When a decision is asked for within some hours, that is what is meant; else when it was asked. */
const AT = 'coalesce(a.decided_at, a.asked_at)';

function listStatement({ sort, descending }: Pick<Listing, 'sort' | 'descending'>): string {
  const { by, type } = sortOf({ sort });
  const direction = descending ? 'desc' : 'asc';
  return `
  select a.id, ${STANDING} as standing, a.impact, a.actions, a.asked_at, a.expires_at, a.decided_at, a.deny_reason, a.quorum,
         json_build_object('id', g.id, 'name', g.name) as agent,
         json_build_object('id', p.id, 'name', p.name, 'email', p.email) as person,
         coalesce((select json_agg(json_build_object('name', x.name, 'at', d.signed_at) order by d.signed_at)
                   from decisions d join people x on x.organization = d.organization and x.id = d.person
                   where d.organization = a.organization and d.approval = a.id and d.signed_at is not null), '[]') as signed,
         (a.quorum > 1 or a.deciders is not null) and ${WAITS} and decides_as(a.organization, $13::text, a.id, false) is not null
           and not exists (select from decisions d where d.organization = a.organization and d.approval = a.id
                           and d.person = $13 and d.signed_at is not null) as may_sign,
         (${by})::text as sort_key
  from approvals a
  join agents g on g.organization = a.organization and g.id = a.agent
  join people p on p.organization = a.organization and p.id = a.person
  where a.organization = $1 and not a.silent
    and ($2::text[] is null or ${STANDING} = any($2))
    and ($3::text[] is null or a.impact = any($3))
    and ($4::text[] is null or a.deny_reason = any($4))
    and ($5::int is null or (a.asked_at > clock_timestamp() - make_interval(hours => $5 + 72) and ${AT} > clock_timestamp() - make_interval(hours => $5)))
    and ($14::int is null or a.asked_at > clock_timestamp() - make_interval(hours => $14))
    and ($6::text[] is null or g.id = any($6) or lower(g.name) = any($6))
    and ($7::text[] is null or p.id = any($7) or lower(p.email) = any($7) or lower(p.name) = any($7))
    and ($8::text[] is null or exists (select from jsonb_array_elements(a.actions) x where x ->> 'action' = any($8)))
    and (cardinality($9::text[]) = 0 or not exists (
      select from unnest($9::text[]) w
      where not (g.name ilike w or p.name ilike w or p.email ilike w or a.id ilike w or a.actions::text ilike w)))
    and ($10::text is null or (${by}, a.id) ${descending ? '<' : '>'} ($10::${type}, $11))
  order by ${by} ${direction}, a.id ${direction} limit $12`;
}
