import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { visible } from './text.tsx';

export interface EnrolPage {
  csrf: string;
  action: string;
  /** Set when the organization exists and only its first administrator is missing. */
  organizationName?: string | undefined;
  /** Set when somebody added this person already: they choose their password and nothing else. */
  person?: { name: string; email: string } | undefined;
  error?: string | undefined;
  /** What was typed before; never the password. */
  fields: { organization?: string | undefined; name?: string | undefined; email?: string | undefined };
  /** In characters. */
  passwordMinimum?: number | undefined;
}

/**
 * A link that lives 15 minutes: of the first administrator, who posts `organization`, `name`, `email` and `password`, or
 * of a person who is there already, who posts `password`.
 */
export const enrolPage = (props: EnrolPage): string => page(<Enrol {...props} />);

function Enrol({ csrf, action, organizationName, person, error, fields, passwordMinimum = 12 }: EnrolPage) {
  const frame: Frame = { organizationName: organizationName ?? 'Countersign' };
  return (
    <Layout frame={frame} title="Set up" error={error !== undefined} width="small">
      <h1>
        {person ? 'Join ' : 'Set up '}
        {organizationName === undefined ? 'your organization' : visible(organizationName, 80)}
      </h1>
      <p class="lead">
        {person ? (
          <>
            {visible(person.name, 80)}, choose the password for {visible(person.email)}.
          </>
        ) : (
          'You become its first administrator.'
        )}{' '}
        This link works once, for 15 minutes.
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
            label="Name of the organization"
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
            <Field name="name" label="Your name" autocomplete="name" maxLength={80} value={fields.name} />
            <Field
              name="email"
              label="Your e-mail address"
              type="email"
              autocomplete="username"
              verbatim
              value={fields.email}
            />
          </>
        )}
        <Field
          name="password"
          label="Password"
          hint={`At least ${passwordMinimum} characters. A few words are easier to remember than symbols.`}
          type="password"
          autocomplete="new-password"
          minLength={passwordMinimum}
        />
        <button type="submit" class="button primary wide">
          {organizationName === undefined && !person ? 'Create the organization' : 'Create your account'}
        </button>
      </form>
    </Layout>
  );
}
