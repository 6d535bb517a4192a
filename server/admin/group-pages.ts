import type Router from '@koa/router';

import { type GroupsPage, groupsPage } from '../../views/admin/deciders.tsx';
import { visible } from '../../views/text.tsx';
import { WHO_DECIDES } from '../../views/words/console-deciders.ts';
import type { Said } from '../../views/words/words.ts';
import { type AdminRefusal, actorOf } from './admin.ts';
import type { AdminDependencies } from './call.ts';
import { type Console, refusalWords, VIEWERS, type Visit } from './console.ts';
import { confirmMembers, dropGroup, groupsOf, type Member, setGroup } from './groups.ts';

const PATH = '/admin/groups';
/** The part of the console that they belong to. */
const SECTION = '/admin/policies';

/** Groups of people who decide: the same rules as the admin API, by name. */
export function adminGroupPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const pageOf = async (visit: Visit, more: Partial<GroupsPage> = {}): Promise<string> => {
    const { say, list } = visit.speaker;
    const groups = await groupsOf({ id: visit.organization }, dependencies);
    const actors = groups.flatMap(({ members }) => members.map(({ added_by }) => added_by));
    const names = await dependencies.policies.names(visit.organization, [...new Set(actors)]);
    const wordsOf = (member: Member): Said => {
      const person = visible(member.name, 80);
      if (member.counts_from === null) {
        return say(WHO_DECIDES.waits, { person, by: visible(names.get(member.added_by) ?? member.added_by, 80) });
      }
      return member.status === 'active' ? (person as Said) : say(WHO_DECIDES.disabled, { person });
    };
    return groupsPage({
      frame: visit.frame(SECTION),
      csrf: visit.csrf,
      mayChange: visit.roles.has('admin'),
      groups: groups.map(({ id, name, members, asked_by: rules, waiting }) => ({
        id,
        name,
        members: members.map((member) => ({ email: member.email, words: wordsOf(member) })),
        askedBy:
          rules.length === 0
            ? say(WHO_DECIDES.askedByNone)
            : say(WHO_DECIDES.askedBy, {
                rules: list(rules)
                  .map(({ text }) => text)
                  .join(''),
              }),
        waiting:
          waiting === undefined
            ? undefined
            : {
                hash: waiting,
                mine: members.some((one) => one.counts_from === null && one.added_by === actorOf(visit.caller)),
              },
        removable: rules.length === 0,
      })),
      ...more,
    });
  };
  const actOf = ({ organization, caller }: Visit) => ({ organization, caller });
  const failed = async (visit: Visit, refusal: AdminRefusal, typed?: GroupsPage['typed']) => ({
    document: await pageOf(visit, { problem: refusalWords(refusal, visit), typed }),
    status: refusal.status,
  });

  console.get(router, PATH, VIEWERS, (visit) => {
    const asked = visit.ctx.query.done;
    const notice = asked === 'saved' || asked === 'confirmed' || asked === 'removed' ? WHO_DECIDES[asked] : undefined;
    return pageOf(visit, { notice: notice && visit.speaker.say(notice) });
  });

  console.post(router, PATH, ['admin'], async (visit, form) => {
    const typed = { name: (form.get('name') ?? '').trim(), members: form.get('members') ?? '' };
    const emails = typed.members.split(/[\s,;]+/).filter((email) => email !== '');
    const people: string[] = [];
    for (const email of emails) {
      const person = await dependencies.store.findPerson(visit.organization, email);
      if (!person) {
        const problem = visit.speaker.say(WHO_DECIDES.unknownPerson, { person: visible(email, 80) });
        return { document: await pageOf(visit, { problem, typed }), status: 422 };
      }
      people.push(person.id);
    }
    const { name } = typed;
    const outcome = await setGroup(actOf(visit), { name, people: [...new Set(people)] }, dependencies);
    return outcome.ok ? `${PATH}?done=saved` : failed(visit, outcome, typed);
  });

  console.post(router, `${PATH}/confirm`, ['admin'], async (visit, form) => {
    const confirmed = { group: form.get('group') ?? '', hash: form.get('hash') ?? '' };
    const outcome = await confirmMembers(actOf(visit), confirmed, dependencies);
    return outcome.ok ? `${PATH}?done=confirmed` : failed(visit, outcome);
  });

  console.post(router, `${PATH}/remove`, ['admin'], async (visit, form) => {
    const outcome = await dropGroup(actOf(visit), form.get('group') ?? '', dependencies);
    return outcome.ok ? `${PATH}?done=removed` : failed(visit, outcome);
  });
}
