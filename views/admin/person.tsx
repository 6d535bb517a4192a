import { Field } from '../form.tsx';
import { Csrf, ErrorSummary, page } from '../layout.tsx';
import { Foreign, visible } from '../text.tsx';
import { PEOPLE, ROLE_MEANS, ROLE_NAMES } from '../words/console-people.ts';
import { PARTS } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { CheckList } from './form.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

type Role = keyof typeof ROLE_NAMES;

export interface PersonPage {
  frame: AdminFrame;
  csrf: string;
  /** The page itself; its forms go below it. */
  action: string;
  list: string;
  name: string;
  email: string;
  isActive: boolean;
  /** What they have by hand. */
  ticked: readonly string[];
  roles: readonly Role[];
  /** What a sign-in provider gives beside it, what waits, and what they have for whoever only looks. */
  notes: readonly Said[];
  mayChange: boolean;
  notice: Said | undefined;
  problem: Said | undefined;
}

/** One person: their roles by hand, and whether they may sign in and be acted for. */
export const personPage = (props: PersonPage): string => page(<Person {...props} />, props.frame);

function Person(props: PersonPage) {
  const { frame, csrf, action, list, name, email, isActive, ticked, roles, notes, mayChange, notice, problem } = props;
  const { say } = useSpeaker();
  return (
    <AdminLayout
      frame={frame}
      title={visible(name, 80)}
      narrow
      above={[{ href: list, label: say(PARTS.people) }]}
      notice={notice}
      error={problem !== undefined}
    >
      <h1>
        <Foreign text={name} limit={80} />
      </h1>
      <p class="lead">
        <Foreign text={email} limit={80} />
      </p>
      {problem === undefined ? null : (
        <ErrorSummary>
          <p>{problem}</p>
        </ErrorSummary>
      )}
      {isActive ? null : <p class="warning">{say(PEOPLE.isDisabled)}</p>}
      {notes.map((note) => (
        <p class="quiet">{note}</p>
      ))}
      {mayChange ? (
        <>
          <form class="form" method="post" action={`${action}/roles`}>
            <Csrf value={csrf} />
            <CheckList
              legend={say(PEOPLE.roles)}
              hint={say(PEOPLE.setRolesHint)}
              options={roles.map((role) => ({
                name: `role_${role}`,
                label: say(ROLE_NAMES[role]),
                detail: say(ROLE_MEANS[role]),
                checked: ticked.includes(role),
              }))}
            />
            <button type="submit" class="button primary" data-testid="set-roles">
              {say(PEOPLE.setRoles)}
            </button>
          </form>
          <section class="panel" aria-labelledby="leaves">
            <h2 id="leaves">{say(PEOPLE.leaves)}</h2>
            <p class="quiet">{say(isActive ? PEOPLE.leavesMeans : PEOPLE.enableMeans)}</p>
            <form class="form" method="post" action={`${action}/${isActive ? 'disable' : 'enable'}`}>
              <Csrf value={csrf} />
              {isActive ? <Field name="reason" label={say(PEOPLE.why)} autocomplete="off" maxLength={200} /> : null}
              <button type="submit" class={isActive ? 'button danger' : 'button'} data-testid="set-status">
                {say(isActive ? PEOPLE.disable : PEOPLE.enable)}
              </button>
            </form>
          </section>
        </>
      ) : null}
    </AdminLayout>
  );
}
