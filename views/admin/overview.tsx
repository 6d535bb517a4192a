import { page } from '../layout.tsx';
import { Foreign } from '../text.tsx';
import { Section } from './detail.tsx';
import { Table } from './list.tsx';
import { type AdminFrame, AdminLayout } from './shell.tsx';

export interface OverviewPage {
  frame: AdminFrame;
  /** Figures, each with the list that it counts (A1). */
  figures: readonly Figure[];
  standing: readonly { href: string; name: string; reason: string; since: string }[];
  /** Tokens of the last 24 hours, an hour each, oldest first. */
  tokens: readonly { hour: string; count: number }[];
}

export interface Figure {
  label: string;
  count: number;
  href?: string | undefined;
  /** Somebody should look at it where it is not zero. */
  attention?: boolean | undefined;
}

/** A1: what an administrator has to know before anything else, each figure a way to what it counts. */
export const overviewPage = (props: OverviewPage): string => page(<Overview {...props} />, props.frame);

function Overview({ frame, figures, standing, tokens }: OverviewPage) {
  const total = tokens.reduce((sum, { count }) => sum + count, 0);
  return (
    <AdminLayout frame={frame} title="Overview">
      <h1>Overview</h1>
      {standing.length === 0 ? null : (
        <div class="warning stopped-now">
          <h2>Stopped now</h2>
          <ul>
            {standing.map(({ href, name, reason, since }) => (
              <li>
                <a href={href}>
                  <Foreign text={name} limit={80} />
                </a>{' '}
                since {since}: <Foreign text={reason} limit={120} />
              </li>
            ))}
          </ul>
        </div>
      )}
      <ul class="figures" aria-label="Figures">
        {figures.map(({ label, count, href, attention }) => {
          const figure = (
            <>
              <span class="figure-count">{count.toLocaleString('en')}</span> <span class="figure-label">{label}</span>
            </>
          );
          return (
            <li class="figure" data-attention={attention && count > 0 ? 'true' : undefined} data-figure={label}>
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
      <Section title="Tokens issued, last 24 hours">
        <Sparkline values={tokens.map(({ count }) => count)} />
        <p class="quiet">{total.toLocaleString('en')} in all.</p>
        <details>
          <summary>As a table</summary>
          <Table
            label="Tokens issued by hour"
            columns={[{ label: 'Hour from' }, { label: 'Tokens', number: true }]}
            rows={tokens.map(({ hour, count }) => ({ key: hour, cells: [hour, count.toLocaleString('en')] }))}
          />
        </details>
      </Section>
    </AdminLayout>
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
