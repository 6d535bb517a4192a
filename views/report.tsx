import { Csrf, type Frame, Layout, page } from './layout.tsx';
import { Foreign, Told, visible } from './text.tsx';
import { CEREMONY } from './words/ceremony.ts';
import { useSpeaker } from './words/context.tsx';
import { RECEIPT } from './words/receipt.ts';
import { DENY_REASONS, REPORT } from './words/result.ts';
import { SHELL } from './words/shell.ts';

export interface ReportPage {
  frame: Frame;
  csrf: string;
  agentName: string;
  /** As on the decision page. */
  sentence: string | undefined;
  /** Where it is said: a request that waits is denied by it, and then posts `decision` and `reason`. */
  action: string;
  /** Of a request that waits. */
  requestHash: string | undefined;
  /** The page that led here. */
  back: string;
  requestId: string;
}

/** What to do about a request that nobody started: one step, and what it means before it (§3.2, WCAG 3.2.6). */
export const reportPage = (props: ReportPage): string => page(<Report {...props} />, props.frame);

function Report({ frame, csrf, agentName, sentence = '', action, requestHash, back, requestId }: ReportPage) {
  const { say, markup } = useSpeaker();
  return (
    <Layout frame={frame} title={say(SHELL.report)}>
      <h1>{say(SHELL.report)}</h1>
      <p class="lead">
        {markup(RECEIPT.askedTo, { agent: <Foreign text={agentName} limit={80} /> })}{' '}
        <strong>
          <Told text={sentence} />
        </strong>
      </p>
      <p>
        {say(REPORT.means, { agent: visible(agentName, 80) })}
        {requestHash === undefined ? null : ` ${say(REPORT.denied)}`}
      </p>
      <form method="post" action={action}>
        <Csrf value={csrf} />
        {requestHash === undefined ? null : (
          <>
            <input type="hidden" name="request_hash" value={requestHash} />
            <input type="hidden" name="decision" value="deny" />
          </>
        )}
        <button type="submit" name="reason" value="not_me" class="button danger wide" data-testid="not-me">
          {say(DENY_REASONS.not_me)}
        </button>
      </form>
      <p class="quiet">{markup(REPORT.otherwise, { id: <code>{requestId}</code> })}</p>
      <p>
        <a class="small-link" href={back}>
          {say(CEREMONY.back)}
        </a>
      </p>
    </Layout>
  );
}
