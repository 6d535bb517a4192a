import { DenyReasons } from './deny-reasons.tsx';
import { Csrf, type Frame, Layout, Pair, page } from './layout.tsx';
import { ReceiptLink } from './receipt.tsx';
import { Foreign, followable, Told, visible } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { RESULT } from './words/result.ts';
import { SHELL } from './words/shell.ts';
import type { Speaker } from './words/speaker.ts';
import { asItIs, type Said } from './words/words.ts';

export interface ResultPage {
  frame: Frame;
  /** What happened; the heading. */
  title: Said;
  /** What that means. */
  message: Said;
  detail?: Said | undefined;
  status: 'allowed' | 'denied' | 'info' | 'error';
  receipt?: readonly { label: Said; value: string }[] | undefined;
  /** Where this stays: the approval's id. */
  savedAs?: string | undefined;
  /** Where the agent waits. `automatic` goes there at once, without script; the link is there either way. */
  continueTo?: { url: string; label: Said; automatic: boolean } | undefined;
  /** Takes back what was just allowed, in one step. */
  stop?: { action: string; csrf: string; label: Said } | undefined;
  /** What was allowed several times may repeat without asking. */
  repeat?: { action: string; csrf: string; words: Said; label: Said } | undefined;
  /** Somebody else has to decide too: the page looks by itself whether they did. */
  waiting?: boolean | undefined;
  /** Goes back to the agent without an answer. Posts `decision=leave`. */
  leave?: { action: string; csrf: string; requestHash: string; label: Said } | undefined;
  /** Takes back what others were asked. Posts `decision=deny`. */
  withdraw?: ResultPage['leave'];
  /** The agent's own page: what else it may do, and how to keep it from asking. */
  manage?: string | undefined;
  /** Asks why, once the denial has happened. Posts `reason`. */
  denyReasons?: { action: string; csrf: string } | undefined;
}

/** U5, U6, U8: what a decision led to. A page and no redirect, so that `form-action` can stay 'self' (D11). */
export const resultPage = (props: ResultPage): string => page(<Result {...props} />, props.frame);

/** Heading and meaning of a result, to be spread into {@link ResultPage}. */
export type ResultWords = Pick<ResultPage, 'title' | 'message' | 'status'>;

/** U5. */
export const deniedWords = ({ say }: Speaker, agentName: string): ResultWords => ({
  title: say(RESULT.denied, { agent: visible(agentName, 80) }),
  message: say(RESULT.deniedMeans),
  status: 'denied',
});

/** U5. For how long it is quiet now: about this, or altogether. */
export const quietWords = (
  { say }: Speaker,
  agent: string,
  { because, time }: { because: string; time: string },
): Said =>
  say(because === 'agent_muted' ? RESULT.cannotAsk : RESULT.cannotAskThis, { agent: visible(agent, 80), time });

/** U2, T5: it was denied, and the agent told what it may ask for instead. `task` as on its own page. */
export const insteadWords = ({ say }: Speaker, agent: string, task: string): Said =>
  say(RESULT.toldInstead, { agent: visible(agent, 80), task });

/** A reason was given after a denial. */
export const thankedWords = ({ say }: Speaker): ResultWords => ({
  title: say(RESULT.thanks),
  message: say(RESULT.reasonNoted),
  status: 'info',
});

/** U5-3. */
export const reportedWords = ({ say }: Speaker): ResultWords => ({
  title: say(RESULT.reported),
  message: say(RESULT.reportedMeans),
  status: 'info',
});

/** U6. `task` as on the decision page; `until` a clock time. */
export const allowedWords = (
  { say }: Speaker,
  { once, agentName, task, until }: { once: boolean } & Record<'agentName' | 'task' | 'until', string>,
): ResultWords => ({
  title: say(once ? RESULT.allowedOnce : RESULT.allowedForNow),
  message: say(RESULT.mayUntil, { agent: visible(agentName, 80), task, time: until }),
  status: 'allowed',
});

/** How far something may repeat: days in all, uses in all, uses within 24 hours. */
type Repeating = Record<'days' | 'uses' | 'daily', number>;

/** U6-4. What may repeat without asking, as a sentence. */
export const repeatOffer = ({ say }: Speaker, approvals: number, { days, uses, daily }: Repeating) => ({
  words: say(RESULT.repeatWords, { count: approvals }),
  label: say(RESULT.repeat, { days, count: uses, daily }),
});

export const repeatedWords = ({ say }: Speaker, task: string, { days, uses, daily }: Repeating): ResultWords => ({
  title: say(RESULT.repeated, { days, count: uses, daily }),
  message: say(RESULT.repeatedMeans, { task }),
  status: 'allowed',
});

export const repeatGoneWords = ({ say }: Speaker): ResultWords => ({
  title: say(RESULT.repeatGone),
  message: say(RESULT.repeatGoneMeans),
  status: 'info',
});

/** A6-5. `policy` is what the organization says about it. */
export const blockedWords = ({ say }: Speaker, policy: string): ResultWords => ({
  title: say(RESULT.blocked),
  message: say(RESULT.blockedBy, { policy: visible(policy, 200) }),
  status: 'info',
});

/** U8: 410. */
export const expiredWords = ({ say }: Speaker, time: Said): ResultWords => ({
  title: say(RESULT.expired, { time }),
  message: say(RESULT.askAgain),
  status: 'info',
});

/** A stop ended it while it waited: 410. */
export const stoppedWords = (
  { say }: Speaker,
  { stoppedBySecurity = false, stoppedAlone = false }: { stoppedBySecurity?: boolean; stoppedAlone?: boolean },
): ResultWords => ({
  title: say(stoppedBySecurity ? RESULT.stoppedBySecurity : stoppedAlone ? RESULT.endedAlone : RESULT.stopped),
  message: say(stoppedAlone && !stoppedBySecurity ? RESULT.endedAloneMeans : RESULT.stoppedMeans),
  status: 'info',
});

/** U2-6: 409. */
export const changedWords = ({ say }: Speaker): ResultWords => ({
  title: say(RESULT.changed),
  message: say(RESULT.askAgain),
  status: 'error',
});

/** U2-7, U3-7. `outcome` as in "allowed once", "denied". */
export const alreadyDecidedWords = (
  { say }: Speaker,
  { time, outcome, by }: { time: Said; outcome: Said; by: keyof typeof DECIDED },
): ResultWords => ({
  title: say(DECIDED[by], { time, outcome }),
  message: say(RESULT.decidedOnce),
  status: 'info',
});

/** By whoever reads it, here or on another device, or by somebody else. */
const DECIDED = {
  you: RESULT.alreadyDecided,
  elsewhere: RESULT.decidedElsewhere,
  others: RESULT.alreadyDecidedByOthers,
};

/** U3-1: the same for an id that never was and for somebody else's request. */
export const nothingHereWords = ({ say }: Speaker): ResultWords => ({
  title: say(RESULT.nothingHere),
  message: say(RESULT.nothingHereMeans),
  status: 'info',
});

const MARKS = { allowed: '✓', denied: '✕', info: 'i', error: '!' } as const;

function Result(props: ResultPage) {
  const { say } = useSpeaker();
  const { frame, title, message, detail, status, receipt, continueTo, stop } = props;
  const { savedAs, repeat, denyReasons, waiting, leave, withdraw } = props;
  const url = continueTo && followable(continueTo.url);
  return (
    <Layout
      frame={frame}
      title={asItIs(title.replace(/\.$/u, ''))}
      error={status === 'error'}
      refreshTo={continueTo?.automatic ? url : undefined}
      script={waiting ? 'waiting.js' : undefined}
    >
      <Outcome {...{ title, message, detail, status }} />
      {receipt === undefined || receipt.length === 0 ? null : (
        <dl class="facts receipt">
          {receipt.map(({ label, value }) => (
            <Pair label={label}>
              <Foreign text={value} limit={400} />
            </Pair>
          ))}
        </dl>
      )}
      {continueTo === undefined || url === undefined ? null : (
        <a class="button primary wide" href={url} rel="noreferrer">
          {continueTo.label}
        </a>
      )}
      {stop === undefined ? null : (
        <form method="post" action={stop.action}>
          <Csrf value={stop.csrf} />
          <button type="submit" class="button danger wide" data-testid="stop">
            {stop.label}
          </button>
        </form>
      )}
      {repeat === undefined ? null : (
        <form class="form" method="post" action={repeat.action}>
          <Csrf value={repeat.csrf} />
          <p>{repeat.words}</p>
          <button type="submit" class="button wide" data-testid="repeat">
            {repeat.label}
          </button>
        </form>
      )}
      {leave === undefined ? null : (
        <form method="post" action={leave.action}>
          <Csrf value={leave.csrf} />
          <input type="hidden" name="request_hash" value={leave.requestHash} />
          <button type="submit" name="decision" value="leave" class="button wide" data-testid="leave">
            {leave.label}
          </button>
        </form>
      )}
      {withdraw === undefined ? null : (
        <form method="post" action={withdraw.action}>
          <Csrf value={withdraw.csrf} />
          <input type="hidden" name="request_hash" value={withdraw.requestHash} />
          <button type="submit" name="decision" value="deny" class="button wide" data-testid="withdraw">
            {withdraw.label}
          </button>
        </form>
      )}
      {denyReasons === undefined ? null : <DenyReasons {...denyReasons} />}
      {savedAs === undefined ? null : <ReceiptLink id={savedAs} />}
      {frame.person === undefined ? null : (
        <p>
          {props.manage === undefined ? null : (
            <>
              <a class="small-link" href={props.manage}>
                {say(RESULT.manage)}
              </a>{' '}
            </>
          )}
          <a class="small-link" href="/inbox">
            {say(SHELL.backToInbox)}
          </a>
        </p>
      )}
    </Layout>
  );
}

/** The heading of a page that reports something. */
export function Outcome({
  title,
  message,
  detail,
  status,
}: Pick<ResultPage, 'title' | 'message' | 'detail' | 'status'>) {
  return (
    <div class="outcome-block">
      <span class="mark" data-status={status} aria-hidden="true">
        {MARKS[status]}
      </span>
      <h1>
        <Told text={title} />
      </h1>{' '}
      <p class="message" role={status === 'error' ? 'alert' : 'status'}>
        <Told text={message} />
      </p>
      {detail === undefined ? null : (
        <p class="lead">
          <Told text={detail} />
        </p>
      )}
    </div>
  );
}
