/**
 * `npm run bench`: the product beside its floor and beside the bare engine, on one database, in one run.
 *
 *   --quick          few requests: shows that everything works, its figures say nothing
 *   --long           300,000 requests for the heap
 *   --flow <text>    only flows whose name contains the text
 *   --waiting <n>    that many agents wait for as many people each with held polls, on one instance, and nothing else
 *   --page           the decision page alone: at the server, in a browser, its statements
 *   --held           from the click to the token, at one instance and at two, alone
 *   --stop           how soon a stop holds at three instances, beside a million live tokens, instead
 *   --scale          exchanges three hops deep, and beside a million live tokens, instead
 *   --profile <dir>  a CPU profile of the product alone, for the flows chosen, summed up
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { lookAtPages, tellPages } from './decision-page.ts';
import { FLOWS, type Flow } from './flows.ts';
import { approveToToken } from './held-poll.ts';
import { measure, type Prepared, type Window } from './load.ts';
import { type Profile, summarize } from './profile.ts';
import { type FlowResult, missing, type Results, report, spread } from './report.ts';
import { atScale } from './scale.ts';
import { makeSetting, type Setting, VARIANTS, type Variant } from './setting.ts';
import { countStatements, type Statements } from './statements.ts';
import { stopAmongMany, tellStops } from './stop.ts';
import { holdMany, tellWaiting } from './waiting.ts';

interface Size {
  /** Requests per server and flow: before anything counts, then for CPU, for latency, for statements. */
  warmUp: number;
  rounds: number;
  perRound: number;
  timed: number;
  counted: number;
  questions: number;
  views: number;
  heapRequests: number;
}

const USUAL: Size = {
  ...{ warmUp: 500, rounds: 9, perRound: 150, timed: 150, counted: 40 },
  ...{ questions: 60, views: 40, heapRequests: 9000 },
};
const QUICK: Size = {
  ...{ warmUp: 10, rounds: 1, perRound: 30, timed: 10, counted: 6 },
  ...{ questions: 3, views: 3, heapRequests: 400 },
};

const AT_ONCE = 8;
/** Prepared at a time: an assertion lives five minutes, a token to exchange no longer. */
const BATCH = 5000;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    flow: { type: 'string' },
    waiting: { type: 'string' },
    profile: { type: 'string' },
    scale: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    held: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
  },
});
const size = options.quick ? QUICK : options.long ? { ...USUAL, heapRequests: 300_000 } : USUAL;
const flows = FLOWS.filter(({ name }) => name.includes(options.flow ?? ''));
if (flows.length === 0) throw new Error(`no flow is named like that: ${FLOWS.map(({ name }) => name).join(', ')}`);

// dist/bench/run.js, two below the checkout.
const root = join(import.meta.dirname, '../..');
if (options.waiting !== undefined) await wait(Number(options.waiting));
else if (options.page) await pages();
else if (options.held) await held();
else if (options.stop) await stop();
else if (options.scale) await scale();
else if (options.profile === undefined) await compare();
else await profile(options.profile);

async function wait(each: number): Promise<void> {
  const setting = await makeSetting(root);
  try {
    const size = { agents: each, people: each, seconds: 20, decisions: Math.min(60, each - 1) };
    process.stdout.write(`${tellWaiting(await holdMany(setting, size, progress))}\n`);
  } finally {
    await setting.close();
  }
}

async function compare(): Promise<void> {
  const started = performance.now();
  const setting = await makeSetting(root);
  try {
    const results: Results = {
      flows: [],
      held: undefined,
      heldElsewhere: undefined,
      page: undefined,
      heap: undefined,
      seconds: 0,
    };
    for (const flow of flows) {
      progress(flow.name);
      results.flows.push(await runFlow(flow, setting));
    }
    if (options.flow === undefined) {
      progress('approve to token');
      results.held = await approveToToken(setting, size.questions, setting.servers.ours);
      progress('approve to token, at two instances');
      results.heldElsewhere = await approveToToken(setting, size.questions, await setting.product.beside());
      progress('decision page');
      results.page = await lookAtPages(root, setting, size.views);
      progress('heap');
      results.heap = { requests: size.heapRequests, bytes: await heapOver(setting) };
    }
    results.seconds = (performance.now() - started) / 1000;
    process.stdout.write(`${report(results, setting, size)}\n`);
    const gaps = missing(results);
    if (gaps.length > 0) throw new Error(`the report is not whole: ${gaps.join('; ')}`);
  } finally {
    await setting.close();
  }
}

async function stop(): Promise<void> {
  const setting = await makeSetting(root);
  try {
    const size = options.quick
      ? { agents: 100, live: 10_000, rounds: 2 }
      : { agents: 10_000, live: 1_000_000, rounds: 35 };
    process.stdout.write(`${tellStops(await stopAmongMany(setting, size, progress), size)}\n`);
  } finally {
    await setting.close();
  }
}

async function pages(): Promise<void> {
  const setting = await makeSetting(root);
  try {
    process.stdout.write(`${tellPages(await lookAtPages(root, setting, size.views)).join('\n')}\n`);
  } finally {
    await setting.close();
  }
}

async function held(): Promise<void> {
  const setting = await makeSetting(root);
  try {
    const other = await setting.product.beside();
    for (const [what, holder] of [
      ['at one instance', setting.servers.ours],
      ['at two', other],
    ] as const) {
      const spans = await approveToToken(setting, size.questions, holder);
      process.stdout.write(`From the click to the token, ${what}, ${spans.length} times: ${spread(spans)} ms\n`);
    }
  } finally {
    await setting.close();
  }
}

/** Floor, ours, bare, in another order each round, so that what disturbs the machine disturbs all three alike. */
async function runFlow(flow: Flow, setting: Setting): Promise<FlowResult> {
  const windows: Partial<Record<Variant, Window[]>> = {};
  const latencies: Partial<Record<Variant, number[]>> = {};
  const statements: Partial<Record<Variant, Statements>> = {};
  const prepared = new Map<Variant, Prepared[]>();
  const { warmUp, rounds, perRound, timed, counted } = size;
  await setting.waitForDisk(false);
  for (const variant of flow.variants) {
    const requests = await flow.prepare(variant, warmUp + rounds * perRound + timed + counted, setting);
    await measure(setting.servers[variant], requests.splice(0, warmUp), AT_ONCE, flow.expected);
    prepared.set(variant, requests);
    windows[variant] = [];
  }
  for (let round = 0; round < rounds; round++) {
    for (const [index] of VARIANTS.entries()) {
      const variant = VARIANTS[(index + round) % VARIANTS.length] as Variant;
      const requests = prepared.get(variant)?.splice(0, perRound);
      if (!requests) continue;
      windows[variant]?.push(await measure(setting.servers[variant], requests, AT_ONCE, flow.expected));
    }
  }
  await setting.waitForDisk(true);
  for (const variant of flow.variants) {
    const requests = prepared.get(variant) ?? [];
    const server = setting.servers[variant];
    latencies[variant] = (await measure(server, requests.splice(0, timed), AT_ONCE, flow.expected)).latencies;
    if (variant === 'bare') continue;
    statements[variant] = await countStatements(setting, variant, flow, requests, {
      closely: variant === 'ours' && !options.quick,
    });
  }
  return { flow, windows, latencies, statements };
}

/** The heap of the product after collection, at the start and at each quarter of the requests. */
async function heapOver(setting: Setting): Promise<number[]> {
  await setting.waitForDisk(false);
  const server = setting.servers.ours;
  const mixed = FLOWS.filter(({ name }) => ['client credentials', 'token exchange', 'introspection'].includes(name));
  const bytes = [await server.heap()];
  for (let quarter = 0; quarter < 4; quarter++) {
    for (let left = size.heapRequests / 4; left > 0; left -= BATCH) {
      for (const flow of mixed) {
        const requests = await flow.prepare('ours', Math.ceil(Math.min(left, BATCH) / mixed.length), setting);
        await measure(server, requests, AT_ONCE, flow.expected);
      }
    }
    bytes.push(await server.heap());
  }
  return bytes;
}

async function scale(): Promise<void> {
  const setting = await makeSetting(root);
  try {
    const size = options.quick
      ? { rounds: 2, perRound: 20, warmUp: 20, counted: 6, live: 10_000 }
      : { rounds: 9, perRound: 100, warmUp: 300, counted: 40, live: 1_000_000 };
    process.stdout.write(`${await atScale(setting, size, progress)}\n`);
  } finally {
    await setting.close();
  }
}

/** Each flow is warm when its profile begins, and alone in it. */
async function profile(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const setting = await makeSetting(root);
  const { ours } = setting.servers;
  try {
    await setting.waitForDisk(false);
    for (const flow of flows) {
      const requests = await flow.prepare('ours', size.warmUp * 2 + size.rounds * size.perRound, setting);
      await measure(ours, requests.splice(0, size.warmUp * 2), AT_ONCE, flow.expected);
      await ours.ask({ ask: 'profile' });
      await measure(ours, requests, AT_ONCE, flow.expected);
      const { profile } = await ours.ask<{ profile: Profile }>({ ask: 'profiled' });
      writeFileSync(join(dir, `${flow.name.replace(/\W+/g, '-')}.cpuprofile`), JSON.stringify(profile));
      process.stdout.write(`\n### ${flow.name}\n\n${summarize(profile, requests.length)}\n`);
    }
  } finally {
    await setting.close();
  }
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
