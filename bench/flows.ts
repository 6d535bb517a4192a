import { randomUUID } from 'node:crypto';

import { authentication, type BenchClient, CIBA, REDIRECT, VERIFIER } from './client.ts';
import { form, type Prepared, send } from './load.ts';
import type { MeasuredServer } from './server.ts';
import { CALENDAR, EXCHANGE, type Setting, type Variant } from './setting.ts';

/** One kind of request, prepared for each of the servers that has it. */
export interface Flow {
  name: string;
  /** `design` §9: what the product's CPU per request is held to. */
  budget?: { against: 'floor'; times: number } | { against: 'bare'; plus: number };
  variants: readonly Variant[];
  /** Every signature is made here, before anything is measured. */
  prepare(variant: Variant, count: number, setting: Setting): Promise<Prepared[]>;
  expected(status: number, body: string): boolean;
}

const ALL: readonly Variant[] = ['floor', 'ours', 'bare'];
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const READ = 'calendar.events.read';

export const isToken = (status: number, body: string) => status === 200 && body.includes('"access_token":"ey');
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

export const FLOWS: readonly Flow[] = [
  {
    name: 'client credentials',
    budget: { against: 'bare', plus: 0.1 },
    variants: ALL,
    async prepare(variant, count, setting) {
      return times(count, () =>
        tokenRequest(setting.servers[variant], setting.agents.plain, {
          grant_type: 'client_credentials',
          scope: 'calendar.read',
          resource: CALENDAR,
        }),
      );
    },
    expected: isToken,
  },
  {
    name: 'authorization code',
    budget: { against: 'bare', plus: 0.1 },
    variants: ALL,
    async prepare(variant, count, setting) {
      const { plain } = setting.agents;
      const codes =
        variant === 'bare' ? await seeds(setting, 'codes', plain, count) : await setting.codes(plain, count);
      return codes.map((code) =>
        tokenRequest(setting.servers[variant], plain, {
          grant_type: 'authorization_code',
          code,
          code_verifier: VERIFIER,
          redirect_uri: REDIRECT,
          resource: CALENDAR,
        }),
      );
    },
    expected: isToken,
  },
  {
    name: 'CIBA poll, waiting',
    variants: ALL,
    async prepare(variant, count, setting) {
      const { plain } = setting.agents;
      const ids =
        variant === 'bare' ? await seeds(setting, 'requests', plain, count) : await setting.pending(plain, count);
      return ids.map((id) => tokenRequest(setting.servers[variant], plain, { grant_type: CIBA, auth_req_id: id }));
    },
    expected: (status, body) => status === 400 && body.includes('"authorization_pending"'),
  },
  {
    name: 'CIBA poll, approved',
    budget: { against: 'bare', plus: 0.1 },
    variants: ALL,
    async prepare(variant, count, setting) {
      const { plain } = setting.agents;
      const ids =
        variant === 'bare'
          ? await seeds(setting, 'requests', plain, count, true)
          : await setting.approved(plain, count);
      return ids.map((id) =>
        tokenRequest(setting.servers[variant], plain, { grant_type: CIBA, auth_req_id: id, resource: CALENDAR }),
      );
    },
    expected: isToken,
  },
  exchange('token exchange', 'plain'),
  exchange('token exchange, DPoP', 'bound'),
  {
    name: 'introspection',
    budget: { against: 'floor', times: 1.3 },
    variants: ALL,
    async prepare(variant, count, setting) {
      const { plain } = setting.agents;
      const [token = ''] = await (variant === 'bare' ? seeds(setting, 'opaque', plain, 1) : setting.tokens(plain, 1));
      const server = setting.servers[variant];
      return times(count, () => ({
        path: '/token/introspection',
        ...form({ ...authentication(setting.resourceServer, server), token }),
      }));
    },
    expected: (status, body) => status === 200 && body.startsWith('{"active":true'),
  },
  {
    name: 'redemption',
    budget: { against: 'floor', times: 1.3 },
    variants: ['floor', 'ours'],
    async prepare(_variant, count, setting) {
      // As many tasks as requests may be under way: uses of one task are drawn one after another.
      const tokens = await setting.tokens(setting.agents.plain, 16);
      const own = await ownToken(setting);
      return times(count, (index) => ({
        path: '/redemptions',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${own}` },
        body: JSON.stringify({
          token: tokens[index % tokens.length],
          action: READ,
          parameters: { from: '2026-11-24', to: '2026-11-28' },
          idempotency_key: randomUUID(),
        }),
      }));
    },
    expected: (status) => status === 201,
  },
];

function exchange(name: string, kind: 'plain' | 'bound'): Flow {
  return {
    name,
    budget: { against: 'floor', times: 1.6 },
    variants: ALL,
    async prepare(variant, count, setting) {
      const agent = setting.agents[kind];
      const [subject = ''] = await (variant === 'bare' ? bareTokens(setting, agent) : setting.tokens(agent, 1, []));
      return times(count, () =>
        tokenRequest(setting.servers[variant], agent, {
          grant_type: EXCHANGE,
          subject_token: subject,
          subject_token_type: ACCESS_TOKEN,
          resource: CALENDAR,
        }),
      );
    },
    expected: isToken,
  };
}

export function tokenRequest(
  server: Pick<MeasuredServer, 'issuer'>,
  client: BenchClient,
  fields: Record<string, string>,
): Prepared {
  return {
    path: '/token',
    ...form(
      { ...authentication(client, server), ...fields },
      client.bound ? { DPoP: client.proof(`${server.issuer}/token`) } : {},
    ),
  };
}

async function seeds(
  { servers }: Setting,
  ask: 'codes' | 'opaque' | 'requests',
  client: BenchClient,
  count: number,
  approved = false,
): Promise<string[]> {
  const { values } = await servers.bare.ask<{ values: string[] }>({ ask, client: client.id, count, approved });
  return values;
}

/** A JWT of the bare engine, to be exchanged there. */
async function bareTokens(setting: Setting, client: BenchClient): Promise<string[]> {
  const [id = ''] = await seeds(setting, 'requests', client, 1, true);
  const request = tokenRequest(setting.servers.bare, client, { grant_type: CIBA, auth_req_id: id });
  return [tokenIn(await send(setting.servers.bare, request))];
}

/** The resource server's own token, with which it redeems. */
async function ownToken(setting: Setting): Promise<string> {
  const request = tokenRequest(setting.servers.ours, setting.resourceServer, {
    grant_type: 'client_credentials',
    scope: 'redemptions',
  });
  return tokenIn(await send(setting.servers.ours, request));
}

function tokenIn({ status, body }: { status: number; body: string }): string {
  if (status !== 200) throw new Error(`/token answered ${status}: ${body}`);
  return JSON.parse(body).access_token;
}
