import { type Frame, type Impact, Layout, page } from './layout.tsx';
import { type HistoryEntry, Timeline } from './my-agents.tsx';
import { Foreign, Told } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { DECISION } from './words/decision.ts';
import { INBOX } from './words/inbox.ts';
import { NOTIFICATIONS } from './words/notifications.ts';
import { IMPACT, SHELL } from './words/shell.ts';
import type { Said } from './words/words.ts';

export interface InboxPage {
  frame: Frame;
  /** In the order to be read: highest impact first, then the one that expires first. */
  waiting: readonly WaitingRequest[];
  /** How many of today's requests ended in each way. */
  earlier: { allowed: number; denied: number; expired: number };
  recent: readonly HistoryEntry[];
  /** Requests that are alike, and can be answered on one page (U7-3). */
  together?: readonly { href: string; label: Said }[] | undefined;
  /** Requests of the last day that were not announced, and where each of them stands. */
  quiet?: readonly { sentence: Said; href: string }[] | undefined;
  /** Whether anything reaches this person outside of these pages; undefined: not said. */
  notified?: boolean | undefined;
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
  /** Somebody else decided first, and this person is the second. */
  secondFor?: Said | undefined;
  /** The agent may not notify this person: nobody introduced it. */
  first?: boolean | undefined;
}

/** U7: what waits for this person. Nothing here decides. */
export const inboxPage = (props: InboxPage): string => page(<Inbox {...props} />, props.frame);

function Inbox({ frame, waiting, earlier, recent, quiet = [], together = [], notified, events }: InboxPage) {
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(SHELL.inbox)} current="inbox" script="inbox.js" width="wide">
      <div class="heading">
        <h1>{say(SHELL.inbox)}</h1>
        {notified === undefined ? null : (
          <a class="small-link" href="/settings/notifications" data-testid="notified">
            {say(notified ? INBOX.notified : INBOX.notNotified)}
          </a>
        )}
      </div>
      {/* Outside of what the script replaces, or the change would not be read out. */}
      <p class="unseen" id="inbox-news" role="status" />
      <div class="sections" id="inbox" data-events={events}>
        <section class="section" aria-labelledby="waiting">
          <h2 id="waiting">
            {waiting.length === 0 ? say(INBOX.nothingWaits) : say(INBOX.waiting, { count: waiting.length })}
          </h2>
          {waiting.length === 0 ? (
            <p class="quiet">{say(INBOX.findHere)}</p>
          ) : (
            <ul class="waiting">
              {waiting.map((request) => (
                <Waiting {...request} />
              ))}
            </ul>
          )}
          {together.map(({ href, label }) => (
            <p>
              <a class="small-link" href={href}>
                {label}
              </a>
            </p>
          ))}
        </section>
        {quiet.length === 0 ? null : (
          <section class="section" aria-labelledby="quiet">
            <h2 id="quiet">{say(INBOX.quiet)}</h2>
            <ul class="plain">
              {quiet.map(({ sentence, href }) => (
                <li class="quiet">
                  <Told text={sentence} />{' '}
                  <a class="small-link" href={href} aria-label={say(INBOX.showThese, { sentence })}>
                    {say(INBOX.show)}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        )}
        <section class="section" aria-labelledby="earlier">
          <h2 id="earlier">{say(INBOX.earlier)}</h2>
          <p class="quiet">{say(INBOX.tally, earlier)}</p>
          {recent.length === 0 ? null : <Timeline entries={recent} />}
        </section>
      </div>
    </Layout>
  );
}

function Waiting({ href, agentName, headline, impact, impactSymbol, expiresAt, secondFor, first }: WaitingRequest) {
  const { say, markup } = useSpeaker();
  return (
    <li>
      <a class="waiting-link" href={href}>
        <span class="symbol" data-level={impact} aria-hidden="true">
          {impactSymbol}
        </span>
        <span class="words">
          <span class="quiet">{markup(DECISION.wantsTo, { agent: <Foreign text={agentName} limit={80} /> })}</span>{' '}
          <strong>
            <Told text={headline} />
          </strong>{' '}
          {first ? <span class="tag">{say(NOTIFICATIONS.firstRequest)}</span> : null}{' '}
          <span class="quiet">
            {say(INBOX.until, { impact: say(IMPACT[impact]), time: expiresAt })}
            {secondFor === undefined ? null : (
              <>
                {' · '}
                <bdi>{secondFor}</bdi>
              </>
            )}
          </span>
        </span>{' '}
        <span class="review">{say(INBOX.review)}</span>
      </a>
    </li>
  );
}
