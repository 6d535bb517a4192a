import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { visible } from './text.tsx';

export interface SignInPage {
  frame: Frame;
  csrf: string;
  /** Where the form is posted. */
  action: string;
  /** One sentence, the same whichever part was wrong, so that nobody learns which accounts exist. */
  error?: string | undefined;
  /** What was typed before, to be corrected rather than typed again. */
  email?: string | undefined;
}

/** U1. Says nothing about any request: whoever holds the link may be a mail scanner or the wrong person. */
export const signInPage = (props: SignInPage): string => page(<SignIn {...props} />);

function SignIn({ frame, csrf, action, error, email }: SignInPage) {
  return (
    <Layout frame={frame} title="Sign in" error={error !== undefined} width="small">
      <h1>Sign in</h1>
      <p class="lead">Review what agents may do for you at {visible(frame.organizationName)}.</p>
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
        </ErrorSummary>
      )}
      <form class="form" method="post" action={action}>
        <Csrf value={csrf} />
        <Field name="email" label="E-mail address" type="email" autocomplete="username" verbatim value={email} />
        <Field name="password" label="Password" type="password" autocomplete="current-password" />
        <button type="submit" class="button primary wide" data-testid="sign-in">
          Sign in
        </button>
      </form>
    </Layout>
  );
}
