import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { visible } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { ENROL, ENTRANCE } from './words/entrance.ts';
import type { Said } from './words/words.ts';

export interface EnrolPage {
  frame: Frame;
  csrf: string;
  action: string;
  /** Set when the organization exists and only its first administrator is missing. */
  organizationName?: string | undefined;
  /** Set when somebody added this person already: they choose their password and nothing else. */
  person?: { name: string; email: string } | undefined;
  error?: Said | undefined;
  /** What was typed before; never the password. */
  fields: { organization?: string | undefined; name?: string | undefined; email?: string | undefined };
  /** In characters. */
  passwordMinimum?: number | undefined;
}

/**
 * A link that lives 15 minutes: of the first administrator, who posts `organization`, `name`, `email` and `password`, or
 * of a person who is there already, who posts `password`.
 */
export const enrolPage = (props: EnrolPage): string => page(<Enrol {...props} />, props.frame);

function Enrol({ frame, csrf, action, organizationName, person, error, fields, passwordMinimum = 12 }: EnrolPage) {
  const { say } = useSpeaker();
  const organization = organizationName === undefined ? undefined : visible(organizationName, 80);
  return (
    <Layout frame={frame} title={say(ENROL.title)} error={error !== undefined} width="small">
      <h1>
        {organization === undefined ? say(ENROL.setUpYours) : say(person ? ENROL.join : ENROL.setUp, { organization })}
      </h1>
      <p class="lead">
        {person
          ? say(ENROL.choosePassword, { person: visible(person.name, 80), email: visible(person.email) })
          : say(ENROL.firstAdministrator)}
      </p>
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
        </ErrorSummary>
      )}
      <form class="form" method="post" action={action}>
        <Csrf value={csrf} />
        {organizationName === undefined && !person ? (
          <Field
            name="organization"
            label={say(ENROL.organization)}
            autocomplete="organization"
            maxLength={80}
            value={fields.organization}
          />
        ) : null}
        {person ? (
          // Password managers keep the password under this name; it is not posted.
          <input type="email" value={person.email} autocomplete="username" readOnly hidden />
        ) : (
          <>
            <Field name="name" label={say(ENROL.yourName)} autocomplete="name" maxLength={80} value={fields.name} />
            <Field
              name="email"
              label={say(ENROL.yourEmail)}
              type="email"
              autocomplete="username"
              verbatim
              value={fields.email}
            />
          </>
        )}
        <Field
          name="password"
          label={say(ENTRANCE.password)}
          hint={say(ENROL.passwordHint, { minimum: passwordMinimum })}
          type="password"
          autocomplete="new-password"
          minLength={passwordMinimum}
        />
        <button type="submit" class="button primary wide">
          {say(organizationName === undefined && !person ? ENROL.createOrganization : ENROL.createAccount)}
        </button>
      </form>
    </Layout>
  );
}
