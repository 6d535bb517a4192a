import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { authentication, type BenchClient, clientWith, keyFrom } from './client.ts';
import { addAgents } from './crowd.ts';
import { form, percentile, send } from './load.ts';
import type { MeasuredServer } from './server.ts';
import { CALENDAR, type Setting } from './setting.ts';

export interface StopSize {
  agents: number;
  /** Live tokens in the organization, spread over its agents. */
  live: number;
  /** Stops of each kind. */
  rounds: number;
}

/** Of one kind of stop; milliseconds, one per round and instance. */
export interface StopFigures {
  kind: 'agent' | 'organization';
  /** From sending the stop until this instance refused a client that asks without pause. */
  refused: number[];
  /** The same at the instance that hears no notification. */
  refusedUnheard: number[];
  /** What a token takes at the three instances at once: the yardstick of this machine at this moment. */
  ordinary: number[];
  /** Until the stop was answered, with the count of what it stopped. */
  answered: number[];
}

/** How soon nobody is given anything any more: three instances, one of which hears no notification (issue 6.6). */
export async function stopAmongMany(
  setting: Setting,
  { agents, live, rounds }: StopSize,
  progress: (text: string) => void,
): Promise<StopFigures[]> {
  const { product, agents: known } = setting;
  const { server, admin, rows } = product;
  progress(`${agents} agents, ${live} live tokens`);
  await addAgents(product, agents);
  await rows.tokens(known.plain, 1);
  await admin.query(ADD_TOKENS, [live, agents]);
  await admin.query('vacuum analyze issued_tokens');
  await admin.query('checkpoint');
  const instances = [
    server,
    await product.beside(),
    await product.beside({ COUNTERSIGN_DATABASE_POOLER: 'transaction' }),
  ];
  const { rows: found } = await admin.query('select agent, organization from clients where client_id = $1', [
    known.plain.id,
  ]);
  const figures: StopFigures[] = [];
  for (const kind of ['agent', 'organization'] as const) {
    progress(`${rounds} stops of an ${kind}`);
    const subject = kind === 'agent' ? found[0].agent : 'acme';
    const one: StopFigures = { kind, refused: [], refusedUnheard: [], ordinary: [], answered: [] };
    for (let round = -3; round < rounds; round++) {
      const measured = await stopOnce(setting, instances, kind, subject);
      if (round < 0) continue; // to warm up
      one.ordinary.push(...measured.ordinary);
      one.refused.push(...measured.refused);
      one.refusedUnheard.push(measured.refused.at(-1) ?? Number.NaN);
      one.answered.push(measured.answered);
    }
    figures.push(one);
  }
  return figures;
}

async function stopOnce(setting: Setting, instances: readonly MeasuredServer[], kind: string, subject: string) {
  const { product, agents } = setting;
  const call = await operator(product.server, product.home);
  const ordinary = await Promise.all(
    instances.map(async (instance) => {
      const begun = performance.now();
      if ((await ownToken(instance, agents.plain)) !== 200) throw new Error('no token before the stop');
      return performance.now() - begun;
    }),
  );
  const sent = performance.now();
  const refusals = instances.map(async (instance) => {
    for (;;) {
      const status = await ownToken(instance, agents.plain);
      if (status >= 500) throw new Error(`an instance answered ${status}`);
      if (status !== 200) return performance.now() - sent;
    }
  });
  const stopped = call('POST', '/stops', { kind, subject, reason: 'measured', security: false }).then((body) => ({
    body,
    answered: performance.now() - sent,
  }));
  const refused = await Promise.all(refusals);
  const { body, answered } = await stopped;
  // What an organization's stop ends are its administrators' own tokens, too.
  const again = await operator(product.server, product.home);
  const { stops } = await again('GET', '/stops?organization=acme');
  const { name } = stops.find(({ id }: { id: string }) => id === body.id);
  await again('POST', `/stops/${body.id}/resume`, { organization: 'acme', confirmation: name, reason: 'measured' });
  return { ordinary, refused, answered };
}

async function ownToken(instance: MeasuredServer, client: BenchClient): Promise<number> {
  const own = { grant_type: 'client_credentials', resource: CALENDAR, scope: 'calendar.read' };
  const { status } = await send(instance, { path: '/token', ...form({ ...authentication(client, instance), ...own }) });
  return status;
}

// biome-ignore lint/suspicious/noExplicitAny: an answer of the admin API
type Call = (method: string, path: string, body?: object) => Promise<any>;

/** By the key that the server writes for its own host. */
async function operator(server: MeasuredServer, home: string): Promise<Call> {
  const { client_id, jwk } = JSON.parse(readFileSync(join(home, 'cli-key.json'), 'utf8'));
  const client = clientWith(client_id, keyFrom(jwk));
  const { body } = await send(server, {
    path: '/token',
    ...form(
      { ...authentication(client, server), grant_type: 'client_credentials', scope: 'admin' },
      { DPoP: client.proof(`${server.issuer}/token`) },
    ),
  });
  const { access_token: token } = JSON.parse(body);
  return async (method, path, content) => {
    const url = `${server.issuer}/admin/api${path}`;
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `DPoP ${token}`,
        dpop: client.proof(url.split('?')[0] ?? url, method, token),
        'content-type': 'application/json',
      },
      ...(content && { body: JSON.stringify(content) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
}

/** Copies of a token that was issued, of every agent, as many in each of the last five minutes. */
const ADD_TOKENS = `
  insert into issued_tokens (organization, issued_at, jti, kind, client_id, agent, agents, person, subject, task, lineage, parent, resource,
                             scopes, actions, act, bound_to, may_act, depth, txn, authentication, since, expires_at)
  select o.organization, o.issued_at - (i % 300) * interval '1 second', md5(i::text) || 'stop', o.kind, o.client_id, 'agt_crowd' || (1 + i % $2),
         array['agt_crowd' || (1 + i % $2)], o.person, o.subject, 'tsk_' || md5((i / 4)::text), o.lineage, o.parent, o.resource,
         o.scopes, o.actions, o.act, o.bound_to, o.may_act, o.depth, md5(i::text), o.authentication, o.since, now() + interval '1 hour'
  from (select * from issued_tokens where kind = 'leaf' limit 1) o, generate_series(1, $1::int) as i`;

const LIMIT_MS = 300;

/** The table of figures. */
export function tellStops(figures: readonly StopFigures[], { agents, live }: StopSize): string {
  const spread = (values: readonly number[]) =>
    [0.5, 0.95, 0.99].map((share) => percentile(values, share).toFixed(0)).join(' / ');
  return [
    `${agents.toLocaleString('en')} agents, ${live.toLocaleString('en')} live tokens, three instances, one of which hears no notification; p50 / p95 / p99 in ms:`,
    '',
    '| stop of | until every instance refuses | at the one that hears nothing | a token, three at once | × | until it is answered | held to | |',
    '|---|---|---|---|---|---|---|---|',
    ...figures.map(({ kind, refused, refusedUnheard, ordinary, answered }) => {
      const slowest = percentile(refused, 0.99);
      const cells = [
        `an ${kind}, ${answered.length} times`,
        spread(refused),
        spread(refusedUnheard),
        spread(ordinary),
        (percentile(refused, 0.5) / percentile(ordinary, 0.5)).toFixed(1),
        spread(answered),
        `p99 < ${LIMIT_MS} ms`,
        slowest < LIMIT_MS ? 'within' : '**missed**',
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}
