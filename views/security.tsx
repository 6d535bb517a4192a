import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { Foreign, visible } from './text.tsx';
import { asItIs } from './words/words.ts';

export interface SecurityPage {
  frame: Frame;
  csrf: string;
  passkeys: readonly ListedPasskey[];
  /** How the next one is added. */
  add: AddPasskey;
  /** What just happened. */
  done?: string | undefined;
  error?: string | undefined;
}

export interface ListedPasskey {
  id: string;
  name: string;
  /** Clock times or dates. */
  created: string;
  lastUsed: string | undefined;
  /** When it may approve high impact; undefined: now. */
  mayApproveFrom: string | undefined;
  /** "On this device only", "Synced by its maker". */
  kind: string;
  /** Options that a passkey of this person signs for its removal, as JSON. */
  removal: string;
}

export interface AddPasskey {
  /** The session is too old to add a first passkey: where a fresh one is had. */
  signInFirst: string | undefined;
  /** Options for one that is there already, as JSON; undefined: there is none. */
  request: string | undefined;
  /** Options for the new one, as JSON. */
  creation: string;
  /** How long the new one has to wait before it may approve high impact; undefined: not at all. */
  wait: string | undefined;
  /** Set where waiting was switched off for a demonstration. */
  demonstration: boolean;
}

/** U11: how this person proves that it is they. */
export const securityPage = (props: SecurityPage): string => page(<Security {...props} />, props.frame);

function Security({ frame, csrf, passkeys, add, done, error }: SecurityPage) {
  return (
    <Layout frame={frame} title={asItIs('Passkeys')} current="security" script="passkey.js" error={error !== undefined}>
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
        </ErrorSummary>
      )}
      {done === undefined ? null : (
        <p class="message" role="status">
          {done}
        </p>
      )}
      <h1>Passkeys</h1>
      <p class="lead">
        With a passkey you approve what has high impact. It stays on your device, and you unlock it there.
      </p>
      {passkeys.length === 0 ? <p class="quiet">You have no passkey yet.</p> : null}
      {passkeys.map((passkey) => (
        <One csrf={csrf} {...passkey} />
      ))}
      <Add csrf={csrf} {...add} />
    </Layout>
  );
}

/** Said by the script where it cannot go on; without script the form stays closed. */
export const PASSKEY_WORDS = {
  impossible: 'This browser has no passkeys. Open this page in another browser or on your phone.',
  declined: 'No passkey answered. Nothing was changed. You can try again.',
  known: 'This device has a passkey of yours already.',
} as const;

/** What a form with a passkey needs of the script, as attributes. */
export const passkeyForm = ({
  request,
  creation,
}: {
  request?: string | undefined;
  creation?: string | undefined;
}) => ({
  'data-passkey': '',
  'data-request': request,
  'data-creation': creation,
  'data-impossible': PASSKEY_WORDS.impossible,
  'data-declined': PASSKEY_WORDS.declined,
  'data-known': PASSKEY_WORDS.known,
});

function One({ csrf, id, name, created, lastUsed, mayApproveFrom, kind, removal }: ListedPasskey & { csrf: string }) {
  const shown = visible(name, 60);
  return (
    <section class="panel" aria-label={shown} data-passkey-id={id}>
      <h2>
        <Foreign text={name} limit={60} />
      </h2>
      <p class="quiet">
        {kind}. Added {created}. {lastUsed === undefined ? 'Not used yet.' : `Last used ${lastUsed}.`}
      </p>
      <p class="quiet">
        {mayApproveFrom === undefined ? 'May approve high impact.' : `May approve high impact from ${mayApproveFrom}.`}
      </p>
      <details>
        <summary>Rename or remove</summary>
        <div class="sections">
          <form class="form" method="post" action={`/settings/security/passkeys/${id}/rename`}>
            <Csrf value={csrf} />
            <Field
              name="name"
              id={`name-${id}`}
              label={asItIs('Name')}
              autocomplete="off"
              maxLength={60}
              value={name}
            />
            <button type="submit" class="button small">
              Rename
            </button>
          </form>
          <form
            class="form"
            method="post"
            action={`/settings/security/passkeys/${id}/remove`}
            {...passkeyForm({ request: removal })}
          >
            <Csrf value={csrf} />
            <input type="hidden" name="assertion" value="" />
            <p class="note" role="status" data-note />
            <button type="submit" class="button small danger" aria-label={`Remove ${shown}`}>
              Remove
            </button>
          </form>
        </div>
      </details>
    </section>
  );
}

function Add({ csrf, signInFirst, request, creation, wait, demonstration }: AddPasskey & { csrf: string }) {
  return (
    <section class="panel" aria-labelledby="add">
      <h2 id="add">Add a passkey</h2>
      {signInFirst === undefined ? (
        <form class="form" method="post" action="/settings/security/passkeys" {...passkeyForm({ request, creation })}>
          <Csrf value={csrf} />
          {request === undefined ? null : <input type="hidden" name="assertion" value="" />}
          <input type="hidden" name="attestation" value="" />
          <Field
            name="name"
            label={asItIs('Name')}
            hint={asItIs('So that you know it again, such as “Phone” or “Office key”.')}
            autocomplete="off"
            maxLength={60}
          />
          <p class="quiet">
            {request === undefined ? '' : 'You confirm it with a passkey that you have. '}
            {wait === undefined ? '' : `It may approve high impact after ${wait}.`}
            {demonstration ? 'This is a demonstration: it may approve high impact at once.' : ''}
          </p>
          <noscript>
            <p class="note">Passkeys need script. Allow it for this page, or use another browser.</p>
          </noscript>
          <p class="note" role="status" data-note />
          <button type="submit" class="button primary wide" data-testid="add-passkey">
            Add a passkey
          </button>
        </form>
      ) : (
        <>
          <p class="quiet">
            For your first passkey, sign in again: whoever only found your browser open must not add one.
          </p>
          <a class="button primary wide" href={signInFirst}>
            Sign in again
          </a>
        </>
      )}
    </section>
  );
}
