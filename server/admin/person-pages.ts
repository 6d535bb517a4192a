import type Router from '@koa/router';

import { type PersonPage, personPage } from '../../views/admin/person.tsx';
import { visible } from '../../views/text.tsx';
import { PEOPLE, ROLE_NAMES } from '../../views/words/console-people.ts';
import type { PlainMessage, Said } from '../../views/words/words.ts';
import { PERSON_ROLES } from '../people/role-mapping.ts';
import type { AdminOutcome } from './admin.ts';
import type { AdminDependencies, Answer } from './call.ts';
import { type Console, nothingHere, VIEWERS, type Visit } from './console.ts';
import { disablePerson, enablePerson, setPersonRoles } from './people.ts';

const LIST = '/admin/people';
const PATH = `${LIST}/:person`;

/** One person: what they may do here, and whether they may at all. By the admin API's own answers. */
export function adminPersonPages(router: Router, console: Console, dependencies: AdminDependencies): void {
  const named = (visit: Visit) => String((visit.ctx.params as { person?: string }).person ?? '');

  async function show(visit: Visit, more: Partial<PersonPage> = {}): Promise<string> {
    const { say } = visit.speaker;
    const person = await dependencies.store.findPerson(visit.organization, named(visit));
    if (!person) throw nothingHere();
    const { id, name, email, roles, provider_roles: provided, roles_asked: asked, roles_asked_by: by } = person;
    const byHand = roles.filter((role) => !provided.includes(role));
    const wordsOf = (some: readonly string[]): string =>
      some.length === 0
        ? say(PEOPLE.noRole)
        : PERSON_ROLES.filter((role) => some.includes(role))
            .map((role) => say(ROLE_NAMES[role]))
            .join(', ');
    const notes: Said[] = [];
    if (provided.length > 0) notes.push(say(PEOPLE.besides, { roles: wordsOf(provided) }));
    if (asked && by !== null) {
      const admin = (await dependencies.policies.names(visit.organization, [by])).get(by) ?? by;
      const text = { admin: visible(admin, 80), roles: wordsOf(asked) };
      notes.push(by === visit.person.id ? say(PEOPLE.youAsked, text) : say(PEOPLE.asked, text));
    }
    const mayChange = visit.roles.has('admin');
    if (!mayChange) notes.unshift(say(PEOPLE.hasRoles, { roles: wordsOf(roles) }));
    return personPage({
      frame: visit.frame(LIST),
      csrf: visit.csrf,
      action: `${LIST}/${id}`,
      list: LIST,
      name,
      email,
      isActive: person.status === 'active',
      // Never what somebody else asked for: whoever confirms it ticks it.
      ticked: byHand,
      roles: PERSON_ROLES,
      notes,
      mayChange,
      notice: undefined,
      problem: undefined,
      ...more,
    });
  }

  async function done(visit: Visit, answer: Answer, body: object, words: (outcome: object) => PlainMessage) {
    const call = { caller: visit.caller, params: { person: named(visit) }, query: {}, body, text: '' };
    const outcome: AdminOutcome<object> = await answer(call, dependencies);
    if (outcome.ok)
      return { document: await show(visit, { notice: visit.speaker.say(words(outcome.value)) }), status: 200 };
    const why = Object.hasOwn(PROBLEMS, outcome.reason)
      ? PROBLEMS[outcome.reason as keyof typeof PROBLEMS]
      : PEOPLE.notDone;
    return { document: await show(visit, { problem: visit.speaker.say(why) }), status: outcome.status };
  }

  console.get(router, PATH, VIEWERS, (visit) => show(visit));

  console.post(
    router,
    `${PATH}/roles`,
    ['admin'],
    (visit, form) => {
      const roles = PERSON_ROLES.filter((role) => form.get(`role_${role}`) === '1');
      return done(visit, setPersonRoles, { roles }, (outcome) =>
        'needs' in outcome ? PEOPLE.wasAsked : PEOPLE.wasSet,
      );
    },
    { fresh: true },
  );

  console.post(router, `${PATH}/disable`, ['admin'], (visit, form) =>
    done(visit, disablePerson, { reason: form.get('reason')?.trim() ?? '' }, () => PEOPLE.wasDisabled),
  );

  console.post(router, `${PATH}/enable`, ['admin'], (visit) => done(visit, enablePerson, {}, () => PEOPLE.wasEnabled), {
    fresh: true,
  });
}

const PROBLEMS = {
  same_person: PEOPLE.samePerson,
  last_administrator: PEOPLE.lastAdministrator,
  own_account: PEOPLE.ownAccount,
  invalid_request: PEOPLE.sayWhy,
  not_found: PEOPLE.unknown,
} as const satisfies Record<string, PlainMessage>;
