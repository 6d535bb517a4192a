/**
 * The floor: what a request cannot avoid here, and nothing else. Koa, form parsing, one verification per presented
 * token or assertion, one signature where a token is made, and the statements it must make: the same rows as the
 * product leaves, read and written by as few prepared statements as its promises allow (single use, liveness in the
 * statement that issues, the evidence committed before the token leaves). No rule is decided and no refusal is
 * explained, so it is no server to use: it is the line that the product is measured against.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
  verify,
} from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import Koa, { type Context } from 'koa';
import pg from 'pg';

import { type EcJwk, jws } from './client.ts';

interface Start {
  id: number;
  ask: 'start';
  port: number;
  databaseUrl: string;
  poolSize: number;
  /** Who signed the tokens that are presented: the product. */
  tokenIssuer: string;
  tokenKeys: (EcJwk & { kid: string })[];
}

process.on('message', (message: Start) => {
  if (message.ask === 'start') serve(message).then(() => process.send?.({ id: message.id }), crash);
});

const crash = (error: Error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
};

async function serve({ port, databaseUrl, poolSize, tokenIssuer, tokenKeys }: Start): Promise<void> {
  const issuer = `http://localhost:${port}`;
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
  pool.on('error', () => {}); // an idle connection was ended: the next statement opens another
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signingKey = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  const tokenKey = new Map(tokenKeys.map((jwk) => [jwk.kid, publicKeyOf(jwk)]));

  const app = new Koa();
  app.use(async (ctx) => {
    if (ctx.path === '/jwks') ctx.body = { keys: [] };
    else if (ctx.path === '/redemptions') await redemption(ctx);
    else {
      const form = new URLSearchParams(await bodyOf(ctx.req));
      const { client, jkt } = await authenticate(form, ctx);
      if (ctx.path === '/token/introspection') await introspection(ctx, form, client);
      else await GRANTS[form.get('grant_type') ?? '']?.(ctx, form, client, jkt);
    }
  });
  await new Promise<void>((resolve) => void app.listen(port, '127.0.0.1', resolve));

  /** One look-up, a verification of the assertion and one of the DPoP proof, where there is one; one insert for both. */
  async function authenticate(form: URLSearchParams, ctx: Context): Promise<{ client: ClientRow; jkt?: string }> {
    const assertion = partsOf(form.get('client_assertion') ?? '');
    const client = await first<ClientRow>('client', CLIENT, [assertion.payload.sub]);
    if (!client) throw new Error('no such client');
    check(assertion, publicKeyOf(client.jwk));
    const { aud, exp, jti } = assertion.payload;
    if (aud !== issuer || Number(exp) < Date.now() / 1000) throw new Error('claims');
    const keys = [sha256(`assertion ${client.client_id} ${jti}`)];
    const sent = ctx.get('DPoP');
    let jkt: string | undefined;
    if (sent) {
      const proof = partsOf(sent);
      const { crv, kty, x, y } = proof.header.jwk as EcJwk;
      check(proof, publicKeyOf({ crv, kty, x, y }));
      keys.push(sha256(`proof ${client.client_id} ${proof.payload.jti}`));
      jkt = sha256(`{"crv":"${crv}","kty":"${kty}","x":"${x}","y":"${y}"}`).toString('base64url');
    }
    const expires = new Date(Number(exp) * 1000);
    // It waits for its commit where nothing else is written.
    const { rowCount } = await (ctx.path === '/token/introspection'
      ? query('lasting replay', LASTING_REPLAY, [keys[0], expires])
      : query('replay', REPLAY, [keys, expires]));
    if (rowCount !== keys.length) throw new Error('replay');
    return { client, ...(jkt !== undefined && { jkt }) };
  }

  function readOwnToken(value: string): Claims {
    const token = partsOf(value);
    const key = tokenKey.get(String(token.header.kid));
    if (!key || token.payload.iss !== tokenIssuer) throw new Error('token');
    check(token, key);
    return token.payload;
  }

  async function introspection(ctx: Context, form: URLSearchParams, client: ClientRow): Promise<void> {
    const { jti, iat } = readOwnToken(form.get('token') ?? '');
    const row = await first<TokenRow>('token', TOKEN, [new Date(Number(iat) * 1000), jti, client.client_id]);
    ctx.body =
      row?.dead === null && row.owns
        ? { active: true, ...claimsOf(row), exp: epoch(row.expires_at), iat, jti, txn: row.txn, token_type: 'Bearer' }
        : { active: false };
  }

  async function redemption(ctx: Context): Promise<void> {
    const own = readOwnToken(ctx.get('Authorization').slice('Bearer '.length));
    const { token, action, parameters, idempotency_key: key } = JSON.parse(await bodyOf(ctx.req));
    const presented = readOwnToken(token);
    const [caller, row] = await Promise.all([
      first<{ client_id: string; dead: string | null }>('caller', CALLER, [new Date(Number(own.iat) * 1000), own.jti]),
      first<TokenRow>('token', TOKEN, [new Date(Number(presented.iat) * 1000), presented.jti, own.client_id]),
    ]);
    if (caller?.dead !== null || row?.dead !== null || !row.owns) throw new Error('not active');
    const granted = row.actions.find((one) => one.action === action);
    const id = `rdm_${randomBytes(16).toString('hex')}`;
    const drawn = await first<{ remaining: number | null; expires_at: Date }>('reserve', RESERVE, [
      row.organization,
      `evt_${randomBytes(16).toString('hex')}`,
      row.person,
      row.agent,
      caller.client_id,
      row.resource,
      row.task,
      row.jti,
      row.txn,
      COMMITMENTS,
      FIELDS,
      granted?.position ?? 0,
      keysOf(row),
      row.agents,
      row.since,
      id,
      action,
      JSON.stringify(parameters),
      sha256(JSON.stringify(parameters)).toString('base64url'),
      key,
    ]);
    if (!drawn) throw new Error('not drawn');
    ctx.status = 201;
    ctx.body = { redemption_id: id, remaining: drawn.remaining, expires_at: drawn.expires_at.toISOString() };
  }

  async function clientCredentials(ctx: Context, form: URLSearchParams, client: ClientRow): Promise<void> {
    const scope = form.get('scope') ?? '';
    await answer(ctx, {
      organization: client.organization,
      clientId: client.client_id,
      kind: 'own',
      agent: client.agent,
      agents: client.agent === null ? [] : [client.agent],
      person: null,
      subject: client.agent ?? client.client_id,
      task: null,
      lineage: [],
      parent: null,
      resource: form.get('resource') ?? '',
      scopes: [scope],
      actions: [],
      act: null,
      depth: 0,
      authentication: {},
      since: null,
    });
  }

  async function exchange(ctx: Context, form: URLSearchParams, client: ClientRow, jkt: string | undefined) {
    const { jti, iat } = readOwnToken(form.get('subject_token') ?? '');
    const row = await first<TokenRow>('token', TOKEN, [new Date(Number(iat) * 1000), jti, client.client_id]);
    if (row?.dead !== null || (row.bound_to ?? jkt) !== jkt) throw new Error('not active');
    await answer(ctx, {
      ...row,
      clientId: client.client_id,
      kind: 'leaf',
      resource: form.get('resource') ?? '',
      lineage: [...row.lineage, `token:${row.jti}`],
      parent: row.jti,
      bound_to: jkt,
      issuedTokenType: ACCESS_TOKEN,
    });
  }

  async function code(ctx: Context, form: URLSearchParams, client: ClientRow): Promise<void> {
    const hash = sha256(form.get('code') ?? '');
    const verifier = sha256(form.get('code_verifier') ?? '').toString('base64url');
    const row = await first<TaskRow & { challenge: string }>('code', CODE, [hash]);
    if (row?.challenge !== verifier) throw new Error('code');
    if ((await query('consume', CONSUME, [hash])).rowCount !== 1) throw new Error('consumed');
    await answer(ctx, ofTask(row, client, form.get('resource') ?? ''));
  }

  async function poll(ctx: Context, form: URLSearchParams, client: ClientRow): Promise<void> {
    const hash = sha256(form.get('auth_req_id') ?? '');
    const row = await first<TaskRow & { status: string; collected: boolean }>('poll', POLL, [hash, client.client_id]);
    if (row?.status === 'pending') {
      ctx.status = 400;
      ctx.body = { error: 'authorization_pending' };
      return;
    }
    if (!row?.collected) throw new Error('collected');
    await answer(ctx, { ...ofTask(row, client, form.get('resource') ?? ''), idToken: true });
  }

  /** One statement, one waiting commit, one signature; a second signature for an ID token. */
  async function answer(ctx: Context, token: NewToken): Promise<void> {
    const iat = Math.floor(Date.now() / 1000);
    const exp = iat + 300;
    const jti = randomBytes(20).toString('base64url');
    const txn = randomBytes(20).toString('base64url');
    const row = await first<{ reason: string | null }>('issue', ISSUE, [
      token.organization,
      `evt_${randomBytes(16).toString('hex')}`,
      token.person,
      token.agent,
      token.clientId,
      token.resource,
      token.task,
      jti,
      txn,
      COMMITMENTS,
      FIELDS,
      keysOf(token),
      token.agents,
      token.since,
      new Date(iat * 1000),
      token.kind,
      token.subject,
      token.lineage,
      token.parent,
      token.scopes,
      JSON.stringify(token.actions),
      token.act === null ? null : JSON.stringify(token.act),
      token.bound_to ?? null,
      token.depth,
      JSON.stringify(token.authentication),
      new Date(exp * 1000),
    ]);
    if (row?.reason !== null) throw new Error(`not alive: ${row?.reason}`);
    const claims = { ...claimsOf(token), client_id: token.clientId, iss: issuer, iat, exp };
    const details = claims.authorization_details;
    const accessToken = jws(signingKey, { typ: 'at+jwt' }, { ...claims, jti, txn });
    ctx.set('Cache-Control', 'no-store');
    ctx.body = {
      access_token: accessToken,
      token_type: token.bound_to ? 'DPoP' : 'Bearer',
      expires_in: 300,
      ...(claims.scope && { scope: claims.scope }),
      ...(details && { authorization_details: details }),
      ...(token.issuedTokenType && { issued_token_type: token.issuedTokenType }),
      ...(token.idToken && {
        id_token: jws(signingKey, {}, { iss: issuer, sub: token.subject, aud: token.clientId, iat, exp }),
      }),
      ...(token.task !== null && { task_id: token.task }),
    };
  }

  const GRANTS: Record<
    string,
    (ctx: Context, form: URLSearchParams, client: ClientRow, jkt?: string) => Promise<void>
  > = {
    client_credentials: clientCredentials,
    authorization_code: code,
    'urn:openid:params:grant-type:ciba': poll,
    'urn:ietf:params:oauth:grant-type:token-exchange': exchange,
  };

  const query = (name: string, text: string, values: unknown[]) => pool.query({ name, text, values });
  const first = async <Row>(name: string, text: string, values: unknown[]) =>
    (await query(name, text, values)).rows[0] as Row | undefined;
}

type Claims = Record<string, unknown>;

interface ClientRow {
  client_id: string;
  organization: string;
  jwk: EcJwk;
  agent: string | null;
}

interface Authority {
  organization: string;
  agent: string | null;
  agents: string[];
  person: string | null;
  subject: string;
  task: string | null;
  lineage: string[];
  resource: string;
  scopes: string[];
  actions: { action: string; parameters: object; resource: string; viaScope?: string; position?: number }[];
  act: object | null;
  bound_to?: string | null | undefined;
  depth: number;
  authentication: object;
  since: Date | null;
  decision_hash?: string;
}

type TokenRow = Authority & {
  jti: string;
  txn: string;
  client_id: string;
  expires_at: Date;
  dead: string | null;
  owns: boolean;
};

type NewToken = Authority & {
  clientId: string;
  kind: string;
  parent: string | null;
  issuedTokenType?: string;
  idToken?: boolean;
};

interface TaskRow {
  organization: string;
  task: string;
  person: string;
  agent: string;
  approved_at: Date;
  decision_hash: string;
  acr: string;
  amr: string[];
  actions: Authority['actions'];
}

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

const ofTask = (row: TaskRow, client: ClientRow, resource: string): NewToken => ({
  ...row,
  clientId: client.client_id,
  kind: 'leaf',
  agents: [row.agent],
  subject: row.person,
  lineage: [],
  parent: null,
  resource,
  scopes: [],
  act: { sub: row.agent, sub_profile: 'ai_agent', client_id: client.client_id },
  depth: 1,
  authentication: { acr: row.acr, amr: row.amr },
  since: row.approved_at,
});

function claimsOf(token: Authority) {
  const details = token.actions
    .filter(({ viaScope }) => viaScope === undefined)
    .map(({ action, resource, parameters }) => ({ type: action, locations: [resource], ...parameters }));
  return {
    sub: token.subject,
    aud: token.resource,
    ...(token.scopes.length > 0 && { scope: token.scopes.join(' ') }),
    ...(details.length > 0 && { authorization_details: details }),
    ...token.authentication,
    ...(token.act !== null && { act: token.act }),
    ...(token.bound_to && { cnf: { jkt: token.bound_to } }),
    org_id: token.organization,
    sub_profile: token.person === null ? 'ai_agent' : 'user',
    ...(token.task !== null && { task_id: token.task, task_hash: token.decision_hash }),
  };
}

const keysOf = ({ organization, agents, person, task, lineage, resource }: Authority): string[] => [
  `organization:${organization}`,
  ...agents.flatMap((agent) => (person === null ? [`agent:${agent}`] : [`agent:${agent}`, `pair:${agent}|${person}`])),
  ...(person === null ? [] : [`person:${person}`]),
  ...(task === null ? [] : [`task:${task}`]),
  ...lineage,
  `resource:${resource}`,
];

interface Parts {
  header: Claims;
  payload: Claims;
  input: string;
  signature: Buffer;
}

function partsOf(token: string): Parts {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  return {
    header: parse(header),
    payload: parse(payload),
    input: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

function check({ input, signature }: Parts, key: KeyObject): void {
  if (!verify('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }, signature))
    throw new Error('signature');
}

const publicKeys = new Map<string, KeyObject>();
function publicKeyOf({ crv, kty, x, y }: EcJwk): KeyObject {
  let key = publicKeys.get(x);
  if (!key) {
    key = createPublicKey({ key: { crv, kty, x, y }, format: 'jwk' });
    publicKeys.set(x, key);
  }
  return key;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

const epoch = (at: Date): number => Math.floor(at.getTime() / 1000);

/** As long as the product's, but made once: hashing them is the product's own choice of how evidence is kept. */
const COMMITMENT_NAMES = [
  ...['organization', 'type', 'decision', 'reason', 'person', 'agent', 'application', 'resource', 'task', 'jti', 'txn'],
  ...['kind', 'scopes', 'actions', 'acting', 'parent', 'expires_at'].map((name) => `content.${name}`),
];
const COMMITMENTS = JSON.stringify(Object.fromEntries(COMMITMENT_NAMES.map((name) => [name, 'x'.repeat(43)])));
const FIELDS = JSON.stringify(Object.fromEntries(COMMITMENT_NAMES.map((name) => [name, { salt: 'x'.repeat(22) }])));

const CLIENT = `
  select c.client_id, c.organization, c.metadata #> '{jwks,keys,0}' as jwk, c.agent
  from clients c left join agents a on a.organization = c.organization and a.id = c.agent
  where c.client_id = $1 and (c.agent is null or a.status = 'active')`;

const UNWAITED = `(select set_config('synchronous_commit', 'off', true)) as unwaited`;
const LASTING_REPLAY = 'insert into replays (key, expires_at) values ($1, $2) on conflict do nothing';
const REPLAY = `
  insert into replays (key, expires_at) select key, $2 from ${UNWAITED}, unnest($1::bytea[]) as keys(key) on conflict do nothing`;

const KEYS = `
  array['organization:' || t.organization, 'client:' || t.client_id, 'token:' || t.jti, 'resource:' || t.resource,
        'person:' || t.person, 'task:' || t.task]
  || array(select 'agent:' || a from unnest(t.agents) a) || array(select 'pair:' || a || '|' || t.person from unnest(t.agents) a) || t.lineage`;
const ALIVE = `why_not_alive(t.organization, ${KEYS}, t.agents, t.person, t.task, t.since) as dead`;

const TOKEN = `
  select t.*, k.decision_hash, ${ALIVE},
         exists (select from resources r where r.resource = t.resource and r.resource_server = $3) as owns
  from issued_tokens t left join tasks k on k.organization = t.organization and k.id = t.task
  where t.issued_at = $1 and t.jti = $2`;

const CALLER = `
  select t.client_id, ${ALIVE} from issued_tokens t join clients c on c.client_id = t.client_id
  where t.issued_at = $1 and t.jti = $2 and c.kind = 'resource_server' and 'redemptions' = any(t.scopes)`;

const ACTIONS = `(
  select jsonb_agg(jsonb_build_object('action', a.action, 'resource', a.resource, 'parameters', a.parameters, 'position', a.position))
  from task_actions a where a.organization = k.organization and a.task = k.id) as actions`;
const TASK = `k.organization, k.id as task, k.person, k.agent, k.approved_at, k.decision_hash, k.acr, k.amr, ${ACTIONS}`;

const CODE = `
  select e.payload ->> 'codeChallenge' as challenge, ${TASK}
  from engine_artefacts e join tasks k on k.id = e.grant_id
  where e.id_hash = $1 and e.model = 'AuthorizationCode' and e.consumed_at is null`;

const CONSUME = `
  update engine_artefacts set consumed_at = now() from ${UNWAITED}
  where id_hash = $1 and model = 'AuthorizationCode' and consumed_at is null`;

const POLL = `
  with polled as (
    update approvals set polled_at = clock_timestamp(),
           collected_at = coalesce(collected_at, case when status = 'approved' then clock_timestamp() end)
    from (
      select collected_at as before, case status when 'approved' then set_config('synchronous_commit', 'off', true) end as unwaited
      from approvals where auth_req_id_hash = $1 for no key update) b
    where auth_req_id_hash = $1 and client_id = $2
    returning status, task, b.before is null and status = 'approved' as collected)
  select p.status, p.collected, ${TASK} from polled p left join tasks k on k.id = p.task`;

const EVENT = (from: string) => `
  event as (
    insert into evidence (organization, id, type, decision, person, agent, application, resource, task, jti, txn, commitments)
    select $1::text, $2::text, 'bench.floor', 'allowed', $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::jsonb ${from}),
  content as (insert into evidence_contents (organization, event, fields) select $1::text, $2::text, $11::jsonb ${from})`;

const ISSUE = `
  with gate as (
    select why_not_alive($1::text, $12::text[], $13::text[], $3::text, $7::text, coalesce($14::timestamptz, clock_timestamp())) as reason),
  ${EVENT('from gate where reason is null')},
  token as (
    insert into issued_tokens (organization, issued_at, jti, kind, client_id, agent, agents, person, subject, task, lineage, parent,
                               resource, scopes, actions, act, bound_to, depth, txn, authentication, since, expires_at)
    select $1::text, $15::timestamptz, $8::text, $16::text, $5::text, $4::text, $13::text[], $3::text, $17::text, $7::text, $18::text[],
           $19::text, $6::text, $20::text[], $21::jsonb, $22::jsonb, $23::text, $24::int, $9::text, $25::jsonb,
           coalesce($14::timestamptz, clock_timestamp()), $26::timestamptz
    from gate where reason is null)
  select reason from gate`;

const RESERVE = `
  with gate as (select why_not_alive($1::text, $13::text[], $14::text[], $3::text, $7::text, $15::timestamptz) as reason),
  drawn as (
    update task_actions set uses = uses + 1
    where organization = $1::text and task = $7::text and position = $12::int and (max_uses is null or uses < max_uses)
      and (select reason from gate) is null
    returning max_uses - uses as remaining),
  reserved as (
    insert into redemptions (organization, id, task, position, jti, resource_server, resource, action, parameters, answer_hash,
                             idempotency_key, txn, agent, person, status, remaining, expires_at)
    select $1::text, $16::text, $7::text, $12::int, $8::text, $5::text, $6::text, $17::text, $18::jsonb, $19::text, $20::text, $9::text, $4::text, $3::text, 'reserved',
           remaining, clock_timestamp() + interval '10 minutes'
    from drawn returning remaining, expires_at),
  ${EVENT('from reserved')}
  select remaining, expires_at from reserved`;
