import { Field } from './form.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { type CodesSection, RecoveryCodes } from './recovery-codes.tsx';
import { Foreign, visible } from './text.tsx';
import { PASSKEY } from './words/ceremony.ts';
import { useSpeaker } from './words/context.tsx';
import { RECOVERY } from './words/recovery.ts';
import { SECURITY } from './words/security.ts';
import type { Speaker } from './words/speaker.ts';
import type { Said } from './words/words.ts';

export interface SecurityPage {
  frame: Frame;
  csrf: string;
  passkeys: readonly ListedPasskey[];
  /** How the next one is added. */
  add: AddPasskey;
  /** Administrators who want to end this person's passkeys. */
  recoveries: readonly { id: string; reason: string; askedBy: string; askedAt: Said; until: Said }[];
  /** Where this person is signed in. */
  sessions: readonly { reference: string; isCurrent: boolean; how: string; since: Said; seen: Said }[];
  /** Chooses the value that matters among three, instead of typing it. */
  chooses: boolean;
  /** Nothing else opens until a passkey is there. */
  addFirst: boolean;
  /** They used a recovery code: what they add here signs them in, and `signIn` is where, once it is there. */
  recovers?: false | { signIn: string | undefined };
  /** Codes for the day every passkey is lost, where this person may have some. */
  codes?: CodesSection | undefined;
  /** The request that waits for a passkey. */
  back?: string | undefined;
  /** What just happened. */
  done?: Said | undefined;
  error?: Said | undefined;
}

export interface ListedPasskey {
  id: string;
  name: string;
  /** Clock times or dates. */
  created: Said;
  lastUsed: Said | undefined;
  /** When it may approve high impact; undefined: now. */
  mayApproveFrom: Said | undefined;
  /** Whether it can leave its device. */
  kind: Said;
  /** It can, and the organization wants none that can. */
  approvesNothing?: boolean;
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
  wait: Said | undefined;
  /** Set where waiting was switched off for a demonstration. */
  demonstration: boolean;
  /** The organization takes only what never leaves its device. */
  deviceBound: boolean;
}

/** U11: how this person proves that it is they. */
export const securityPage = (props: SecurityPage): string => page(<Security {...props} />, props.frame);

function Security({
  frame,
  csrf,
  passkeys,
  add,
  recoveries,
  sessions,
  chooses,
  addFirst,
  recovers = false,
  codes,
  back,
  done,
  error,
}: SecurityPage) {
  const { say } = useSpeaker();
  return (
    <Layout
      frame={frame}
      title={say(SECURITY.passkeys)}
      current="security"
      script="passkey.js"
      error={error !== undefined}
    >
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
        </ErrorSummary>
      )}
      {done === undefined ? null : (
        <p class="notice" role="status">
          {done}
        </p>
      )}
      {back === undefined ? null : (
        <a class={done === undefined ? 'small-link' : 'button primary wide'} href={back} data-testid="back">
          {say(SECURITY.back)}
        </a>
      )}
      <h1>{say(SECURITY.passkeys)}</h1>
      {recoveries.map((recovery) => (
        <Recovery csrf={csrf} {...recovery} />
      ))}
      {addFirst ? <p class="warning">{say(SECURITY.addFirst)}</p> : null}
      {recovers ? <p class="warning">{say(RECOVERY.recovering)}</p> : null}
      {recovers && recovers.signIn !== undefined ? (
        <a class="button primary wide" href={recovers.signIn} data-testid="now-sign-in">
          {say(RECOVERY.nowSignIn)}
        </a>
      ) : null}
      <p class="lead">{say(SECURITY.whatFor)}</p>
      {passkeys.length === 0 ? <p class="quiet">{say(SECURITY.none)}</p> : null}
      {passkeys.map((passkey) => (
        <One csrf={csrf} {...passkey} />
      ))}
      <Add csrf={csrf} back={back} {...add} />
      {codes === undefined ? null : <RecoveryCodes csrf={csrf} codes={codes} />}
      <HowToTouch csrf={csrf} chooses={chooses} />
      <Sessions csrf={csrf} sessions={sessions} />
    </Layout>
  );
}

/** Whoever is there says no in one step, before a second administrator says yes. */
function Recovery({
  csrf,
  id,
  reason,
  askedBy,
  askedAt,
  until,
}: SecurityPage['recoveries'][number] & { csrf: string }) {
  const { say, markup } = useSpeaker();
  return (
    <form class="warning" method="post" action={`/settings/security/recoveries/${id}/refuse`} data-recovery={id}>
      <Csrf value={csrf} />
      <p>
        {markup(SECURITY.recoveryAsked, {
          admin: <Foreign text={askedBy} limit={80} />,
          time: askedAt,
          reason: <Foreign text={reason} limit={200} />,
        })}
      </p>
      <p>{say(SECURITY.recoveryMeans, { time: until })}</p>
      <button type="submit" class="button danger" data-testid="refuse-recovery">
        {say(SECURITY.refuseRecovery)}
      </button>
    </form>
  );
}

/** Where this person is signed in, and one step to end each of it. */
function Sessions({ csrf, sessions }: Pick<SecurityPage, 'csrf' | 'sessions'>) {
  const { say } = useSpeaker();
  return (
    <section class="panel" aria-labelledby="sessions">
      <h2 id="sessions">{say(SECURITY.sessions)}</h2>
      <ul class="plain">
        {sessions.map(({ reference, isCurrent, how, since, seen }) => (
          <li class="listed" data-session={reference}>
            <span class="words">
              <Foreign text={how} limit={60} />{' '}
              <span class="quiet">
                {say(SECURITY.sessionSince, { time: since })} ·{' '}
                {isCurrent ? say(SECURITY.thisBrowser) : say(SECURITY.lastUsed, { time: seen })}
              </span>
            </span>
            {isCurrent ? null : (
              <form method="post" action="/settings/security/sessions/end">
                <Csrf value={csrf} />
                <button
                  type="submit"
                  name="session"
                  value={reference}
                  class="button small danger"
                  aria-label={say(SECURITY.endSessionOf, { time: since })}
                >
                  {say(SECURITY.endSession)}
                </button>
              </form>
            )}
          </li>
        ))}
      </ul>
      {sessions.length < 2 ? null : (
        <form method="post" action="/settings/security/sessions/end">
          <Csrf value={csrf} />
          <button type="submit" class="button danger wide" data-testid="end-others">
            {say(SECURITY.endOthers)}
          </button>
        </form>
      )}
    </section>
  );
}

/** Typing is hard for some, and a memory test for others (WCAG 3.3.7, 3.3.8). */
function HowToTouch({ csrf, chooses }: { csrf: string; chooses: boolean }) {
  const { say } = useSpeaker();
  return (
    <section class="panel" aria-labelledby="value">
      <h2 id="value">{say(SECURITY.value)}</h2>
      <form class="form" method="post" action="/settings/security/value">
        <Csrf value={csrf} />
        <label class="check">
          <input class="check-input" type="checkbox" name="chooses" value="1" checked={chooses} />{' '}
          {say(SECURITY.chooses)}
        </label>
        <p class="quiet">{say(SECURITY.choosesMeans)}</p>
        <button type="submit" class="button small">
          {say(SECURITY.save)}
        </button>
      </form>
    </section>
  );
}

interface Adding {
  csrf: string;
  back: string | undefined;
}

/** What a form with a passkey needs of the script, as attributes; the sentences are said where it cannot go on. */
export const passkeyForm = (
  { say }: Pick<Speaker, 'say'>,
  { request, creation }: { request?: string | undefined; creation?: string | undefined },
) => ({
  'data-passkey': '',
  'data-request': request,
  'data-creation': creation,
  'data-impossible': say(PASSKEY.impossible),
  'data-declined': say(PASSKEY.declined),
  'data-known': say(PASSKEY.known),
});

function One(props: ListedPasskey & { csrf: string }) {
  const { csrf, id, name, created, lastUsed, mayApproveFrom, kind, removal, approvesNothing = false } = props;
  const speaker = useSpeaker();
  const { say } = speaker;
  const shown = visible(name, 60);
  return (
    <section class="panel" aria-label={shown} data-passkey-id={id}>
      <h2>
        <Foreign text={name} limit={60} />
      </h2>
      <p class="quiet">
        {kind} {say(SECURITY.added, { time: created })}{' '}
        {lastUsed === undefined ? say(SECURITY.notUsed) : say(SECURITY.lastUsed, { time: lastUsed })}
      </p>
      <p class="quiet">
        {approvesNothing
          ? say(SECURITY.approvesNothing)
          : mayApproveFrom === undefined
            ? say(SECURITY.mayApprove)
            : say(SECURITY.mayApproveFrom, { time: mayApproveFrom })}
      </p>
      <details>
        <summary>{say(SECURITY.renameOrRemove)}</summary>
        <div class="sections">
          <form class="form" method="post" action={`/settings/security/passkeys/${id}/rename`}>
            <Csrf value={csrf} />
            <Field
              name="name"
              id={`name-${id}`}
              label={say(SECURITY.name)}
              autocomplete="off"
              maxLength={60}
              value={name}
            />
            <button type="submit" class="button small">
              {say(SECURITY.rename)}
            </button>
          </form>
          <form
            class="form"
            method="post"
            action={`/settings/security/passkeys/${id}/remove`}
            {...passkeyForm(speaker, { request: removal })}
          >
            <Csrf value={csrf} />
            <input type="hidden" name="assertion" value="" />
            <p class="note" role="status" data-note />
            <button type="submit" class="button small danger" aria-label={say(SECURITY.removeNamed, { name: shown })}>
              {say(SECURITY.remove)}
            </button>
          </form>
        </div>
      </details>
    </section>
  );
}

function Add(props: AddPasskey & Adding) {
  const { csrf, back, signInFirst, request, creation, wait, demonstration, deviceBound } = props;
  const speaker = useSpeaker();
  const { say } = speaker;
  return (
    <section class="panel" aria-labelledby="add">
      <h2 id="add">{say(SECURITY.add)}</h2>
      {signInFirst === undefined ? (
        <form
          class="form"
          method="post"
          action={`/settings/security/passkeys${back === undefined ? '' : `?return_to=${encodeURIComponent(back)}`}`}
          {...passkeyForm(speaker, { request, creation })}
        >
          <Csrf value={csrf} />
          {request === undefined ? null : <input type="hidden" name="assertion" value="" />}
          <input type="hidden" name="attestation" value="" />
          <Field
            name="name"
            label={say(SECURITY.name)}
            hint={say(SECURITY.nameHint)}
            autocomplete="off"
            maxLength={60}
          />
          <p class="quiet">
            {deviceBound ? say(SECURITY.onlyDeviceBound) : ''} {request === undefined ? '' : say(SECURITY.vouch)}{' '}
            {wait === undefined ? '' : say(SECURITY.waits, { time: wait })}{' '}
            {demonstration ? say(SECURITY.demonstration) : ''}
          </p>
          <noscript>
            <p class="note">{say(SECURITY.needsScript)}</p>
          </noscript>
          <p class="note" role="status" data-note />
          <button type="submit" class="button primary wide" data-testid="add-passkey">
            {say(SECURITY.add)}
          </button>
        </form>
      ) : (
        <>
          <p class="quiet">{say(SECURITY.signInFirst)}</p>
          <a class="button primary wide" href={signInFirst}>
            {say(SECURITY.signInAgain)}
          </a>
        </>
      )}
    </section>
  );
}
