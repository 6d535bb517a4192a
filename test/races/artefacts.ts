import { randomBytes, randomUUID } from 'node:crypto';
import { importJWK, type JWK, SignJWT } from 'jose';

import { hashOf, newId } from '../../server/oauth/ids.ts';
import { newRecoveryCode, readRecoveryCode, recoveryCodeHash } from '../../server/people/recovery-codes.ts';
import {
  ACCESS_TOKEN,
  type Answer,
  agentMetadata,
  answerOf,
  CALENDAR,
  CIBA,
  EXCHANGE,
  inviteDetails,
  newKey,
  pkce,
  push,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { addingForm, addPasskey, newAuthenticator, optionsIn, SECURITY } from '../support/authenticator.ts';
import { approveWith, askInBrowser, CHOICES, deleteDetails, financeAgent, refundDetails } from '../support/ceremony.ts';
import { newJwk, publicPart } from '../support/identity-provider.ts';
import {
  authorizationUrl,
  browserOf,
  continuationOf,
  detailsParameter,
  type PageAnswer,
  signIn,
  tokenInBrowser,
} from '../support/person.ts';
import { send } from '../support/send.ts';
import { newCode, READING, type World } from './world.ts';

/** As many use one thing at the same moment, every other one at the other process. */
export const CALLERS = 20;

/** One caller's use of the thing that the round is about; callers count from 0. */
export type Use = (base: string, caller: number) => Promise<Answer | PageAnswer>;

/** Something that may be used once. */
export interface Artefact {
  name: string;
  /** What every round of the race shares; answers what makes the thing of one round. */
  prepare(world: World): Promise<(round: number) => Promise<Use>>;
  /** What the callers of one round hear, counted. */
  heard: Record<string, number>;
  /** What there is one more of afterwards, and not more than that. */
  made: string;
}

const CODES = `engine_artefacts where model = 'AuthorizationCode'`;
const LATE = CALLERS - 1;

/** What standards say is used once. */
export const ARTEFACTS: readonly Artefact[] = [
  {
    name: 'authorization code',
    prepare: async (world) => async () => {
      return redeemedBy(world, world.agent, { grant_type: 'authorization_code', ...(await newCode(world)) });
    },
    heard: { '200': 1, '400 invalid_grant': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'refresh token of a public client',
    prepare: async (world) => {
      const { publicAgent } = world;
      const proven = { client_id: publicAgent.clientId, client_assertion: undefined, client_assertion_type: undefined };
      const code = await newCode({ ...world, agent: publicAgent }, { ...READING, ...proven });
      const first = await publicAgent.token({ grant_type: 'authorization_code', ...code, ...proven });
      let refreshToken: string = first.body.refresh_token;
      return async () => {
        const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...proven };
        return async (base) => {
          const answer = await publicAgent.token(form, { base });
          // The next round uses what this one gave: the winner keeps its task, a race is no theft.
          if (answer.status === 200) refreshToken = answer.body.refresh_token;
          return answer;
        };
      };
    },
    heard: { '200': 1, '400 invalid_grant': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'auth_req_id',
    prepare: async (world) => async () => {
      const { agent, person } = world;
      const asked = await agent.post('/backchannel', { scope: 'openid', login_hint: person.email, ...READING });
      return redeemedBy(world, agent, { grant_type: CIBA, auth_req_id: asked.body.auth_req_id });
    },
    heard: { '200': 1, '400 invalid_grant': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'client assertion at the token endpoint',
    prepare:
      async ({ resourceServer }) =>
      async () => {
        const client_assertion = await resourceServer.assertion();
        const form = { grant_type: 'client_credentials', scope: 'redemptions', client_assertion };
        return (base) => resourceServer.token(form, { base, dpop: false });
      },
    heard: { '200': 1, '401 invalid_client': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'DPoP proof',
    prepare: async (world) => {
      const { agent, person, deployment } = world;
      const first = await tokenInBrowser(agent, person, READING);
      const form = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token };
      return async () => redeemedBy(world, agent, form, await agent.proof(`${deployment.issuer}/token`));
    },
    heard: { '200': 1, '400 invalid_dpop_proof': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'DP-06 DP-08: DPoP proof with a nonce that one of the two gave',
    prepare: async (world) => {
      const { agent, person, deployment } = world;
      const first = await tokenInBrowser(agent, person, READING);
      const form = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token };
      return async () =>
        redeemedBy(
          world,
          agent,
          form,
          await agent.proof(`${deployment.issuer}/token`, { nonce: await nonceOf(deployment) }),
        );
    },
    heard: { '200': 1, '400 invalid_dpop_proof': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'request_uri',
    prepare:
      async ({ agent, person }) =>
      async () => {
        const request = await push(agent, { code_challenge: pkce().challenge, ...READING });
        return (base) => person.at(base).get(authorizationUrl(agent, request.body.request_uri));
      },
    heard: { code: 1, invalid_request_uri: LATE },
    made: CODES,
  },
  {
    name: 'interaction, resumed',
    prepare:
      async ({ agent, person }) =>
      async () => {
        const request = await push(agent, { code_challenge: pkce().challenge, prompt: 'consent', ...READING });
        const page = await person.get(authorizationUrl(agent, request.body.request_uri));
        const next = continuationOf(await person.submit(page, APPROVE)) ?? '';
        return (base) => person.at(base).get(next);
      },
    heard: { code: 1, '400 page': LATE },
    made: CODES,
  },
  {
    name: 'JB-02: assertion of a trusted issuer',
    prepare: (world) => asserted(world, 'jwt-bearer', 'JWT'),
    heard: { '200': 1, '400 invalid_grant': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'JAG-23 CH-07: identity assertion (ID-JAG)',
    prepare: (world) => asserted(world, 'id-jag', 'oauth-id-jag+jwt'),
    heard: { '200': 1, '400 invalid_grant': LATE },
    made: 'issued_tokens',
  },
];

/** What an issuer that the organization trusts says about the person; the agent has a task of theirs. */
async function asserted({ deployment, database, person }: World, profile: string, typ: string) {
  const [issuer, key] = [`https://${profile}.example`, await newJwk('ES256', profile)];
  const grants = { grant_types: ['authorization_code', JWT_BEARER] };
  const agent = await registerAgent(deployment, grants);
  const { organization } = agent.registration;
  await database.query(
    `insert into trusted_issuers (organization, issuer, name, jwks, algorithms, profiles, made_by)
     values ($1, $2, 'Login', $3, '{ES256}', array[$4], 'test')`,
    [organization, issuer, { keys: [publicPart(key)] }, profile],
  );
  await database.query(
    `insert into credentials (organization, person, id, kind, identifier, made_by)
     select organization, id, $3, 'upstream', $4, 'test' from people where organization = $1 and email = $2`,
    [organization, person.email, newId('crd'), JSON.stringify([issuer, '1'])],
  );
  await tokenInBrowser(agent, person, READING);
  return async (): Promise<Use> => {
    const iat = Math.floor(Date.now() / 1000);
    const client_id = agent.clientId;
    const aud = deployment.issuer;
    const claims = { iss: issuer, sub: '1', aud, client_id, resource: CALENDAR, jti: randomUUID(), iat, exp: iat + 60 };
    const header = { alg: 'ES256', kid: profile, typ };
    const assertion = await new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key, 'ES256'));
    return (base) => agent.token({ grant_type: JWT_BEARER, assertion, ...READING }, { base });
  };
}

const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** What else happens once here. */
export const MORE: readonly Artefact[] = [
  {
    name: 'first key of a task, shown with as many codes under as many keys',
    prepare: async (world) => async (round) => {
      // Asked without a key, a task belongs to the first that its client shows. Every code here is of the same task.
      const day = `2027-01-${String(round + 1).padStart(2, '0')}`;
      const asked = { ...READING, authorization_details: detailsParameter(readDetails({ from: day, to: day })) };
      const tries: { code: string; code_verifier: string; key: JWK }[] = [];
      while (tries.length < CALLERS) {
        tries.push({ ...(await newCode(world, asked, { dpop: false })), key: (await newKey()).jwk });
      }
      return (base, caller) => {
        const { key, ...form } = tries[caller] as (typeof tries)[number];
        return world.agent.token({ grant_type: 'authorization_code', ...form }, { base, key });
      };
    },
    heard: { '200': 1, '400 invalid_grant': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'client assertion at introspection',
    prepare:
      async ({ resourceServer }) =>
      async () => {
        const client_assertion = await resourceServer.assertion();
        const form = { token: 'unknown', client_assertion };
        return (base) => resourceServer.post('/token/introspection', form, { base, dpop: false });
      },
    heard: { '200': 1, '401 invalid_client': LATE },
    made: 'replays',
  },
  {
    name: 'decision in as many tabs, each of which then follows its way back to the client',
    prepare:
      async ({ agent, person }) =>
      async () => {
        const request = await push(agent, { code_challenge: pkce().challenge, prompt: 'consent', ...READING });
        const page = await person.get(authorizationUrl(agent, request.body.request_uri));
        return async (base) => {
          const tab = person.at(base);
          const result = await tab.submit(page, APPROVE);
          const next = wayBackIn(result);
          if (next !== undefined) await tab.get(next);
          return result;
        };
      },
    heard: { '200 page': 1, 'too late': LATE },
    made: CODES,
  },
  {
    name: 'decision on two devices, half of them approving',
    prepare:
      async ({ agent, person, otherDevice }) =>
      async (round) => {
        const asked = await agent.post('/backchannel', {
          scope: 'openid',
          login_hint: person.email,
          authorization_details: detailsParameter(inviteDetails({ title: `Decision ${round}` })),
          resource: CALENDAR,
        });
        const inbox = await person.get('/inbox');
        const [, review = ''] = /href="(\/r\/apr_[0-9a-f]+)"/.exec(inbox.html) ?? [];
        const devices = [person, otherDevice] as const;
        const pages = [await person.get(review), await otherDevice.get(review)] as const;
        return (base, caller) => {
          const device = (caller >> 1) % 2 === 0 ? 0 : 1;
          const decision = caller % 3 === 0 ? 'deny' : 'approve';
          return devices[device]
            .at(base)
            .submit(pages[device], { decision, duration: 'once', number: asked.body.display_code, read: '1' });
        };
      },
    heard: { '200 page': 1, 'too late': LATE },
    made: `evidence where type in ('task.approved', 'task.denied')`,
  },
  {
    name: 'report of what was allowed',
    prepare:
      async ({ deployment, database, person }) =>
      async () => {
        // One of its own, because it is paused then.
        const agent = await registerAgent(deployment);
        await tokenInBrowser(agent, person, READING);
        const { rows } = await database.query('select id from approvals where client_id = $1', [agent.clientId]);
        const report = await person.get(`/r/${rows[0].id}/report`);
        return (base) => person.at(base).submit(report, { reason: 'not_me' });
      },
    heard: { '200 page': CALLERS },
    made: `evidence where type = 'person.alarm'`,
  },
  {
    name: 'hand-off token',
    prepare: async (world) => {
      const { agent, child, person } = world;
      const { authorization_details } = READING;
      const root = await tokenInBrowser(agent, person, { authorization_details });
      const exchange = { grant_type: EXCHANGE, subject_token_type: ACCESS_TOKEN };
      return async () => {
        const handOff = await agent.token({
          ...exchange,
          subject_token: root.body.access_token,
          requested_actor: child.registration.agent_id,
          authorization_details,
        });
        return redeemedBy(world, child, { ...exchange, subject_token: handOff.body.access_token, resource: CALENDAR });
      };
    },
    heard: { '200': 1, '400 invalid_request': LATE },
    made: 'issued_tokens',
  },
  {
    name: 'initial access token with one use',
    prepare: async ({ deployment, database }) => {
      const { publicJwk } = await newKey();
      return async () => {
        const token = randomBytes(32).toString('base64url');
        await database.query(ONE_REGISTRATION, [newId('iat'), hashOf(token)]);
        const request = {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(agentMetadata(publicJwk)),
        };
        return async (base) => answerOf(await send(`${deployment.issuer}/reg`, request, base));
      };
    },
    heard: { '201': 1, '401 invalid_token': LATE },
    made: 'agents',
  },
  {
    name: 'recovery code of an administrator',
    prepare: async ({ database, deployment }) => {
      const email = 'admin@acme.example';
      const { rows } = await database.query('select organization, id from people where email = $1', [email]);
      const [{ organization, id }] = rows;
      return async () => {
        const code = newRecoveryCode();
        await database.query('insert into recovery_codes (organization, person, code_hash) values ($1, $2, $3)', [
          organization,
          id,
          recoveryCodeHash(id, readRecoveryCode(code) ?? ''),
        ]);
        // As many tries as nobody has: what holds here is the code, and not the count of them.
        await database.query(`delete from rate_limits where key like 'sign-in %'`);
        await database.query(
          `insert into rate_limits (key, points, expire) values ($1, -1000, extract(epoch from now() + interval '1 hour') * 1000)
           on conflict (key) do update set points = -1000`,
          [`sign-in account:${email}`],
        );
        return async (base) => {
          const browser = browserOf(deployment.issuer, email, base);
          const csrf = /name="csrf" value="([^"]*)"/.exec((await browser.get('/login/recovery')).html)?.[1] ?? '';
          return browser.post('/login/recovery', { csrf, email, password: deployment.demo.password, code });
        };
      };
    },
    heard: { '200 page': 1, '401 page': LATE },
    made: `evidence where type = 'passkey.recovered'`,
  },
  {
    name: 'challenge of a new passkey, vouched for by another',
    prepare:
      async ({ deployment: { issuer }, person, key }) =>
      async () => {
        const form = addingForm(await person.get(SECURITY), newAuthenticator(issuer), { by: key });
        return (base) => person.at(base).post(`${SECURITY}/passkeys`, form);
      },
    heard: { '200 page': 1, '403 page': LATE },
    made: 'passkeys',
  },
  {
    name: 'signature of a passkey under one decision',
    prepare: async ({ deployment, person, key }) => {
      const agent = await financeAgent(deployment);
      return async (round) => {
        const { page } = await askInBrowser(agent, person, refundDetails({ invoice: `INV-${round}` }));
        const confirm = await person.submit(page, CHOICES);
        const assertion = key.get(optionsIn(confirm, 'request'));
        return (base) => person.at(base).submit(confirm, { assertion });
      };
    },
    heard: { '200 page': 1, 'too late': LATE },
    made: 'tasks',
  },
  {
    name: 'second approval of what needs two',
    prepare: async ({ deployment, person, key }) => {
      const agent = await financeAgent(deployment);
      const second = await signIn(deployment, 'approver@acme.example');
      const theirs = await addPasskey(second, deployment.issuer);
      return async (round) => {
        const repository = `acme/repo-${round}`;
        const choices = { ...CHOICES, critical_value: repository };
        const { page } = await askInBrowser(agent, person, deleteDetails({ repository }));
        await approveWith(person, page, key, choices);
        const [, review = ''] = /href="(\/r\/apr_[0-9a-f]+)"/.exec((await second.get('/inbox')).html) ?? [];
        const confirm = await second.submit(await second.get(review), choices);
        const assertion = theirs.get(optionsIn(confirm, 'request'));
        return (base) => second.at(base).submit(confirm, { assertion });
      };
    },
    heard: { '200 page': 1, 'too late': LATE },
    made: 'tasks',
  },
  {
    name: 'enrolment link',
    prepare:
      async ({ deployment, database }) =>
      async (round) => {
        const token = randomBytes(32).toString('base64url');
        await database.query(ONE_ENROLMENT, [newId('usr'), `new${round}@acme.example`, hashOf(token)]);
        const browser = browserOf(deployment.issuer);
        const page = await browser.get(`/enrol/${token}`);
        return (base) => browser.at(base).submit(page, { password: 'correct horse battery' });
      },
    heard: { '200 page': 1, '410 page': LATE },
    made: 'credentials',
  },
  {
    name: 'task for one use, redeemed under as many keys',
    prepare: async (world) => {
      const redeem = await redeemer(world);
      return async (round) => {
        const title = `Redemption ${round}`;
        const token = await tokenForOneUse(world, title);
        return (base, caller) => redeem(token, title, `${title} ${caller}`, base);
      };
    },
    heard: { '201': 1, '403 used_up': LATE },
    made: 'redemptions',
  },
  {
    name: 'task for one use, redeemed under one key',
    prepare: async (world) => {
      const redeem = await redeemer(world);
      return async (round) => {
        const title = `Repetition ${round}`;
        const token = await tokenForOneUse(world, title);
        return (base) => redeem(token, title, title, base);
      };
    },
    heard: { '201': CALLERS },
    made: 'redemptions',
  },
];

const APPROVE = { decision: 'approve', duration: 'PT1H', read: '1' };

const ONE_REGISTRATION = `
  insert into initial_access_tokens (organization, id, token_hash, owner, deputy, mode_ceiling, final_status, uses_left, made_by)
  select organization, $1, $2, owner, deputy, 'attended', 'active', 1, 'test' from initial_access_tokens limit 1`;

const ONE_ENROLMENT = `
  with person as (
    insert into people (organization, id, email, name) select id, $1, $2, 'New Colleague' from organizations where slug = 'acme'
    returning organization, id)
  insert into enrolments (token_hash, organization, person, made_by, expires_at)
  select $3, organization, id, 'test', now() + interval '15 minutes' from person`;

/** The same request of as many callers, each with an assertion and a proof of its own, all signed before the start. */
async function redeemedBy(
  { deployment }: World,
  client: TestClient,
  form: Record<string, string>,
  proof?: string,
): Promise<Use> {
  const signed = await Promise.all(
    Array.from({ length: CALLERS }, async () => ({
      client_assertion: await client.assertion(),
      dpop: proof ?? (await client.proof(`${deployment.issuer}/token`)),
    })),
  );
  return (base, caller) => {
    const { client_assertion, dpop } = signed[caller] as (typeof signed)[number];
    return client.token({ ...form, client_assertion }, { base, dpop });
  };
}

/** Of the second instance: the first has to take it as its own (DP-06). */
async function nonceOf({ issuer, bases }: World['deployment']): Promise<string> {
  const answer = await send(`${issuer}/token`, { method: 'POST', headers: { DPoP: 'any' } }, bases[1]);
  return answer.headers.get('dpop-nonce') ?? '';
}

/** The way back that a page offers, followed by itself or by a click. */
const wayBackIn = (page: PageAnswer): string | undefined =>
  continuationOf(page) ?? /href="([^"]*\/auth\/[^"]*)"/.exec(page.html)?.[1]?.replaceAll('&amp;', '&');

/** A token of a task that was approved once. */
async function tokenForOneUse({ agent, person }: World, title: string): Promise<string> {
  const asked = { authorization_details: detailsParameter(inviteDetails({ title })), resource: CALENDAR };
  const answer = await tokenInBrowser(agent, person, asked, { decision: 'approve', duration: 'once', read: '1' });
  return answer.body.access_token;
}

/** What the calendar's server does before it sends the invitations. */
async function redeemer({ deployment, resourceServer }: World) {
  const own = await resourceServer.token({ grant_type: 'client_credentials', scope: 'redemptions' }, { dpop: false });
  const headers = { authorization: `Bearer ${own.body.access_token}`, 'content-type': 'application/json' };
  return async (token: string, title: string, idempotency_key: string, base: string): Promise<Answer> => {
    const { type: action, locations: _, ...parameters } = inviteDetails({ title });
    const body = JSON.stringify({ token, action, parameters, idempotency_key });
    return answerOf(await send(`${deployment.issuer}/redemptions`, { method: 'POST', headers, body }, base));
  };
}
