import { Field } from '../form.tsx';
import { Csrf, ErrorSummary, page } from '../layout.tsx';
import { Qr } from '../qr.tsx';
import { Foreign, visible } from '../text.tsx';
import { PEOPLE, ROLE_MEANS, ROLE_NAMES } from '../words/console-people.ts';
import { PARTS } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { CheckList } from './form.tsx';
import { type AdminList, AdminListing } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

type Role = keyof typeof ROLE_NAMES;

export interface PeoplePage {
  frame: AdminFrame;
  csrf: string;
  action: string;
  /** Whoever only looks gets no forms. */
  mayAdd: boolean;
  problem: Said | undefined;
  typed: { email: string; name: string; roles: readonly string[] } | undefined;
  roles: readonly Role[];
  list: Omit<AdminList, 'label' | 'columns' | 'rows'>;
  people: readonly {
    id: string;
    email: string;
    name: string;
    roles: readonly Said[];
    state: Said;
    mayOffer: boolean;
  }[];
}

/** Who belongs to the organization, with which roles, and whether they can sign in. */
export const peoplePage = (props: PeoplePage): string => page(<People {...props} />, props.frame);

function People({ frame, csrf, action, mayAdd, problem, typed, roles, list, people }: PeoplePage) {
  const { say } = useSpeaker();
  const rows = people.map(({ id, email, name, roles: has, state, mayOffer }) => ({
    key: id,
    cells: [
      <>
        <a class="row-link" href={`${action}/${id}`}>
          <Foreign text={name} limit={80} />
        </a>{' '}
        <span class="quiet">
          <Foreign text={email} limit={80} />
        </span>
      </>,
      has.length === 0 ? '–' : has.join(', '),
      state,
      mayOffer ? (
        <form method="post" action={`${action}/${id}/enrolment`}>
          <Csrf value={csrf} />
          <button
            type="submit"
            class="button small"
            aria-label={say(PEOPLE.newLinkFor, { person: visible(name, 80) })}
            data-testid="new-link"
          >
            {say(PEOPLE.newLink)}
          </button>
        </form>
      ) : (
        '–'
      ),
    ],
  }));
  return (
    <AdminLayout frame={frame} title={say(PEOPLE.title)} error={problem !== undefined}>
      <div class="heading">
        <h1>{say(PEOPLE.title)}</h1>
      </div>
      {problem === undefined ? null : (
        <ErrorSummary>
          <p>{problem}</p>
        </ErrorSummary>
      )}
      <AdminListing
        {...list}
        label={say(PEOPLE.title)}
        columns={[
          { label: say(PEOPLE.person) },
          { label: say(PEOPLE.roles) },
          { label: say(PEOPLE.signsIn) },
          { label: say(PEOPLE.link) },
        ]}
        rows={rows}
      />
      {mayAdd ? (
        <section class="panel" aria-labelledby="add">
          <h2 id="add">{say(PEOPLE.add)}</h2>
          <form class="form" method="post" action={action}>
            <Csrf value={csrf} />
            <Field name="name" label={say(PEOPLE.name)} autocomplete="off" maxLength={80} value={typed?.name} />
            <Field
              name="email"
              label={say(PEOPLE.email)}
              type="email"
              autocomplete="off"
              verbatim
              value={typed?.email}
            />
            <CheckList
              legend={say(PEOPLE.roles)}
              hint={say(PEOPLE.rolesHint)}
              options={roles.map((role) => ({
                name: `role_${role}`,
                label: say(ROLE_NAMES[role]),
                detail: say(ROLE_MEANS[role]),
                checked: typed?.roles.includes(role),
              }))}
            />
            <button type="submit" class="button primary" data-testid="submit">
              {say(PEOPLE.addAndLink)}
            </button>
          </form>
        </section>
      ) : null}
    </AdminLayout>
  );
}

export interface EnrolmentLinkPage {
  frame: AdminFrame;
  back: string;
  email: string;
  link: string;
  code: { size: number; path: string };
  until: Said;
  /** A role of theirs waits for another administrator. */
  waits: boolean;
}

/** The link of one person, shown once: to be scanned from the screen, or copied. */
export const enrolmentLinkPage = ({ frame, back, email, link, code, until, waits }: EnrolmentLinkPage): string => {
  const { say, markup } = frame.speaker;
  const who = visible(email, 80);
  return page(
    <AdminLayout
      frame={frame}
      title={say(PEOPLE.linkFor, { person: who })}
      narrow
      above={[{ href: back, label: say(PARTS.people) }]}
    >
      <h1>{markup(PEOPLE.linkFor, { person: <bdi>{who}</bdi> })}</h1>
      <p class="warning">{say(PEOPLE.linkOnce)}</p>
      {waits ? <p class="quiet">{say(PEOPLE.rolesWait)}</p> : null}
      <p>{say(PEOPLE.scan, { time: until })}</p>
      <Qr code={code} label={say(PEOPLE.codeFor, { person: who })} />
      <pre class="snippet" data-testid="link">
        <code>{link}</code>
      </pre>
      <p class="actions">
        <a class="button" href={back}>
          {say(PEOPLE.toPeople)}
        </a>
      </p>
    </AdminLayout>,
    frame,
  );
};
