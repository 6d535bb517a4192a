import { page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { OVERVIEW } from '../words/console-overview.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';
import { Section } from './detail.tsx';
import { Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface OverviewPage {
  frame: AdminFrame;
  /** Figures, each with the list that it counts (A1). */
  figures: readonly Figure[];
  standing: readonly { href: string; name: string; reason: string; since: Said }[];
  /** Of the last days: what almost everybody allows almost at once. */
  unread: { days: number; prompts: readonly UnreadPrompt[] };
  /** Tokens of the last 24 hours, an hour each, oldest first. */
  tokens: readonly { hour: string; count: number }[];
  /** What this server refused, in the same hours. */
  refusals: readonly { hour: string; count: number }[];
}

export interface Figure {
  /** What it counts, as a name for tests. */
  name: string;
  label: Said;
  count: number;
  href?: string | undefined;
  /** Somebody should look at it where it is not zero. */
  attention?: boolean | undefined;
}

/** How people answered when they were asked for one action: each figure with the questions that it is made of. */
export interface UnreadPrompt {
  action: string;
  href: string;
  asked: { count: number; href: string };
  allowed: { percent: number; href: string };
  median: { seconds: number; href: string };
  policy: string;
}

/** A1: what an administrator has to know before anything else, each figure a way to what it counts. */
export const overviewPage = (props: OverviewPage): string => page(<Overview {...props} />, props.frame);

function Overview({ frame, figures, standing, unread, tokens, refusals }: OverviewPage) {
  const { say, markup, number } = useSpeaker();
  return (
    <AdminLayout frame={frame} title={say(OVERVIEW.title)}>
      <h1>{say(OVERVIEW.title)}</h1>
      {standing.length === 0 ? null : (
        <div class="warning stopped-now">
          <h2>{say(OVERVIEW.stoppedNow)}</h2>
          <ul>
            {standing.map(({ href, name, reason, since }) => (
              <li>
                {markup(OVERVIEW.stoppedLine, {
                  name: (
                    <a href={href}>
                      <Foreign text={name} limit={80} />
                    </a>
                  ),
                  time: since,
                  reason: <Foreign text={reason} limit={120} />,
                })}
              </li>
            ))}
          </ul>
        </div>
      )}
      <ul class="figures" aria-label={say(OVERVIEW.figures)}>
        {figures.map(({ name, label, count, href, attention }) => {
          const figure = (
            <>
              <span class="figure-count">{number(count)}</span> <span class="figure-label">{label}</span>
            </>
          );
          return (
            <li
              class="figure"
              data-attention={attention && count > 0 ? 'true' : undefined}
              data-none={count === 0 ? 'true' : undefined}
              data-figure={name}
            >
              {href === undefined ? (
                <span class="figure-body">{figure}</span>
              ) : (
                <a class="figure-body" href={href}>
                  {figure}
                </a>
              )}
            </li>
          );
        })}
      </ul>
      <Unread {...unread} />
      <ByHour title={say(OVERVIEW.tokens)} column={say(OVERVIEW.tokenCount)} hours={tokens} />
      <ByHour title={say(OVERVIEW.refusals)} column={say(OVERVIEW.refusalCount)} hours={refusals} />
    </AdminLayout>
  );
}

/** A question that nobody reads protects nobody. */
function Unread({ days, prompts }: OverviewPage['unread']) {
  const { say, number } = useSpeaker();
  if (prompts.length === 0) return null;
  const title = say(OVERVIEW.unread, { count: prompts.length });
  return (
    <Section title={title}>
      <p class="quiet">{say(OVERVIEW.unreadLead, { days })}</p>
      <Table
        label={title}
        columns={[
          { label: say(OVERVIEW.action) },
          { label: say(OVERVIEW.asked), number: true },
          { label: say(OVERVIEW.allowed), number: true },
          { label: say(OVERVIEW.median), number: true },
          {},
        ]}
        rows={prompts.map(({ action, href, asked, allowed, median, policy }) => ({
          key: action,
          cells: [
            <a class="row-link" href={href}>
              {action}
            </a>,
            <a href={asked.href}>{number(asked.count)}</a>,
            <a href={allowed.href}>{say(OVERVIEW.percent, allowed)}</a>,
            <a href={median.href}>{say(OVERVIEW.seconds, median)}</a>,
            <a href={policy}>{say(OVERVIEW.reviewPolicy)}</a>,
          ],
        }))}
      />
    </Section>
  );
}

/** A day by the hour: a picture, the sum, and the same as a table. */
function ByHour({ title, column, hours }: { title: Said; column: Said; hours: OverviewPage['tokens'] }) {
  const { say, number } = useSpeaker();
  if (hours.length === 0) return null;
  return (
    <Section title={title}>
      <Sparkline values={hours.map(({ count }) => count)} />
      <p class="quiet">{say(OVERVIEW.inAll, { count: hours.reduce((sum, { count }) => sum + count, 0) })}</p>
      <details>
        <summary>{say(OVERVIEW.asTable)}</summary>
        <Table
          label={title}
          columns={[{ label: say(OVERVIEW.hourFrom) }, { label: column, number: true }]}
          rows={hours.map(({ hour, count }) => ({ key: hour, cells: [hour, number(count)] }))}
        />
      </details>
    </Section>
  );
}

/** A picture of what the table beside it says. */
function Sparkline({ values }: { values: readonly number[] }) {
  const highest = Math.max(1, ...values);
  const [step, height] = [12, 48];
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${values.length * step} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {values.map((value, index) => {
        const bar = Math.max(value === 0 ? 1 : 2, (value / highest) * height);
        return <rect x={index * step + 1} y={height - bar} width={step - 2} height={bar} />;
      })}
    </svg>
  );
}
