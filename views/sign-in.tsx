import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { passkeyForm } from './security.tsx';
import { visible } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { ENTRANCE } from './words/entrance.ts';
import { RECOVERY } from './words/recovery.ts';
import type { Said } from './words/words.ts';

export interface SignInPage {
  frame: Frame;
  csrf: string;
  /** Where the form is posted. */
  action: string;
  /** Whose address this has to be: whoever looks at it finds out a page that only looks like this one. */
  host: string;
  /** One sentence, the same whichever part was wrong, so that nobody learns which accounts exist. */
  error?: Said | undefined;
  /** What was typed before, to be corrected rather than typed again. */
  email?: string | undefined;
  /** Where people sign in elsewhere: first and widest, a password after that (D15). */
  providers?: readonly { id: string; name: string; organizationName: string }[];
  /** What an authenticator is asked, as JSON, and where its answer is posted. */
  passkey?: { request: string; action: string };
  returnTo?: string;
  /** Whoever is signed in already shows again who they are. */
  fresh?: boolean;
}

/** U1. Says nothing about any request: whoever holds the link may be a mail scanner or the wrong person. */
export const signInPage = (props: SignInPage): string => page(<SignIn {...props} />, props.frame);

function SignIn({
  frame,
  csrf,
  action,
  host,
  error,
  email,
  providers = [],
  passkey,
  returnTo = '/inbox',
  fresh = false,
}: SignInPage) {
  const speaker = useSpeaker();
  const { say, markup } = speaker;
  const password = (
    <form class="form" method="post" action={action}>
      <Csrf value={csrf} />
      <Field
        name="email"
        label={say(ENTRANCE.email)}
        type="email"
        autocomplete="username webauthn"
        verbatim
        value={email}
      />
      <Field name="password" label={say(ENTRANCE.password)} type="password" autocomplete="current-password" />
      <button type="submit" class="button primary wide" data-testid="sign-in">
        {say(ENTRANCE.signIn)}
      </button>
    </form>
  );
  const withCode = (
    <p>
      <a class="small-link" href="/login/recovery">
        {say(RECOVERY.title)}
      </a>
    </p>
  );
  const withPasskey =
    passkey === undefined ? null : (
      <form
        class="form"
        method="post"
        action={passkey.action}
        {...passkeyForm(speaker, { request: passkey.request })}
        data-offered=""
      >
        <Csrf value={csrf} />
        <input type="hidden" name="assertion" value="" />
        <noscript>
          <p class="note">{say(ENTRANCE.passkeysNeedScript)}</p>
        </noscript>
        <p class="note" role="status" data-note />
        <button type="submit" class="button wide" data-testid="passkey">
          {say(ENTRANCE.usePasskey)}
        </button>
      </form>
    );
  return (
    <Layout frame={frame} title={say(ENTRANCE.signIn)} script="passkey.js" error={error !== undefined} width="small">
      <h1>{say(ENTRANCE.signIn)}</h1>
      <p class="lead">{say(ENTRANCE.signInLead, { organization: visible(frame.organizationName) })}</p>
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
        </ErrorSummary>
      )}
      {providers.map(({ id, name, organizationName }) => (
        <form class="form" method="post" action={`/login/with/${id}`} key={id}>
          <Csrf value={csrf} />
          <input type="hidden" name="return_to" value={returnTo} />
          {fresh ? <input type="hidden" name="fresh" value="1" /> : null}
          <button type="submit" class="button primary wide" data-testid={`provider-${id}`}>
            {say(ENTRANCE.continueWith, { provider: visible(name) })}
          </button>
          {providers.length > 1 ? <p class="hint">{visible(organizationName)}</p> : null}
        </form>
      ))}
      {providers.length === 0 ? (
        <>
          {password}
          {withPasskey}
          {withCode}
        </>
      ) : (
        <>
          {withPasskey}
          <details open={error !== undefined}>
            <summary>{say(ENTRANCE.otherWays)}</summary>
            {password}
            {withCode}
          </details>
        </>
      )}
      <p class="quiet">
        {markup(ENTRANCE.signingInTo, { organization: visible(frame.organizationName), host: <code>{host}</code> })}
      </p>
    </Layout>
  );
}
