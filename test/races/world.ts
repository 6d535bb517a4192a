import pg from 'pg';

import {
  CALENDAR,
  demoClient,
  type PostOptions,
  pkce,
  push,
  READ,
  REDIRECT,
  readDetails,
  registerAgent,
  type TestClient,
} from '../support/agent.ts';
import { type Authenticator, addPasskey } from '../support/authenticator.ts';
import { askFreely } from '../support/ceremony.ts';
import { type Deployment, type DeploymentOptions, startDeployment } from '../support/deployment.ts';
import {
  authorizationUrl,
  continuationOf,
  detailsParameter,
  signIn,
  type TestPerson,
  tokenInBrowser,
} from '../support/person.ts';

/** Milliseconds that the server sleeps between finding and consuming, so that all callers find the thing unused. */
const CONSUME_DELAY_MS = 25;

/** Who takes part in the races: two server processes, and their clients and people. */
export interface World {
  deployment: Deployment;
  /** The same database, directly. */
  database: pg.Client;
  agent: TestClient;
  publicAgent: TestClient;
  /** The agent may hand the reading of the calendar to it. */
  child: TestClient;
  resourceServer: TestClient;
  person: TestPerson;
  /** The person's passkey. */
  key: Authenticator;
  /** The same person, signed in at another device. */
  otherDevice: TestPerson;
  close(): Promise<void>;
}

/** What most requests of the races ask; the agent has a task for it, so that asking again needs no page. */
export const READING = { authorization_details: detailsParameter(readDetails()), resource: CALENDAR };

export async function makeWorld({ settings, ...options }: DeploymentOptions): Promise<World> {
  const deployment = await startDeployment({
    ...options,
    settings: (url) => ({ COUNTERSIGN_TEST_CONSUME_DELAY_MS: String(CONSUME_DELAY_MS), ...settings?.(url) }),
  });
  const database = new pg.Client({ connectionString: deployment.databaseUrl });
  const close = async () => {
    await database.end();
    await deployment.close();
  };
  try {
    await database.connect();
    const agent = await registerAgent(deployment);
    const child = await registerAgent(deployment, { client_name: 'Room Finder' });
    await database.query('insert into agent_edges (organization, parent, child, actions) values ($1, $2, $3, $4)', [
      agent.registration.organization,
      agent.registration.agent_id,
      child.registration.agent_id,
      [READ],
    ]);
    const publicAgent = await registerAgent(deployment, {
      client_name: 'Desk Calendar',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    });
    // Races ask far more than a person is to be asked, and deny some of it.
    await askFreely(database, agent.registration.organization);
    const person = await signIn(deployment);
    const key = await addPasskey(person, deployment.issuer);
    const first = await tokenInBrowser(agent, person, READING);
    if (first.status !== 200) throw new Error(`the first task: ${first.status} ${JSON.stringify(first.body)}`);
    return {
      deployment,
      database,
      agent,
      publicAgent,
      child,
      resourceServer: await demoClient(deployment, 'resourceServer'),
      person,
      key,
      otherDevice: await signIn(deployment),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A code, and what redeems it: of a live task that covers the request, or of a new one for an hour. */
export async function newCode(
  { agent, person }: Pick<World, 'agent' | 'person'>,
  asked: Record<string, string | undefined> = READING,
  options?: PostOptions,
): Promise<{ code: string; code_verifier: string }> {
  const { verifier, challenge } = pkce();
  const request = await push(agent, { code_challenge: challenge, ...asked }, options);
  let page = await person.get(authorizationUrl(agent, request.body.request_uri));
  if (!page.url.startsWith(REDIRECT)) {
    const result = await person.submit(page, { decision: 'approve', duration: 'PT1H', read: '1' });
    page = await person.get(continuationOf(result) ?? '');
  }
  const code = new URL(page.url).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${page.url}`);
  return { code, code_verifier: verifier };
}
