import type { BenchClient } from './client.ts';
import { isToken, tokenRequest } from './flows.ts';
import { measure, median, type Prepared, send } from './load.ts';
import type { MeasuredServer } from './server.ts';
import { CALENDAR, EXCHANGE, type Product, type Setting } from './setting.ts';
import { countStatements, plansOf } from './statements.ts';

const READ = 'calendar.events.read';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const AT_ONCE = 8;

export interface ScaleSize {
  warmUp: number;
  rounds: number;
  perRound: number;
  /** Requests of which statements are counted. */
  counted: number;
  /** Live tokens beside those that are exchanged. */
  live: number;
}

/** One side of a comparison: its requests are made anew for each window, because a subject token lives five minutes. */
interface Side {
  server: MeasuredServer;
  requests(count: number): Promise<Prepared[]>;
}

/** `design` §9: an exchange costs as much at the end of a chain, and among a million tokens, as at the beginning. */
export async function atScale(setting: Setting, size: ScaleSize, progress: (text: string) => void): Promise<string> {
  await setting.waitForDisk(false);
  progress('three hops deep');
  const { first, third } = await hops(setting.product);
  const deep = await alternate(third, first, size);
  progress(`beside ${size.live} live tokens`);
  const full = await setting.another('countersign_full');
  const [few, many] = [await sideOf(setting.product), await sideOf(full)];
  // The same two servers before there is anything to tell them apart: how far two equal ones differ here and now.
  const equal = await alternate(many, few, size);
  await seed(full, size.live);
  const crowded = await alternate(many, few, size);
  progress('statements and plans');
  const [alone, beside] = [await look(setting, setting.product, few, size), await look(setting, full, many, size)];
  const other = [...beside.plans].filter(([query, plan]) => alone.plans.get(query) !== plan);
  return [
    '| exchange with DPoP | CPU ms/request | against | ratio, lowest to highest of a round | held to | |',
    '|---|---|---|---|---|---|',
    row('by the third agent of a chain, against the first', deep, '1.2', (ratio) => ratio <= 1.2),
    row('by two equal servers', equal, '', () => true),
    row(
      `beside ${size.live.toLocaleString('en')} live tokens, against none`,
      crowded,
      'the noise of two equal ones',
      (ratio) => ratio <= Math.max(...equal.ratios),
    ),
    '',
    `Statements per exchange: ${alone.statements} alone, ${beside.statements} beside them.`,
    other.length === 0
      ? `Plans: the same for each of its ${beside.plans.size} statements.`
      : `Plans that differ: ${other.map(([query, plan]) => `${query.slice(0, 60)}: ${alone.plans.get(query)} → ${plan}`).join('; ')}`,
  ].join('\n');
}

interface Compared {
  cpu: number;
  against: number;
  ratios: number[];
}

/** In turns, each first every other time; the ratio is that of neighbouring windows. */
async function alternate(one: Side, other: Side, { warmUp, rounds, perRound }: ScaleSize): Promise<Compared> {
  const cpu = async ({ server, requests }: Side, count: number) =>
    (await measure(server, await requests(count), AT_ONCE, isToken)).cpu;
  for (const side of [one, other]) await cpu(side, warmUp);
  const [ones, others]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const isOne of round % 2 === 0 ? [true, false] : [false, true]) {
      (isOne ? ones : others).push(await cpu(isOne ? one : other, perRound));
    }
  }
  return {
    cpu: median(ones),
    against: median(others),
    ratios: ones.map((value, round) => value / (others[round] ?? Number.NaN)),
  };
}

/** The first agent of a chain, and the third: each exchanges its own root for a token of the calendar. */
async function hops(product: Product): Promise<{ first: Side; third: Side }> {
  const { server, admin, register, rows } = product;
  const [planner, finder, clerk] = [await register(true), await register(true), await register(true)];
  await edge(admin, planner, finder);
  await edge(admin, finder, clerk);
  const roots = async () => {
    const root = await rows.token(planner, { ...DETAILS, calendar: `hop ${Date.now()}` }, server.issuer);
    const second = await taken(server, finder, await handed(server, admin, planner, root, finder));
    return { root, deep: await taken(server, clerk, await handed(server, admin, finder, second, clerk)) };
  };
  let now = await roots();
  let made = Date.now();
  const side = (client: BenchClient, which: 'root' | 'deep'): Side => ({
    server,
    async requests(count) {
      if (Date.now() - made > 120_000) [now, made] = [await roots(), Date.now()];
      return exchanges(server, client, now[which], count);
    },
  });
  return { first: side(planner, 'root'), third: side(clerk, 'deep') };
}

const DETAILS = { type: READ, locations: [CALENDAR], from: '2026-11-24', to: '2026-11-28' };

async function sideOf({ server, register, rows }: Product): Promise<Side> {
  const client = await register(true);
  let [subject, made] = ['', 0];
  return {
    server,
    async requests(count) {
      if (Date.now() - made > 120_000) [[subject = ''], made] = [await rows.tokens(client, 1, []), Date.now()];
      return exchanges(server, client, subject, count);
    },
  };
}

const exchanges = (server: MeasuredServer, client: BenchClient, subject: string, count: number): Prepared[] =>
  Array.from({ length: count }, () =>
    tokenRequest(server, client, {
      grant_type: EXCHANGE,
      subject_token: subject,
      subject_token_type: ACCESS_TOKEN,
      resource: CALENDAR,
    }),
  );

async function handed(
  server: MeasuredServer,
  admin: Product['admin'],
  from: BenchClient,
  subject: string,
  to: BenchClient,
): Promise<string> {
  return exchanged(server, from, { subject_token: subject, requested_actor: await agentOf(admin, to) });
}

const taken = (server: MeasuredServer, client: BenchClient, handoff: string): Promise<string> =>
  exchanged(server, client, { subject_token: handoff, resource: server.issuer });

async function exchanged(server: MeasuredServer, client: BenchClient, fields: Record<string, string>): Promise<string> {
  const all = { grant_type: EXCHANGE, subject_token_type: ACCESS_TOKEN, ...fields };
  const { status, body } = await send(server, tokenRequest(server, client, all));
  if (status !== 200) throw new Error(`/token answered ${status}: ${body}`);
  return JSON.parse(body).access_token;
}

const edge = async (admin: Product['admin'], parent: BenchClient, child: BenchClient) =>
  admin.query(
    `insert into agent_edges (organization, parent, child, actions, max_depth)
     select organization, id, $2, $3, 4 from agents where id = $1`,
    [await agentOf(admin, parent), await agentOf(admin, child), [READ]],
  );

async function agentOf(admin: Product['admin'], { id }: BenchClient): Promise<string> {
  const { rows } = await admin.query<{ agent: string }>('select agent from clients where client_id = $1', [id]);
  return rows[0]?.agent ?? '';
}

/** Copies of a token that was issued, alive for an hour, of as many tasks and in as many seconds as real ones would be. */
async function seed({ admin }: Product, live: number): Promise<void> {
  await admin.query(SEED, [live]);
  await admin.query('vacuum analyze issued_tokens');
}

const SEED = `
  with one as materialized (select * from issued_tokens where kind = 'leaf' limit 1)
  insert into issued_tokens
  select o.organization, o.issued_at - (i % 300) * interval '1 second', md5(i::text) || 'seeded', o.kind, o.client_id, o.agent,
         o.agents, o.person, o.subject, 'tsk_' || md5((i / 4)::text), o.lineage, o.parent, o.resource, o.scopes, o.actions, o.act,
         o.bound_to, o.may_act, o.depth, md5(i::text), o.authentication, o.since, now() + interval '1 hour'
  from one o, generate_series(1, $1::int) as i`;

async function look(setting: Setting, { admin, server }: Product, side: Side, { counted }: ScaleSize) {
  const flow = { name: 'token exchange', variants: [], prepare: async () => [], expected: isToken };
  const { perRequest } = await countStatements(
    { ...setting, admin, servers: { ...setting.servers, ours: server } },
    'ours',
    flow,
    await side.requests(counted),
    { closely: false },
  );
  return { statements: perRequest, plans: await plansOf(admin, setting.role, Math.ceil(counted * 0.4)) };
}

function row(what: string, { cpu, against, ratios }: Compared, held: string, isWithin: (ratio: number) => boolean) {
  const ratio = median(ratios);
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const verdict = held === '' ? '' : isWithin(ratio) ? 'within' : '**missed**';
  return `| ${what} | ${cpu.toFixed(3)} | ${against.toFixed(3)} | ${ratio.toFixed(2)} (${spread}) | ${held} | ${verdict} |`;
}
