import { type Frame, type Impact, Layout, page } from './layout.tsx';
import { Timeline } from './my-agents.tsx';
import { Foreign } from './text.tsx';

export interface InboxPage {
  frame: Frame;
  /** In the order to be read: highest impact first, then the one that expires first. */
  waiting: readonly WaitingRequest[];
  /** How many of today's requests ended in each way. */
  earlier: { allowed: number; denied: number; expired: number };
  recent: readonly { text: string; at: string; outcome: string }[];
  /** An event stream that sends `inbox` when something changed; without one the page asks every few seconds. */
  events?: string | undefined;
}

export interface WaitingRequest {
  href: string;
  agentName: string;
  /** "refund EUR 4,200.00 to Nordwind GmbH". */
  headline: string;
  impact: Impact;
  impactSymbol: string;
  /** A clock time. */
  expiresAt: string;
}

/** U7: what waits for this person. Nothing here decides. */
export const inboxPage = (props: InboxPage): string => page(<Inbox {...props} />);

const LEVELS = { low: 'Low', medium: 'Medium', high: 'High', critical: 'Critical' } as const;

function Inbox({ frame, waiting, earlier, recent, events }: InboxPage) {
  return (
    <Layout frame={frame} title="Inbox" current="inbox" script="inbox.js" width="wide">
      <h1>Inbox</h1>
      {/* Outside of what the script replaces, or the change would not be read out. */}
      <p class="unseen" id="inbox-news" role="status" />
      <div class="sections" id="inbox" data-events={events}>
        <section class="section" aria-labelledby="waiting">
          <h2 id="waiting">
            {waiting.length === 0 ? 'Nothing is waiting for you' : `Waiting for you (${waiting.length})`}
          </h2>
          {waiting.length === 0 ? (
            <p class="quiet">When an agent needs your decision, you will find it here.</p>
          ) : (
            <ul class="waiting">
              {waiting.map((request) => (
                <Waiting {...request} />
              ))}
            </ul>
          )}
        </section>
        <section class="section" aria-labelledby="earlier">
          <h2 id="earlier">Earlier today</h2>
          <p class="quiet">
            {earlier.allowed} allowed · {earlier.denied} denied · {earlier.expired} expired
          </p>
          {recent.length === 0 ? null : <Timeline entries={recent} />}
        </section>
      </div>
    </Layout>
  );
}

function Waiting({ href, agentName, headline, impact, impactSymbol, expiresAt }: WaitingRequest) {
  return (
    <li>
      <a class="waiting-link" href={href}>
        <span class="symbol" data-level={impact} aria-hidden="true">
          {impactSymbol}
        </span>
        <span class="words">
          <span class="quiet">
            <Foreign text={agentName} limit={80} /> wants to
          </span>{' '}
          <strong dir="auto">{headline}</strong>{' '}
          <span class="quiet">
            {LEVELS[impact]} impact · until {expiresAt}
          </span>
        </span>{' '}
        <span class="review">Review</span>
      </a>
    </li>
  );
}
