import type Router from '@koa/router';

import { enrolmentLinkPage, type PeoplePage, peoplePage } from '../../views/admin/people.tsx';
import { LIST } from '../../views/words/console-list.ts';
import { PEOPLE, ROLE_NAMES } from '../../views/words/console-people.ts';
import type { PlainMessage } from '../../views/words/words.ts';
import { PERSON_ROLES } from '../people/role-mapping.ts';
import type { AdminOutcome, ListedPerson } from './admin.ts';
import type { AdminDependencies, Call } from './call.ts';
import { type Console, VIEWERS, type Visit } from './console.ts';
import { addPerson, offerEnrolment } from './directory.ts';
import { addressOf, chipsOf, parseListing, queryOf } from './listing.ts';
import { qrOf } from './qr.ts';

const PATH = '/admin/people';
const ROWS = 50;
const LISTING = {
  filters: { role: PERSON_ROLES, status: ['active', 'disabled'] },
  sorts: ['email'],
  order: 'email',
} as const;

/** Who belongs to the organization, and the link by which somebody new signs in: by the admin API's own answers. */
export function adminPeoplePages(router: Router, console: Console, dependencies: AdminDependencies): void {
  async function show(visit: Visit, more: Partial<PeoplePage> = {}): Promise<string> {
    const { say } = visit.speaker;
    const query = visit.ctx.method === 'GET' ? queryOf(visit.ctx.query) : { q: undefined, after: undefined };
    const parsed = parseListing(query, LISTING);
    const { q } = query;
    const { rows, next } = parsed.ok
      ? await dependencies.store.people(visit.organization, {
          words: parsed.listing.words,
          filters: Object.fromEntries(parsed.listing.filters.map(({ name, value }) => [name, value])),
          after: parsed.listing.after,
          limit: ROWS,
        })
      : { rows: [], next: undefined };
    const mayAdd = visit.roles.has('admin');
    return peoplePage({
      frame: visit.frame(PATH),
      csrf: visit.csrf,
      action: PATH,
      mayAdd,
      problem: undefined,
      typed: undefined,
      roles: PERSON_ROLES,
      list: {
        action: PATH,
        q: q ?? '',
        hint: 'role:admin olga@acme.example',
        chips: chipsOf(PATH, query),
        views: [],
        nothing: say(parsed.ok ? PEOPLE.none : LIST.nothingSought),
        first: query.after === undefined ? undefined : addressOf(PATH, { q }),
        next: next && addressOf(PATH, { q, after: next }),
        problem: parsed.ok ? undefined : parsed.problem(visit.speaker),
        exports: [],
        command: 'countersign people list',
      },
      people: rows.map(({ id, email, name, roles, provider_roles, status, enrolled }: ListedPerson) => ({
        id,
        email,
        name,
        roles: PERSON_ROLES.filter((role) => roles.includes(role)).map((one) => {
          const role = say(ROLE_NAMES[one]);
          return provider_roles.includes(one) ? say(PEOPLE.byProvider, { role }) : role;
        }),
        state: say(status !== 'active' ? PEOPLE.disabled : enrolled ? PEOPLE.enrolled : PEOPLE.notYet),
        mayOffer: mayAdd && status === 'active' && !enrolled,
      })),
      ...more,
    });
  }

  /** The link, once: nothing keeps it, and only its hash is stored. */
  async function answered(visit: Visit, outcome: AdminOutcome<object>, typed?: PeoplePage['typed']) {
    if (!outcome.ok) {
      const why = Object.hasOwn(PROBLEMS, outcome.reason)
        ? PROBLEMS[outcome.reason as keyof typeof PROBLEMS]
        : PEOPLE.notDone;
      return { document: await show(visit, { problem: visit.speaker.say(why), typed }), status: outcome.status };
    }
    const { email, enrolment_uri: link, expires_at: until, roles_asked: asked } = outcome.value as Link;
    const document = enrolmentLinkPage({
      frame: visit.frame(PATH),
      back: PATH,
      email,
      link,
      code: qrOf(link),
      until: visit.at(until),
      waits: asked !== undefined,
    });
    return { document, status: 200 };
  }
  const callOf = ({ caller }: Visit, params: Record<string, string>, body: object): Call => ({
    caller,
    params,
    query: {},
    body,
    text: '',
  });

  console.get(router, PATH, VIEWERS, (visit) => show(visit));

  console.post(
    router,
    PATH,
    ['admin'],
    async (visit, form) => {
      const typed = {
        email: form.get('email')?.trim() ?? '',
        name: form.get('name')?.trim() ?? '',
        roles: PERSON_ROLES.filter((role) => form.get(`role_${role}`) === '1'),
      };
      return answered(visit, await addPerson(callOf(visit, {}, typed), dependencies), typed);
    },
    { fresh: true },
  );

  console.post(
    router,
    `${PATH}/:person/enrolment`,
    ['admin'],
    async (visit) => {
      const { person } = visit.ctx.params as { person: string };
      return answered(visit, await offerEnrolment(callOf(visit, { person }, {}), dependencies));
    },
    { fresh: true },
  );
}

interface Link {
  email: string;
  enrolment_uri: string;
  expires_at: Date;
  roles_asked?: readonly string[];
}

const PROBLEMS = {
  taken: PEOPLE.taken,
  enrolled: PEOPLE.canAlready,
  not_found: PEOPLE.unknown,
  invalid_request: PEOPLE.incomplete,
} as const satisfies Record<string, PlainMessage>;
