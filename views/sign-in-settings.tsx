import { Csrf, type Frame, Layout, page } from './layout.tsx';
import { visible } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { SIGN_IN } from './words/sign-in.ts';

export interface SignInSettings {
  frame: Frame;
  csrf: string;
  /** Accounts elsewhere by which this person signs in. */
  accounts: readonly { id: string; name: string; since: string; signsIn: boolean }[];
  /** Where another account could be connected. */
  providers: readonly { id: string; name: string }[];
}

/** How a person signs in: accounts of their organization's providers, connected and taken away by themselves alone. */
export const signInSettingsPage = (props: SignInSettings): string => page(<Settings {...props} />, props.frame);

function Settings({ frame, csrf, accounts, providers }: SignInSettings) {
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(SIGN_IN.title)} current="sign-in">
      <h1>{say(SIGN_IN.title)}</h1>
      {accounts.length === 0 ? (
        <p class="lead">{say(SIGN_IN.byPassword)}</p>
      ) : (
        <ul class="plain-list">
          {accounts.map(({ id, name, since, signsIn }) => (
            <li class="card" key={id} data-account={id}>
              <p>
                <strong>{visible(name)}</strong>
              </p>
              <p class="quiet">{signsIn ? say(SIGN_IN.since, { time: since }) : say(SIGN_IN.linked)}</p>
              <form method="post" action={`/settings/sign-in/${id}/remove`}>
                <Csrf value={csrf} />
                <button
                  type="submit"
                  class="button small"
                  aria-label={say(SIGN_IN.disconnectThis, { provider: visible(name) })}
                >
                  {say(SIGN_IN.disconnect)}
                </button>
              </form>
            </li>
          ))}
        </ul>
      )}
      {providers.map(({ id, name }) => (
        <form class="form" method="post" action={`/login/with/${id}`} key={id}>
          <Csrf value={csrf} />
          <input type="hidden" name="connect" value="1" />
          <input type="hidden" name="return_to" value="/settings/sign-in" />
          <button type="submit" class="button" data-testid={`connect-${id}`}>
            {say(SIGN_IN.connect, { provider: visible(name) })}
          </button>
          <p class="hint">{say(SIGN_IN.onceMore)}</p>
        </form>
      ))}
    </Layout>
  );
}
