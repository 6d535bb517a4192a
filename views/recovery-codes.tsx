import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { useSpeaker } from './words/context.tsx';
import { ENTRANCE } from './words/entrance.ts';
import { RECOVERY } from './words/recovery.ts';
import type { Said } from './words/words.ts';

export interface RecoverySignInPage {
  frame: Frame;
  csrf: string;
  /** One sentence, whichever part was wrong. */
  error?: Said | undefined;
  email?: string | undefined;
}

/** The password and a code on paper, in the place of a passkey. Works without script, as it has to. */
export const recoverySignInPage = (props: RecoverySignInPage): string =>
  page(<RecoverySignIn {...props} />, props.frame);

function RecoverySignIn({ frame, csrf, error, email }: RecoverySignInPage) {
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(RECOVERY.title)} error={error !== undefined} width="small">
      <h1>{say(RECOVERY.title)}</h1>
      <p class="lead">{say(RECOVERY.lead)}</p>
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
        </ErrorSummary>
      )}
      <form class="form" method="post" action="/login/recovery">
        <Csrf value={csrf} />
        <Field name="email" label={say(ENTRANCE.email)} type="email" autocomplete="username" verbatim value={email} />
        <Field name="password" label={say(ENTRANCE.password)} type="password" autocomplete="current-password" />
        <Field
          name="code"
          label={say(RECOVERY.code)}
          hint={say(RECOVERY.codeHint)}
          autocomplete="one-time-code"
          maxLength={60}
          verbatim
        />
        <button type="submit" class="button primary wide" data-testid="recover">
          {say(RECOVERY.goOn)}
        </button>
      </form>
      <p>
        <a class="small-link" href="/login">
          {say(RECOVERY.back)}
        </a>
      </p>
    </Layout>
  );
}

/** What a person who may have codes sees of them. */
export interface CodesSection {
  left: number;
  made: Said | undefined;
  /** Where they sign in with their passkey first; undefined: they just did. */
  signInFirst: string | undefined;
  tooSoon: boolean;
}

export function RecoveryCodes({ csrf, codes }: { csrf: string; codes: CodesSection }) {
  const { say } = useSpeaker();
  const { left, made, signInFirst, tooSoon } = codes;
  return (
    <section class="panel" aria-labelledby="codes">
      <h2 id="codes">{say(RECOVERY.codes)}</h2>
      <p class="quiet">{say(RECOVERY.codesMean)}</p>
      <p>{left === 0 || made === undefined ? say(RECOVERY.none) : say(RECOVERY.left, { count: left, time: made })}</p>
      {tooSoon ? (
        <p class="quiet">{say(RECOVERY.tooSoon)}</p>
      ) : signInFirst === undefined ? (
        <form class="form" method="post" action="/settings/security/recovery-codes">
          <Csrf value={csrf} />
          {left === 0 ? null : <p class="quiet">{say(RECOVERY.makeVoids)}</p>}
          <button type="submit" class="button wide" data-testid="make-codes">
            {say(RECOVERY.make)}
          </button>
        </form>
      ) : (
        <>
          <p class="quiet">{say(RECOVERY.signInFirst)}</p>
          <a class="button wide" href={signInFirst} data-testid="codes-sign-in">
            {say(RECOVERY.signIn)}
          </a>
        </>
      )}
    </section>
  );
}

export interface RecoveryCodesPage {
  frame: Frame;
  codes: readonly string[];
}

/** All of them, once. */
export const recoveryCodesPage = ({ frame, codes }: RecoveryCodesPage): string => {
  const { say } = frame.speaker;
  return page(
    <Layout frame={frame} title={say(RECOVERY.yours)} current="security" width="small">
      <h1>{say(RECOVERY.yours)}</h1>
      <p class="warning">{say(RECOVERY.once)}</p>
      <ol class="codes" data-testid="codes">
        {codes.map((code) => (
          <li>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <p class="quiet">{say(RECOVERY.eachOnce)}</p>
      <a class="button primary wide" href="/settings/security">
        {say(RECOVERY.done)}
      </a>
    </Layout>,
    frame,
  );
};
