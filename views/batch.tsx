import { HaveRead, ToHaveRead } from './have-read.tsx';
import { Csrf, ErrorSummary, type Frame, Layout, page } from './layout.tsx';
import { Foreign, Told, visible } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { DECISION } from './words/decision.ts';
import { INBOX } from './words/inbox.ts';

export interface BatchPage {
  frame: Frame;
  csrf: string;
  agentName: string;
  rows: readonly BatchRow[];
  /** Every row only reads: one button allows them all. */
  allReads: boolean;
  /** The form allowed something, and did not say that it was read. */
  unread?: boolean | undefined;
}

export interface BatchRow {
  id: string;
  requestHash: string;
  sentence: string;
  impactLine: string;
  /** For how long it is allowed: nothing longer is chosen here. */
  lasting: string;
  until: string;
  /** What was answered before something else had to be mended. */
  answer?: string | undefined;
}

/** Several requests of one agent for one action, each with its own answer, none chosen for the person. */
export const batchPage = (props: BatchPage): string => page(<Batch {...props} />, props.frame);

function Batch({ frame, csrf, agentName, rows, allReads, unread = false }: BatchPage) {
  const { say, markup } = useSpeaker();
  const title = say(INBOX.batchTitle, { agent: visible(agentName, 80), count: rows.length });
  return (
    <Layout frame={frame} title={title} error={unread} current="inbox" script="decide.js">
      {unread ? <Unread /> : null}
      <h1>{markup(INBOX.batchTitle, { agent: <Foreign text={agentName} limit={80} />, count: rows.length })}</h1>
      <form
        class="decision"
        method="post"
        action="/inbox/batch"
        data-guard
        data-read-first={say(DECISION.readFirst)}
        data-tick-first={say(DECISION.tickFirst)}
      >
        {/* Enter decides nothing, as on every decision page. */}
        <button type="submit" disabled hidden aria-hidden="true" tabIndex={-1} />
        <Csrf value={csrf} />
        {rows.map((row, index) => (
          <fieldset class="fieldset" data-request={row.id}>
            <legend class="label">
              <Told text={row.sentence} />
            </legend>
            <p class="hint">
              {row.impactLine} · {row.lasting} · {say(INBOX.batchUntil, { time: row.until })} ·{' '}
              <a href={`/r/${row.id}`}>{say(INBOX.review)}</a>
            </p>
            <input type="hidden" name={`request_${index}`} value={row.id} />
            <input type="hidden" name={`request_hash_${index}`} value={row.requestHash} />
            <div class="choices">
              {(['deny', 'allow'] as const).map((answer) => (
                <label class="choice">
                  <input
                    class="choice-input"
                    type="radio"
                    name={`answer_${index}`}
                    value={answer}
                    checked={row.answer === answer}
                  />
                  <span>{say(DECISION[answer])}</span>
                </label>
              ))}
            </div>
          </fieldset>
        ))}
        {/* Not before something is allowed: whoever only denies is not held back. */}
        <HaveRead missing={unread} required={unread} />
        <p class="note" role="status" data-note />
        <div class="buttons">
          {allReads ? (
            <button type="submit" name="decision" value="all_reads" class="button" data-testid="all-reads" data-guarded>
              {say(INBOX.allowAllReads)}
            </button>
          ) : null}
          <button
            type="submit"
            name="decision"
            value="chosen"
            class="button approve"
            data-testid="approve"
            data-guarded
          >
            {say(INBOX.answerChosen)}
          </button>
        </div>
      </form>
    </Layout>
  );
}

function Unread() {
  const { say } = useSpeaker();
  return (
    <ErrorSummary>
      <p>{say(DECISION.unread)}</p>
      <ul>
        <ToHaveRead />
      </ul>
    </ErrorSummary>
  );
}
