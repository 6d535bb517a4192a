import { Csrf, type Frame, Layout, page } from './layout.tsx';
import { visible } from './text.tsx';
import { asItIs } from './words/words.ts';

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
  return (
    <Layout frame={frame} title={asItIs('How you sign in')}>
      <h1>How you sign in</h1>
      {accounts.length === 0 ? (
        <p class="lead">You sign in with your e-mail address and a password.</p>
      ) : (
        <ul class="plain-list">
          {accounts.map(({ id, name, since, signsIn }) => (
            <li class="card" key={id} data-account={id}>
              <p>
                <strong>{visible(name)}</strong>
              </p>
              <p class="quiet">
                {signsIn ? `Connected since ${since}` : 'Linked by an administrator. Connect it to sign in with it.'}
              </p>
              <form method="post" action={`/settings/sign-in/${id}/remove`}>
                <Csrf value={csrf} />
                <button type="submit" class="button small">
                  Disconnect
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
            Connect {visible(name)}
          </button>
          <p class="hint">You sign in there once more, so that nobody connects an account that is not theirs.</p>
        </form>
      ))}
    </Layout>
  );
}
