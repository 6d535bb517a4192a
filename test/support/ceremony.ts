import { type Answer, type Json, pkce, push, REDIRECT, registerAgent, type TestClient } from './agent.ts';
import { type Authenticator, type Deviation, optionsIn } from './authenticator.ts';
import { authorizationUrl, continuationOf, detailsParameter, type PageAnswer, type TestPerson } from './person.ts';
import type { TestServer } from './server.ts';

export const PAYMENTS = 'https://payments.acme.example';
export const REFUND = 'payments.refund.create';
export const REPOS = 'https://repos.acme.example';
export const DELETE = 'repos.repository.delete';
export const CRM = 'https://crm.acme.example';
export const EXPORT = 'crm.contacts.export';

/** High impact; critical above 5,000. */
export const refundDetails = (more: Json = {}): Json => ({
  type: REFUND,
  locations: [PAYMENTS],
  invoice: 'INV-20991',
  payee: 'Nordwind GmbH',
  amount: { currency: 'EUR', value: '4200.00' },
  ...more,
});
/** Critical impact. */
export const deleteDetails = (more: Json = {}): Json => ({
  type: DELETE,
  locations: [REPOS],
  repository: 'acme/billing',
  ...more,
});

/** An agent that asks for what can hurt. */
export const financeAgent = (server: TestServer, more: Json = {}): Promise<TestClient> =>
  registerAgent(server, {
    client_name: 'Finance Agent',
    agent_purpose: 'Refunds what was billed twice',
    authorization_details_types: [
      REFUND,
      DELETE,
      EXPORT,
      'calendar.events.read',
      'calendar.invitations.send',
      'calendar.events.export',
    ],
    ...more,
  });

/** One request in the browser, up to its decision page. */
export interface Asked {
  page: PageAnswer;
  verifier: string;
}

export async function askInBrowser(
  agent: TestClient,
  person: TestPerson,
  details: Json | Json[],
  more: Record<string, string> = {},
): Promise<Asked> {
  const { verifier, challenge } = pkce();
  const pushed = await push(agent, {
    code_challenge: challenge,
    state: 'st',
    authorization_details: detailsParameter(...[details].flat()),
    ...more,
  });
  if (pushed.status !== 201) throw new Error(`push: ${pushed.status} ${JSON.stringify(pushed.body)}`);
  return { page: await person.get(authorizationUrl(agent, pushed.body.request_uri)), verifier };
}

/** What a person who read it sends of the decision page. */
export const CHOICES = { decision: 'approve', duration: 'once', read: '1', critical_value: '4200' };

export const sign = (
  person: TestPerson,
  confirm: PageAnswer,
  key: Authenticator,
  deviation?: Deviation,
): Promise<PageAnswer> => person.submit(confirm, { assertion: key.get(optionsIn(confirm, 'request'), deviation) });

/** Approves with a passkey; the page that follows. */
export async function approveWith(
  person: TestPerson,
  page: PageAnswer,
  key: Authenticator,
  choices: Record<string, string> = CHOICES,
): Promise<PageAnswer> {
  const confirm = await person.submit(page, choices);
  if (confirm.status !== 200) throw new Error(`choices: ${confirm.status} ${confirm.html.slice(0, 2000)}`);
  return sign(person, confirm, key);
}

/** Where the receipt's link leads: high impact waits for it (U6). */
export const linkIn = ({ html }: PageAnswer): string =>
  (/class="button primary wide" href="([^"]*)"/.exec(html)?.[1] ?? '').replaceAll('&amp;', '&');

/** The token of a request whose approval is done. */
export async function tokenAfter(
  agent: TestClient,
  person: TestPerson,
  receipt: PageAnswer,
  { verifier }: Pick<Asked, 'verifier'>,
): Promise<Answer> {
  const back = await person.get(continuationOf(receipt) ?? linkIn(receipt));
  if (!back.url.startsWith(REDIRECT)) throw new Error(`not at the client: ${back.url} ${back.status}`);
  const code = new URL(back.url).searchParams.get('code') ?? '';
  return agent.token({ grant_type: 'authorization_code', code, code_verifier: verifier });
}

/** Lets the agents of an organization ask as often as a test has to. */
export const askFreely = (
  database: { query(text: string, values: unknown[]): Promise<unknown> },
  organization: string,
) =>
  database.query(
    `insert into prompt_limits (organization, limits, changed_by) values ($1, $2, 'test')
     on conflict (organization) do update set limits = excluded.limits`,
    [
      organization,
      {
        cool_off_minutes: 0,
        mute_after_denials: 1000,
        mute_after_expiries: 1000,
        fast_decisions: 0,
        open: { pair: 1000 },
        hourly: { pair: 1000, person: 1000 },
      },
    ],
  );
