import { actorOf } from '../../server/admin/admin.ts';
import type { Group, GroupStore } from '../../server/admin/groups.ts';
import type { DeciderDirectory } from '../../server/approvals/deciders.ts';
import type { Membership } from '../../server/notifications/store.ts';
import { acted } from './admin.ts';
import { type Database, isUniqueViolation, type Statements } from './database.ts';
import { afterQuiet, tellEverywhere } from './notifications.ts';

/** Groups of deciders under row-level security. */
export const postgresGroups = (database: Database): GroupStore => ({
  list: (organization) => database.within(organization, (statements) => statements.rows<Group>(LIST, [organization])),

  find: (organization, group) => database.within(organization, (statements) => find(statements, organization, group)),

  add: (act, { id, name }) =>
    database
      .within(act.organization, async (statements) => {
        await statements.run('insert into groups (organization, id, name, made_by) values ($1, $2, $3, $4)', [
          act.organization,
          id,
          name,
          actorOf(act.caller),
        ]);
        await acted(statements, act, 'group.made', { group: id, name });
        return true;
      })
      .catch((error) => {
        if (isUniqueViolation(error)) return false;
        throw error;
      }),

  change: (act, { id, name }, { comes, goes, atOnce }) =>
    database.within(act.organization, async (statements) => {
      const by = actorOf(act.caller);
      await statements.run(MEMBERS, [act.organization, id]);
      const gone = await statements.rows<Left>(LEAVE, [act.organization, id, goes]);
      const come = await statements.rows<{ person: string }>(JOIN, [act.organization, id, comes, by, atOnce]);
      if (gone.length === 0 && come.length === 0) return;
      await tellMembers(statements, act.organization, { group: id, name, joined: false }, gone.filter(hasCounted));
      if (atOnce) await tellMembers(statements, act.organization, { group: id, name, joined: true }, come);
      await acted(statements, act, 'group.changed', {
        group: id,
        name,
        added: come.map(({ person }) => person),
        removed: gone.map(({ person }) => person),
        // An administrator who would decide themselves stands out.
        adds_themselves: come.some(({ person }) => person === by),
        waits: !atOnce && come.length > 0,
      });
    }),

  confirm: (act, { id, name }, people) =>
    database
      .within(act.organization, async (statements) => {
        await statements.run(MEMBERS, [act.organization, id]);
        const confirmed = await statements.run(CONFIRM, [act.organization, id, people, actorOf(act.caller)]);
        if (confirmed !== people.length) throw new Changed();
        const come = people.map((person) => ({ person }));
        await tellMembers(statements, act.organization, { group: id, name, joined: true }, come);
        await acted(statements, act, 'group.confirmed', { group: id, name, confirmed: people });
        return true;
      })
      .catch((error) => {
        if (error instanceof Changed) return false;
        throw error;
      }),

  remove: (act, { id, name }) =>
    database.within(act.organization, async (statements) => {
      const gone = await statements.rows<Left>(MEMBERS, [act.organization, id]);
      const removed = await statements.run('delete from groups where organization = $1 and id = $2', [
        act.organization,
        id,
      ]);
      if (removed === 0) return;
      await tellMembers(statements, act.organization, { group: id, name, joined: false }, gone.filter(hasCounted));
      await acted(statements, act, 'group.removed', { group: id, name });
    }),
});

/**
 * Whoever decides from now on, or does not any more, hears of it by every way they are reached, in the morning where it is
 * night: somebody else may have made them decide.
 */
async function tellMembers(
  statements: Statements,
  organization: string,
  membership: Membership,
  people: readonly { person: string }[],
): Promise<void> {
  for (const { person } of people) {
    const at = await afterQuiet(statements, organization, person);
    await tellEverywhere(statements, organization, person, { membership }, at);
  }
}

interface Left {
  person: string;
  counts_from: Date | null;
}

/** Whoever was never confirmed decided nothing, and was told nothing. */
const hasCounted = ({ counts_from }: Left): boolean => counts_from !== null;

/** The same, as whoever opens a question looks at it. */
export const postgresDeciders = (database: Database): DeciderDirectory => ({
  find: (organization, group, { person, agent, may }) =>
    database.first(ABLE, [organization, group, person, agent, may]),
});

/** Undoes a confirmation of somebody who does not wait any more. */
class Changed extends Error {}

const find = (statements: Statements, organization: string, group: string): Promise<Group | undefined> =>
  statements.first<Group>(FIND, [organization, group]);

const GROUP = `
  select g.id, g.name,
         (select coalesce(json_agg(json_build_object(
            'id', p.id, 'email', p.email, 'name', p.name, 'status', p.status, 'added_by', m.added_by,
            'added_at', m.added_at, 'confirmed_by', m.confirmed_by, 'counts_from', m.counts_from) order by p.name, p.id), '[]')
          from group_members m join people p on p.organization = m.organization and p.id = m.person
          where m.organization = g.organization and m.of_group = g.id) as members
  from groups g where g.organization = $1`;

const LIST = `${GROUP} order by lower(g.name)`;

const FIND = `${GROUP} and (g.id = $2 or lower(g.name) = lower($2))`;

const ABLE = `
  select g.name,
         (select coalesce(json_agg(json_build_object('id', p.id, 'name', p.name) order by p.name, p.id), '[]')
          from group_members m join people p on p.organization = m.organization and p.id = m.person
          where m.organization = g.organization and m.of_group = g.id and m.counts_from <= clock_timestamp()
            and stands_apart(g.organization, p.id, $3, $4, $5)) as members
  from groups g where g.organization = $1 and g.id = $2`;

const LEAVE = `
  delete from group_members where organization = $1 and of_group = $2 and person = any($3) returning person, counts_from`;

// In one order: who signs meanwhile holds their own memberships, and two who change a group hold several.
const MEMBERS = `
  select person, counts_from from group_members where organization = $1 and of_group = $2 order by person for update`;

const JOIN = `
  insert into group_members (organization, of_group, person, added_by, counts_from)
  select $1, $2, unnest($3::text[]), $4, case when $5 then clock_timestamp() end
  on conflict do nothing returning person`;

const CONFIRM = `
  update group_members set confirmed_by = $4, counts_from = clock_timestamp()
  where organization = $1 and of_group = $2 and person = any($3) and counts_from is null and added_by <> $4`;
