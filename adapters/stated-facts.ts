import { type AskFacts, type FactsQuestion, parseFacts } from '../server/catalogue/facts.ts';
import type { KeyRing } from '../server/keys/keys.ts';
import { newSecret } from '../server/oauth/ids.ts';

/** `typ` of the question: it passes as no access token, and no access token passes as it (RFC 8725 §3.11). */
export const QUESTION_TYPE = 'facts-question+jwt';

/** Seconds a resource may take the question for new. */
const QUESTION_SECONDS = 30;
/** Milliseconds; the agent waits for the answer to its own request meanwhile. */
const PATIENCE_MS = 2000;
const ANSWER_BYTES = 8 * 1024;

/**
 * Asks a resource about a request, at the address that its action declares. The whole question is one JWT of this
 * server's own keys, audience the resource: whoever catches it can ask nothing else with it, and a resource that
 * verifies one signature knows who asks, for whom and about what. docs/write-a-catalogue.md says it for API owners.
 *
 * @param addresses where a resource is reached from here, by origin, when not under its own name; the operator said so
 * @param unanswered told why a question had no answer
 */
export function statedFacts({
  issuer,
  keys,
  fetch,
  addresses,
  unanswered,
}: {
  issuer: string;
  keys: () => KeyRing;
  fetch: typeof globalThis.fetch;
  addresses: ReadonlyMap<string, string>;
  unanswered(question: FactsQuestion, why: string): void;
}): AskFacts {
  return async (question) => {
    const { action, parameters, organization, person, agent } = question;
    const now = Math.floor(Date.now() / 1000);
    const jwt = keys().sign(
      { typ: QUESTION_TYPE },
      {
        iss: issuer,
        aud: action.resource,
        iat: now,
        exp: now + QUESTION_SECONDS,
        jti: newSecret(),
        sub: person,
        org_id: organization,
        act: { sub: agent },
        authorization_details: [{ ...parameters, type: action.key, locations: [action.resource] }],
      },
    );
    try {
      const response = await fetch(addressOf(action.resolve.at, addresses), {
        method: 'POST',
        headers: { 'content-type': 'application/jwt', accept: 'application/json' },
        body: jwt,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await response.text();
      if (response.status !== 200) throw new Unanswered(`status ${response.status}`);
      if (Buffer.byteLength(text) > ANSWER_BYTES) throw new Unanswered('too large');
      const facts = parseFacts(action.resolve, text);
      if (facts === undefined) throw new Unanswered('not the facts that the action declares');
      return facts;
    } catch (cause) {
      // Whatever it is, the resource gave no answer, and the action says what that means.
      unanswered(question, cause instanceof Error ? cause.message : String(cause));
      return null;
    }
  };
}

class Unanswered extends Error {}

function addressOf(at: string, addresses: ReadonlyMap<string, string>): string {
  const url = new URL(at);
  const base = addresses.get(url.origin);
  return base === undefined ? at : `${base}${url.pathname}${url.search}`;
}
