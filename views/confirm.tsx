import { ImpactLine } from './decision.tsx';
import { Csrf, ErrorSummary, type Frame, type Impact, Layout, Pair, page } from './layout.tsx';
import { passkeyForm } from './security.tsx';
import { Foreign, type Part, Sentence, visible } from './text.tsx';
import { CEREMONY } from './words/ceremony.ts';
import { useSpeaker } from './words/context.tsx';
import { DECISION } from './words/decision.ts';
import type { Language } from './words/language.ts';
import { asItIs, type Said } from './words/words.ts';

export interface ConfirmPage {
  frame: Frame;
  csrf: string;
  /** Where the decision page is, and this form is posted. */
  action: string;
  requestHash: string;
  /** Names this very page in the evidence of the decision, and the page of six facts before it. */
  screen: string;
  readScreen: string | undefined;
  /** What the passkey signs, base64url. */
  decisionHash: string;
  agentName: string;
  /** After narrowing. */
  headline: readonly Part[];
  /** Where it is not the page's own. */
  taskLanguage?: Language | undefined;
  impact: Impact;
  impactLine: string;
  impactSymbol: string;
  duration: Said;
  /** Who approves after this person, or approved before them. */
  approvals: Said | undefined;
  /** What confirms it. */
  by: ConfirmedBy;
  /** It can be opened on another device as well. */
  inInbox: boolean;
  error?: Said | undefined;
}

export type ConfirmedBy =
  /** What the passkey is asked, as JSON. */
  | { request: string }
  /** Where somebody without one may sign in again. */
  | { providers: readonly { id: string; name: string }[] }
  /** That they did, and the verb of the task. */
  | { signedIn: Said; button: Said };

/** U4: the decision once more, as it will be signed. Not like a sign-in, because it is none. */
export const confirmPage = (props: ConfirmPage): string => page(<Confirm {...props} />, props.frame);

function Confirm(props: ConfirmPage) {
  const { frame, csrf, action, requestHash, decisionHash, agentName, headline, impact, taskLanguage, error } = props;
  const speaker = useSpeaker();
  const { say, markup } = speaker;
  const title = `${say(CEREMONY.confirm, { agent: agentName })} ${headline.map(({ text }) => text).join('')}`;
  return (
    <Layout
      frame={frame}
      title={asItIs(visible(title, 160))}
      error={error !== undefined}
      script={'request' in props.by ? 'passkey.js' : undefined}
      impact={impact}
    >
      {error === undefined ? null : (
        <ErrorSummary>
          <p>{error}</p>
        </ErrorSummary>
      )}
      <h1 class="ask">
        <span class="asker">{markup(CEREMONY.confirm, { agent: <Foreign text={agentName} limit={80} /> })} </span>
        <span class="asked" lang={taskLanguage}>
          <Sentence parts={headline} />
        </span>
      </h1>
      <ImpactLine symbol={props.impactSymbol} line={props.impactLine} level={impact} language={taskLanguage} />
      <dl class="facts">
        <Pair label={say(DECISION.duration)}>{props.duration}</Pair>
        {props.approvals === undefined ? null : (
          <Pair label={say(CEREMONY.approvals)}>
            <bdi>{visible(props.approvals, 160)}</bdi>
          </Pair>
        )}
        <Pair label={say(DECISION.fingerprint)}>
          <code>{decisionHash.slice(0, 12)}</code>
        </Pair>
      </dl>
      <p class="quiet">
        {'request' in props.by
          ? say(CEREMONY.signsExactly)
          : 'signedIn' in props.by
            ? props.by.signedIn
            : say(CEREMONY.confirmsExactly)}
      </p>
      <form
        class="decision"
        method="post"
        action={action}
        {...('request' in props.by && passkeyForm(speaker, { request: props.by.request }))}
      >
        <Csrf value={csrf} />
        <input type="hidden" name="request_hash" value={requestHash} />
        <input type="hidden" name="screen" value={props.screen} />
        {props.readScreen === undefined ? null : <input type="hidden" name="read_screen" value={props.readScreen} />}
        <input type="hidden" name="decision" value="approve" />
        <input type="hidden" name="decision_hash" value={decisionHash} />
        {'request' in props.by ? <ByPasskey {...props} /> : null}
        {'signedIn' in props.by ? <input type="hidden" name="proof" value="sign_in" /> : null}
        <div class="buttons">
          <a class="button deny" href={action} data-testid="back">
            {say(CEREMONY.back)}
          </a>
          {'providers' in props.by ? (
            props.by.providers.map(({ id, name }) => (
              <button type="submit" name="provider" value={id} class="button approve" data-testid="sign-in-again">
                <span>{markup(CEREMONY.signInAgain, { provider: <Foreign text={name} limit={60} /> })}</span>
              </button>
            ))
          ) : (
            <button
              type="submit"
              class="button approve"
              data-testid="confirm"
              lang={'signedIn' in props.by ? taskLanguage : undefined}
            >
              {'signedIn' in props.by ? props.by.button : say(CEREMONY.confirmWithPasskey)}
            </button>
          )}
        </div>
      </form>
    </Layout>
  );
}

function ByPasskey({ inInbox }: Pick<ConfirmPage, 'inInbox'>) {
  const { say } = useSpeaker();
  return (
    <>
      <input type="hidden" name="assertion" value="" />
      <noscript>
        <p class="note">{say(inInbox ? CEREMONY.needsScript : CEREMONY.needsScriptHere)}</p>
      </noscript>
      <p class="note" role="status" data-note />
    </>
  );
}
