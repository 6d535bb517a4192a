import { REFUSED } from '../../views/words/console-refused.ts';
import { saying } from '../../views/words/saying.ts';
import { canonicalJson, sha256url } from '../oauth/canonical.ts';
import { newId } from '../oauth/ids.ts';
import { checkSpacing, checkText } from '../oauth/text.ts';
import { NO_POLICIES, type Rule } from '../tasks/policies.ts';
import {
  type Act,
  type AdminCaller,
  type AdminOutcome,
  actorOf,
  conflict,
  done,
  forbidden,
  malformed,
  type Organization,
  unacceptable,
  unknown,
} from './admin.ts';
import { type AdminDependencies, type Answer, organizationOf, personOf } from './call.ts';
import { gives, input, listOf, plain, reference, takes } from './input.ts';
import { pageOf } from './listing.ts';
import { listed, listQuery } from './lists.ts';
import { always, instant, many, maybe, object, pageOfMany, text } from './shapes.ts';

/** Somebody of a group. */
export interface Member {
  id: string;
  email: string;
  name: string;
  /** Of the person: somebody disabled decides nothing. */
  status: string;
  added_by: string;
  added_at: Date;
  confirmed_by: string | null;
  /** They decide what is asked after this; null: another administrator has to confirm them. */
  counts_from: Date | null;
}

/** People who decide together, where a policy names them. */
export interface Group {
  /** `grp_…` */
  id: string;
  name: string;
  members: readonly Member[];
}

export interface GroupStore {
  list(organization: string): Promise<Group[]>;
  /** By id or name, in upper or lower case. */
  find(organization: string, group: string): Promise<Group | undefined>;
  /** False when there is one of that name. */
  add(act: Act, group: { id: string; name: string }): Promise<boolean>;
  /**
   * Whoever goes decides nothing from now on; whoever comes decides what is asked after another administrator confirmed
   * them, or `atOnce`. Whoever decides from now on, or does not any more, hears of it.
   */
  change(
    act: Act,
    group: Pick<Group, 'id' | 'name'>,
    change: { comes: readonly string[]; goes: readonly string[]; atOnce: boolean },
  ): Promise<void>;
  /** Confirms these and nobody else; false when one of them does not wait any more, or was added by this administrator. */
  confirm(act: Act, group: Pick<Group, 'id' | 'name'>, people: readonly string[]): Promise<boolean>;
  remove(act: Act, group: Pick<Group, 'id' | 'name'>): Promise<void>;
}

/** As a page sends it; the API's own input says the same. */
const NAME = (name: string): boolean =>
  name !== '' && name.length <= 80 && !name.startsWith('grp_') && !checkText(name) && !checkSpacing(name);

/** As many belong to one group at most: each of them is asked. */
const MOST_MEMBERS = 50;

/** What an administrator names when they confirm who comes into a group: somebody else makes another hash. */
export const waitingHash = ({ id, members }: Group): string =>
  sha256url(
    canonicalJson([
      id,
      members.flatMap(({ id: person, added_by, counts_from }) => (counts_from === null ? [[person, added_by]] : [])),
    ]),
  );

const isWaiting = ({ counts_from }: Member): boolean => counts_from === null;

/** The groups of an organization, with the rules that ask them. */
export async function groupsOf({ id }: Pick<Organization, 'id'>, { groups, policies }: AdminDependencies) {
  const [found, newest] = await Promise.all([groups.list(id), policies.newest(id)]);
  return found.map((group) => ({
    ...group,
    asked_by: rulesThatAsk(group.id, newest?.document.rules ?? NO_POLICIES.document.rules).map(({ name }) => name),
    ...(group.members.some(isWaiting) && { waiting: waitingHash(group) }),
  }));
}

const rulesThatAsk = (group: string, rules: readonly Rule[]): Rule[] =>
  rules.filter(({ deciders }) => deciders?.group === group || deciders?.escalate?.group === group);

const someGroups = listQuery({ member: reference });

export const listGroups: Answer = async (call, dependencies) => {
  const groups = await listed(call, someGroups, dependencies, async (organization, asked) =>
    pageOf(await groupsOf(organization, dependencies), asked, {
      key: ({ name, id }) => `${name.toLowerCase()} ${id}`,
      words: ({ name, members }) => [name, ...members.map(({ email }) => email)],
      filters: { member: ({ members }, value) => members.some(({ id, email }) => id === value || email === value) },
    }),
  );
  return groups.ok ? done({ groups: groups.value.rows, next: groups.value.next }) : groups;
};
takes(listGroups, { query: someGroups });
const MEMBERS = many(
  object({
    id: text,
    email: text,
    name: text,
    status: text,
    added_by: text,
    added_at: instant,
    confirmed_by: maybe(text),
    counts_from: maybe(instant),
  }),
);
gives(
  listGroups,
  pageOfMany(
    'groups',
    object({ id: text, organization: text, name: text, members: MEMBERS, asked_by: many(text) }, { waiting: text }),
  ),
);

const GROUP = input<{ organization?: string; name: string; members: string[] }>(
  // No name looks like an id: one group must not answer for another.
  {
    organization: reference,
    name: { ...plain(80), pattern: '^(?!grp_)' },
    members: listOf(reference, 0, MOST_MEMBERS),
  },
  ['name', 'members'],
);

/** Makes a group of these people, and nobody else; by its name. */
export const putGroup: Answer = async (call, dependencies) => {
  const sent = GROUP(call.body);
  if (!sent.ok) return sent;
  const { name, members } = sent.value;
  const organization = await organizationOf(call, sent.value.organization, dependencies);
  if (!organization.ok) return organization;
  const people: string[] = [];
  for (const member of members) {
    const person = await personOf(organization.value, member, dependencies);
    if (!person.ok) return person;
    people.push(person.value.id);
  }
  return setGroup({ organization: organization.value.id, caller: call.caller }, { name, people }, dependencies);
};
takes(putGroup, { body: GROUP });
gives(putGroup, object({ id: text, name: text, members: MEMBERS }, { waiting: text, needs: text }));

/** The same, with people by their ids: for the page. */
export async function setGroup(
  act: Act,
  { name, people }: { name: string; people: readonly string[] },
  { groups }: Pick<AdminDependencies, 'groups'>,
): Promise<AdminOutcome<object>> {
  if (!NAME(name)) return malformed(saying(REFUSED.groupName));
  if (people.length > MOST_MEMBERS) return unacceptable('too_many', saying(REFUSED.groupFull, { count: MOST_MEMBERS }));
  const { organization, caller } = act;
  let group = await groups.find(organization, name);
  if (!group) {
    const made = { id: newId('grp'), name };
    // Made by somebody else at this very moment: theirs.
    await groups.add(act, made);
    group = await groups.find(organization, name);
  }
  if (!group) return unknown(saying(REFUSED.group, { name }));
  const before = group.members.map(({ id }) => id);
  const comes = people.filter((person) => !before.includes(person));
  const goes = before.filter((person) => !people.includes(person));
  await groups.change(act, group, { comes: [...new Set(comes)], goes, atOnce: isNobodyOfThem(caller) });
  const changed = await groups.find(organization, group.id);
  if (!changed) return unknown(saying(REFUSED.group, { name }));
  const waits = changed.members.filter(isWaiting);
  return done({
    id: group.id,
    name: group.name,
    members: changed.members,
    ...(waits.length > 0 && { waiting: waitingHash(changed), needs: 'another administrator' }),
  });
}

/** The operator is nobody of the organization, decides nothing in it, and answers for the deployment alone. */
const isNobodyOfThem = (caller: AdminCaller): boolean => caller.kind === 'operator';

const CONFIRMATION = input<{ organization?: string; hash: string }>({ organization: reference, hash: reference }, [
  'hash',
]);

/** Whoever was added decides from now on: another administrator says so than the one who added them. */
export const confirmGroup: Answer = async (call, dependencies) => {
  const sent = CONFIRMATION(call.body);
  if (!sent.ok) return sent;
  const organization = await organizationOf(call, sent.value.organization, dependencies);
  if (!organization.ok) return organization;
  const act = { organization: organization.value.id, caller: call.caller };
  return confirmMembers(act, { group: call.params.group ?? '', hash: sent.value.hash }, dependencies);
};
takes(confirmGroup, { body: CONFIRMATION });
gives(confirmGroup, object({ id: text, name: text, confirmed: many(text) }));

export async function confirmMembers(
  act: Act,
  { group: named, hash }: { group: string; hash: string },
  { groups }: Pick<AdminDependencies, 'groups'>,
): Promise<AdminOutcome<object>> {
  const group = await groups.find(act.organization, named);
  if (!group) return unknown(saying(REFUSED.group, { name: named }));
  const waits = group.members.filter(isWaiting);
  if (waits.length === 0) return conflict('over', saying(REFUSED.nobodyWaits, { group: group.name }));
  if (waitingHash(group) !== hash) return conflict('changed', saying(REFUSED.groupChanged));
  const mine = waits.filter(({ added_by }) => added_by === actorOf(act.caller));
  if (mine.length > 0) {
    return forbidden('second_administrator', saying(REFUSED.addedByYou));
  }
  const people = waits.map(({ id }) => id);
  if (!(await groups.confirm(act, group, people))) {
    return conflict('changed', saying(REFUSED.groupChanged));
  }
  return done({ id: group.id, name: group.name, confirmed: waits.map(({ email }) => email) });
}

/** A group that the policies name is not removed: nobody could decide what they ask it. */
export const removeGroup: Answer = async (call, dependencies) => {
  const organization = await organizationOf(call, call.query.organization, dependencies);
  if (!organization.ok) return organization;
  const act = { organization: organization.value.id, caller: call.caller };
  return dropGroup(act, call.params.group ?? '', dependencies);
};
gives(removeGroup, object({ id: text, name: text, removed: always(true) }));

export async function dropGroup(
  act: Act,
  named: string,
  { groups, policies }: Pick<AdminDependencies, 'groups' | 'policies'>,
): Promise<AdminOutcome<object>> {
  const group = await groups.find(act.organization, named);
  if (!group) return unknown(saying(REFUSED.group, { name: named }));
  const rules = (await policies.newest(act.organization))?.document.rules ?? [];
  const [asking] = rulesThatAsk(group.id, rules);
  if (asking) {
    return conflict('named_by_policy', saying(REFUSED.groupAsked, { policy: asking.name, group: group.name }));
  }
  await groups.remove(act, group);
  return done({ id: group.id, name: group.name, removed: true });
}
