import { DenyReasons } from './deny-reasons.tsx';
import { Csrf, type Frame, type Impact, Layout, Pair, page } from './layout.tsx';
import { type HistoryEntry, Timeline } from './my-agents.tsx';
import { Foreign, Told, visible, visibleJson } from './text.tsx';
import { AGENTS } from './words/agents.ts';
import { useSpeaker } from './words/context.tsx';
import { RECEIPT } from './words/receipt.ts';
import { RESULT } from './words/result.ts';
import { IMPACT } from './words/shell.ts';
import { asItIs, type Said } from './words/words.ts';

export interface ReceiptPage {
  frame: Frame;
  csrf: string;
  id: string;
  agent: { id: string; name: string };
  /** The headline that was decided on, word for word. */
  sentence: string | undefined;
  impact: Impact;
  /** "allowed once", "denied". */
  outcome: Said;
  status: 'allowed' | 'denied' | 'info';
  /** Clock times. */
  askedAt: string;
  decidedAt: string | undefined;
  reason: Said | undefined;
  /** What the agent was told that it may ask for instead. */
  instead?: string | undefined;
  /** They said no, and did not say why: where they may. */
  denyReasons?: { action: string; csrf: string } | undefined;
  proof: Said | undefined;
  /** Everybody who approved, in order, where it was not the person alone. */
  approvedBy?: readonly Said[] | undefined;
  /** Which policy asked others. */
  policy?: Said | undefined;
  /** From the page to the decision. */
  seconds: number | undefined;
  task:
    | { alive: boolean; until: string; uses: { done: number; most: number } | undefined; stopAction: string }
    | undefined;
  screen: { erased: boolean; href: string } | undefined;
  requestHash: string;
  /** As it was hashed, as pretty JSON. */
  decision: string | undefined;
  decisionHash: string | undefined;
  timeline: readonly HistoryEntry[];
}

/** One decision: what was asked in the words it was asked in, what was answered, and what came of it. */
export const receiptPage = (props: ReceiptPage): string => page(<Receipt {...props} />, props.frame);

function Receipt(props: ReceiptPage) {
  const { frame, agent, sentence = '', impact, outcome, status, task, screen, timeline } = props;
  const { say, markup } = useSpeaker();
  return (
    <Layout
      frame={frame}
      title={asItIs(visible(`${say(RECEIPT.title)}: ${agent.name}`))}
      current="agents"
      footnote={markup(RECEIPT.savedAs, { link: <code>{props.id.slice(0, 12)}</code> })}
    >
      <h1 class="ask">
        <span class="asker">
          {markup(RECEIPT.askedTo, {
            agent: (
              <a href={`/agents/${agent.id}`}>
                <Foreign text={agent.name} limit={80} />
              </a>
            ),
          })}{' '}
        </span>
        <span class="asked">
          <Told text={sentence} />
        </span>
      </h1>
      <p class="verdict" data-status={status}>
        <span class="symbol" aria-hidden="true">
          {MARKS[status]}
        </span>{' '}
        <span>{say(RECEIPT.verdict, { outcome })}</span>
      </p>
      <dl class="facts">
        <Pair label={say(RECEIPT.asked)}>
          {props.askedAt} · {say(IMPACT[impact])}
        </Pair>
        {props.decidedAt === undefined ? null : (
          <Pair label={say(RECEIPT.decided)}>
            {props.seconds === undefined
              ? props.decidedAt
              : say(RECEIPT.afterSeconds, { time: props.decidedAt, count: Math.max(1, Math.round(props.seconds)) })}
          </Pair>
        )}
        {props.reason === undefined ? null : <Pair label={say(RECEIPT.reason)}>{props.reason}</Pair>}
        {props.instead === undefined ? null : (
          <Pair label={say(RECEIPT.instead)}>
            <Told text={props.instead} />
          </Pair>
        )}
        {props.proof === undefined ? null : <Pair label={say(RECEIPT.proof)}>{props.proof}</Pair>}
        {props.approvedBy === undefined || props.approvedBy.length === 0 ? null : (
          <Pair label={say(RECEIPT.approvedBy)}>
            <ol class="plain">
              {props.approvedBy.map((one) => (
                <li>
                  <bdi>{one}</bdi>
                </li>
              ))}
            </ol>
          </Pair>
        )}
        {props.policy === undefined ? null : (
          <Pair label={say(RECEIPT.policy)}>
            <bdi>{props.policy}</bdi>
          </Pair>
        )}
        {task === undefined ? null : (
          <Pair label={say(task.alive ? RECEIPT.holds : RECEIPT.ended)}>
            {task.alive ? say(AGENTS.until, { time: task.until }) : task.until}
          </Pair>
        )}
        {task?.uses === undefined ? null : (
          <Pair label={say(RECEIPT.used)}>{say(RECEIPT.usedOf, { uses: task.uses.done, most: task.uses.most })}</Pair>
        )}
      </dl>
      {task?.alive ? (
        <form class="form" method="post" action={task.stopAction}>
          <Csrf value={props.csrf} />
          <button type="submit" class="button danger wide" data-testid="stop">
            {say(RESULT.stopNow)}
          </button>
          <p class="quiet">{say(AGENTS.stopMeans)}</p>
        </form>
      ) : null}
      {props.denyReasons === undefined ? null : <DenyReasons {...props.denyReasons} />}
      {screen === undefined ? null : (
        <section class="panel" aria-labelledby="screen">
          <h2 id="screen">{say(RECEIPT.screen)}</h2>
          {screen.erased ? (
            <p class="quiet">{say(RECEIPT.screenErased)}</p>
          ) : (
            <>
              <p class="quiet">{say(RECEIPT.screenLead)}</p>
              <a class="button" href={screen.href} data-testid="screen">
                {say(RECEIPT.screen)}
              </a>
            </>
          )}
        </section>
      )}
      <section class="panel" aria-labelledby="history">
        <h2 id="history">{say(RECEIPT.happened)}</h2>
        {timeline.length === 0 ? <p class="quiet">{say(AGENTS.nothingYet)}</p> : <Timeline entries={timeline} />}
      </section>
      <ExactDecision {...props} />
    </Layout>
  );
}

const MARKS = { allowed: '✓', denied: '✕', info: 'i' } as const;

function ExactDecision({ requestHash, decision, decisionHash }: ReceiptPage) {
  const { say } = useSpeaker();
  return (
    <details class="more">
      <summary>{say(RECEIPT.exact)}</summary>
      <dl class="pairs">
        <Pair label={say(RECEIPT.request)}>
          <code>{requestHash}</code>
        </Pair>
        {decisionHash === undefined ? null : (
          <Pair label={say(RECEIPT.decision)}>
            <code>{decisionHash}</code>
          </Pair>
        )}
      </dl>
      {decision === undefined ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1)
        <section class="exact" aria-label={say(RECEIPT.exact)} tabIndex={0}>
          <pre>{visibleJson(decision)}</pre>
        </section>
      )}
    </details>
  );
}

/** In a list or on a result: the way to the receipt. */
export function ReceiptLink({ id }: { id: string }) {
  const { markup } = useSpeaker();
  return (
    <p class="quiet">
      {markup(RECEIPT.savedAs, {
        link: (
          <a href={`/receipts/${id}`}>
            <Foreign text={id.slice(0, 12)} />
          </a>
        ),
      })}
    </p>
  );
}
