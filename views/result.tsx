import { Csrf, type Frame, Layout, Pair, page } from './layout.tsx';
import { Foreign, followable, visible } from './text.tsx';

export interface ResultPage {
  frame: Frame;
  /** What happened; the heading. */
  title: string;
  /** What that means. */
  message: string;
  detail?: string | undefined;
  status: 'allowed' | 'denied' | 'info' | 'error';
  receipt?: readonly { label: string; value: string }[] | undefined;
  /** Where the agent waits. `automatic` goes there at once, without script; the link is there either way. */
  continueTo?: { url: string; label: string; automatic: boolean } | undefined;
  /** Takes back what was just allowed, in one step. */
  stop?: { action: string; csrf: string; label: string } | undefined;
  /** Asks why, once the denial has happened. Posts `reason`. */
  denyReasons?: { action: string; csrf: string } | undefined;
}

/** U5, U6, U8: what a decision led to. A page and no redirect, so that `form-action` can stay 'self' (D11). */
export const resultPage = (props: ResultPage): string => page(<Result {...props} />);

/** Heading and meaning of a result, to be spread into {@link ResultPage}. */
export type ResultWords = Pick<ResultPage, 'title' | 'message' | 'status'>;

/** U5. */
export const deniedWords = (agentName: string): ResultWords => ({
  title: `Denied. ${visible(agentName, 80)} was told no.`,
  message: 'Nothing was changed and nothing was shared.',
  status: 'denied',
});

/** A reason was given after a denial. */
export const thankedWords: ResultWords = {
  title: 'Thank you.',
  message: 'Your reason was noted.',
  status: 'info',
};

/** U5-3. */
export const reportedWords: ResultWords = {
  title: 'Thank you. This agent is paused for you.',
  message:
    'It gets nothing and cannot ask you, and whoever looks after agents was told. You can let it ask again under Your agents.',
  status: 'info',
};

/** U6. `duration` as in "once", "for 1 hour"; `headline` as on the decision page; `until` a clock time. */
export const allowedWords = (given: Record<'agentName' | 'duration' | 'headline' | 'until', string>): ResultWords => ({
  title: `Allowed ${given.duration}.`,
  message: `${visible(given.agentName, 80)} may ${given.headline} until ${given.until}.`,
  status: 'allowed',
});

/** U8: 410. */
export const expiredWords = (at: string): ResultWords => ({
  title: `This request expired at ${at}.`,
  message: 'Nothing was allowed. Ask the agent to try again.',
  status: 'info',
});

/** A stop ended it while it waited: 410. */
export const stoppedWords: ResultWords = {
  title: 'This agent was stopped.',
  message: 'Its request ended with it. Nothing was allowed.',
  status: 'info',
};

/** U2-6: 409. */
export const changedWords: ResultWords = {
  title: 'This request has changed.',
  message: 'Nothing was allowed. Ask the agent to try again.',
  status: 'error',
};

/** U2-7, U3-7. `outcome` as in "allowed once", "denied". */
export const alreadyDecidedWords = (given: { at: string; outcome: string }): ResultWords => ({
  title: `Already decided by you at ${given.at} (${given.outcome}).`,
  message: 'It is decided once. To take something back, open Your agents.',
  status: 'info',
});

/** U3-1: the same for an id that never was and for somebody else's request. */
export const nothingHereWords: ResultWords = {
  title: 'Nothing to review here.',
  message: 'There is nothing at this address that waits for you.',
  status: 'info',
};

const MARKS = { allowed: '✓', denied: '✕', info: 'i', error: '!' } as const;

const DENY_REASONS = [
  ['details_wrong', 'Details are wrong'],
  ['too_much', 'Too much access'],
  ['not_now', 'Not now'],
  ['not_me', 'I did not start this'],
] as const;

function Result(props: ResultPage) {
  const { frame, title, message, detail, status, receipt, continueTo, stop, denyReasons } = props;
  const url = continueTo && followable(continueTo.url);
  return (
    <Layout
      frame={frame}
      title={title.replace(/\.$/u, '')}
      error={status === 'error'}
      refreshTo={continueTo?.automatic ? url : undefined}
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
      {denyReasons === undefined ? null : <DenyReasons {...denyReasons} />}
      {frame.person === undefined ? null : (
        <p>
          <a class="small-link" href="/inbox">
            Back to your inbox
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
      <h1>{title}</h1>{' '}
      <p class="message" role={status === 'error' ? 'alert' : 'status'}>
        {message}
      </p>
      {detail === undefined ? null : <p class="lead">{detail}</p>}
    </div>
  );
}

function DenyReasons({ action, csrf }: NonNullable<ResultPage['denyReasons']>) {
  return (
    <form class="form" method="post" action={action}>
      <Csrf value={csrf} />
      <h2>Why? (optional)</h2>
      <div class="chips">
        {DENY_REASONS.map(([value, label]) => (
          <button type="submit" name="reason" value={value} class="button chip">
            {label}
          </button>
        ))}
      </div>
    </form>
  );
}
