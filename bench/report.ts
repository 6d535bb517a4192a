import { cpus, totalmem, type } from 'node:os';

import { type PageFigures, tellPages } from './decision-page.ts';
import type { Flow } from './flows.ts';
import { median, percentile, type Window } from './load.ts';
import type { Setting, Variant } from './setting.ts';
import type { Statements } from './statements.ts';

export interface FlowResult {
  flow: Flow;
  /** One window per round, in the order of the rounds. */
  windows: Partial<Record<Variant, Window[]>>;
  /** Milliseconds, with commits that wait for the disk. */
  latencies: Partial<Record<Variant, number[]>>;
  statements: Partial<Record<Variant, Statements>>;
}

export interface Results {
  flows: FlowResult[];
  /** Milliseconds, one per question; undefined where only some flows were asked for. */
  held: number[] | undefined;
  /** The same where one instance holds the poll and the person decides at another. */
  heldElsewhere: number[] | undefined;
  page: PageFigures | undefined;
  /** Bytes after collection, at even distances. */
  heap: { requests: number; bytes: number[] } | undefined;
  seconds: number;
}

/** Fewer rounds show that everything works, and nothing else. */
const ENOUGH_ROUNDS = 5;

/** Everything that was measured, as Markdown. */
export function report(
  results: Results,
  { postgres }: Setting,
  { rounds, perRound, timed }: { rounds: number; perRound: number; timed: number },
): string {
  const [cpu] = cpus();
  return [
    `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()}; Node ${process.versions.node}; PostgreSQL ${postgres.version}, durable, data on ${postgres.filesystem}.`,
    `CPU: ${rounds} interleaved rounds of ${perRound} requests per server, 8 at once; latency: ${timed} requests, 8 at once. ${Math.round(results.seconds)} s in all.`,
    '',
    '| flow | server | CPU ms/request | × floor | statements | waiting commits | p50 alone | p50 / p95 / p99, 8 at once (ms) |',
    '|---|---|---|---|---|---|---|---|',
    ...results.flows.flatMap(rowsOf),
    '',
    ...(rounds < ENOUGH_ROUNDS
      ? ['Too few requests for any figure to mean something: this run shows that everything works.']
      : [
          '| budget | held to | measured | |',
          '|---|---|---|---|',
          ...results.flows.flatMap(budgetOf),
          ...heldOf(results),
          ...pageOf(results),
        ]),
    '',
    ...(results.held
      ? [`Approve to token with a held poll, ${results.held.length} times: ${spread(results.held)} ms.`]
      : []),
    ...(results.heldElsewhere
      ? [
          `The same with the poll at another instance, ${results.heldElsewhere.length} times: ${spread(results.heldElsewhere)} ms.`,
        ]
      : []),
    ...(results.page ? tellPages(results.page) : []),
    ...(results.heap
      ? [
          `Heap after collection, ${results.heap.requests} requests: ${results.heap.bytes.map((bytes) => fixed(bytes / 2 ** 20, 1)).join(' → ')} MB.`,
        ]
      : []),
    ...scans(results.flows),
  ].join('\n');
}

/** What is missing from a report that should be whole; empty when nothing is. */
export function missing({ flows, held, heldElsewhere, page, heap }: Results): string[] {
  const gaps = flows.flatMap(({ flow, windows, latencies, statements }) =>
    flow.variants.flatMap((variant) => {
      const measured = windows[variant]?.every(({ cpu }) => cpu > 0) && (latencies[variant]?.length ?? 0) > 0;
      const counted = variant === 'bare' || (statements[variant]?.perRequest ?? 0) > 0;
      return [
        ...(measured ? [] : [`${flow.name}, ${variant}: CPU and latency`]),
        ...(counted ? [] : [`${flow.name}, ${variant}: statements`]),
      ];
    }),
  );
  for (const spans of [held, heldElsewhere, page?.server]) {
    if (spans && (spans.length === 0 || spans.some((span) => !(span > 0)))) gaps.push('approve to token, or the page');
  }
  if (heap && (heap.bytes.length < 2 || heap.bytes.some((bytes) => !(bytes > 0)))) gaps.push('heap');
  return gaps;
}

function rowsOf({ flow, windows, latencies, statements }: FlowResult): string[] {
  return flow.variants.map((variant) => {
    const cpu = (windows[variant] ?? []).map((window) => window.cpu);
    const spans = latencies[variant] ?? [];
    const counted = statements[variant];
    const cells = [
      variant === flow.variants[0] ? flow.name : '',
      variant,
      `${fixed(median(cpu), 3)} (${fixed(Math.min(...cpu), 3)}–${fixed(Math.max(...cpu), 3)})`,
      variant === 'floor' ? '1' : fixed(median(pairs(windows, variant, 'floor').map(([a, b]) => a / b)), 2),
      variant === 'bare' ? '–' : (counted?.perRequest ?? '–'),
      variant === 'bare' ? '–' : (counted?.closer?.waitingCommits ?? '–'),
      counted ? fixed(median(counted.alone), 1) : '–',
      [0.5, 0.95, 0.99].map((share) => fixed(percentile(spans, share), 1)).join(' / '),
    ];
    return `| ${cells.join(' | ')} |`;
  });
}

function budgetOf({ flow, windows, statements }: FlowResult): string[] {
  const lines: string[] = [];
  if (flow.budget?.against === 'floor') {
    const ratio = median(pairs(windows, 'ours', 'floor').map(([ours, floor]) => ours / floor));
    const { times } = flow.budget;
    lines.push(verdict(flow.name, `${times} × floor`, `${fixed(ratio, 2)} ×`, ratio <= times));
  }
  if (flow.budget?.against === 'bare') {
    const more = median(pairs(windows, 'ours', 'bare').map(([ours, bare]) => ours - bare));
    const { plus } = flow.budget;
    lines.push(
      verdict(
        flow.name,
        `bare + ${fixed(plus, 2)} ms`,
        `bare ${more < 0 ? '−' : '+'} ${fixed(Math.abs(more), 2)} ms`,
        more <= plus,
      ),
    );
  }
  const commits = statements.ours?.closer?.waitingCommits;
  if (commits !== undefined) {
    lines.push(verdict(`${flow.name}, waiting commits`, '1', String(commits), Math.round(commits) <= 1));
  }
  return lines;
}

function heldOf({ held, heldElsewhere }: Results): string[] {
  return (
    [
      ['approve to token, held poll, p99', held],
      ['approve to token, held poll at another instance, p99', heldElsewhere],
    ] as const
  ).flatMap(([what, spans]) => (spans ? [within(what, percentile(spans, 0.99), 100)] : []));
}

function pageOf({ page }: Results): string[] {
  if (!page) return [];
  const { server, firstPaint, weight } = page;
  return [
    within('decision page, at the server, p99', percentile(server, 0.99), 20),
    ...(firstPaint ? [within('decision page, first contentful paint, p99', percentile(firstPaint, 0.99), 200)] : []),
    ...(weight === undefined ? [] : [within('decision page, with all it loads', weight / 1024, 100, 'KB')]),
  ];
}

const within = (what: string, measured: number, limit: number, unit = 'ms'): string =>
  verdict(what, `< ${limit} ${unit}`, `${fixed(measured, 0)} ${unit}`, measured < limit);

export const spread = (values: readonly number[]): string =>
  [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${fixed(percentile(values, share), 0)}`).join(', ');

/** Windows of the same round: what one server did minutes later says nothing about the other. */
function pairs(windows: FlowResult['windows'], one: Variant, other: Variant): [number, number][] {
  return (windows[one] ?? []).flatMap(({ cpu }, round) => {
    const against = windows[other]?.[round]?.cpu;
    return against === undefined ? [] : [[cpu, against] as [number, number]];
  });
}

function scans(flows: readonly FlowResult[]): string[] {
  const closer = flows.flatMap(({ statements }) => statements.ours?.closer ?? []);
  if (closer.length === 0) return [];
  const tables = [...new Set(closer.flatMap(({ scanned }) => scanned))];
  return [
    tables.length === 0
      ? 'Plans: every statement of these flows can reach its rows by an index.'
      : `Plans: read from end to end, for want of an index: ${tables.join(', ')}.`,
  ];
}

const verdict = (what: string, budget: string, measured: string, held: boolean): string =>
  `| ${what} | ${budget} | ${measured} | ${held ? 'within' : '**missed**'} |`;

const fixed = (value: number, digits: number): string => value.toFixed(digits);
