import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, importJWK, type JWK, type RemoteJWKSet } from 'jose';
import * as oauth from 'openid-client';

/** What an API asks and tells its authorization server. */
export interface Countersign {
  /** For the signatures of access tokens. */
  keys: RemoteJWKSet;
  /** Is this token alive? A stop is seen here within a quarter of a second, where the token alone would live for minutes. */
  isActive(token: string, jti: string): Promise<boolean>;
  /**
   * Reserves one use of a task with the actual parameters: the server compares them with what the person approved, and
   * counts. The same key answers the same again.
   */
  redeem(use: Use): Promise<Redeemed>;
  /** Says how a reserved use ended; `released` gives it back. */
  close(redemption: string, outcome: Outcome): Promise<void>;
  /** Says what happened where nothing had to be redeemed. Sent in batches. */
  report(entry: Report): void;
  /** Sends what is waiting, once more, and nothing after that. */
  end(): Promise<void>;
}

export interface Use {
  token: string;
  action: string;
  parameters: Record<string, unknown>;
  idempotency_key: string;
}

export type Redeemed =
  | { ok: true; id: string; remaining: number | null }
  | { ok: false; status: 403 | 409; reason: string; detail: string };

export interface Outcome {
  status: 'succeeded' | 'failed' | 'released';
  reference?: string | undefined;
  affected?: number | undefined;
}

export interface Report {
  jti: string;
  action: string;
  decision: 'accepted' | 'refused';
  status?: 'succeeded' | 'failed' | undefined;
  request_id: string;
  at: string;
}

/** Milliseconds that an answer about a token is believed. */
const ACTIVE_MS = 250;
const REPORT_EVERY_MS = 1000;
const BATCH = 500;
/** Reports kept while the server cannot be reached; older ones go first. */
const BACKLOG = 10_000;

/** Connects a resource server that authenticates with its own key (`private_key_jwt`). */
export async function connectToCountersign(
  issuer: string,
  client: { client_id: string; jwk: JWK },
): Promise<Countersign> {
  const local = ['localhost', '127.0.0.1'].includes(new URL(issuer).hostname);
  const server = await oauth.discovery(
    new URL(issuer),
    client.client_id,
    undefined,
    oauth.PrivateKeyJwt((await importJWK(client.jwk, 'ES256')) as CryptoKey),
    local ? { execute: [oauth.allowInsecureRequests] } : {},
  );
  const { jwks_uri, redemption_endpoint, outcome_endpoint } = server.serverMetadata();

  let own: { value: string; until: number } | undefined;
  const ownToken = async () => {
    if (!own || own.until < Date.now()) {
      const { access_token, expires_in = 0 } = await oauth.clientCredentialsGrant(server, { scope: 'redemptions' });
      own = { value: access_token, until: Date.now() + (expires_in - 30) * 1000 };
    }
    return own.value;
  };
  const post = async (url: string, body: object): Promise<Response> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${await ownToken()}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    if (response.status >= 500 || response.status === 401) {
      own = undefined;
      throw new Error(`Countersign answered ${response.status}`);
    }
    return response;
  };

  const known = new Map<string, { active: Promise<boolean>; until: number }>();
  let waiting: Report[] = [];
  let sending: Promise<void> = Promise.resolve();
  const flush = () => {
    sending = sending.then(async () => {
      while (waiting.length > 0) {
        const batch = waiting.slice(0, BATCH);
        await post(String(outcome_endpoint), batch); // the same report twice counts once
        waiting = waiting.slice(batch.length);
      }
    });
    return sending;
  };
  const timer = setInterval(() => {
    sending = sending.catch(() => {}); // whatever kept the last batch back, this one tries again
    flush().catch((error: Error) => console.error(`reports wait: ${error.message}`));
  }, REPORT_EVERY_MS);
  timer.unref();

  return {
    keys: createRemoteJWKSet(new URL(String(jwks_uri))),

    isActive(token, jti) {
      const now = Date.now();
      for (const [old, { until }] of known) if (until <= now) known.delete(old);
      const before = known.get(jti);
      if (before) return before.active;
      const active = oauth.tokenIntrospection(server, token).then((answer) => answer.active);
      known.set(jti, { active, until: now + ACTIVE_MS });
      return active;
    },

    async redeem(use) {
      const response = await post(String(redemption_endpoint), use);
      const answer = (await response.json()) as Record<string, unknown>;
      return response.status === 201
        ? { ok: true, id: String(answer.redemption_id), remaining: answer.remaining as number | null }
        : {
            ok: false,
            status: response.status === 409 ? 409 : 403,
            reason: String(answer.reason),
            detail: String(answer.detail),
          };
    },

    async close(redemption, outcome) {
      const url = `${redemption_endpoint}/${redemption}/outcome`;
      // The use stays drawn whatever happens; what would be missing is only how it ended.
      for (let attempt = 1; ; attempt++) {
        try {
          await post(url, outcome);
          return;
        } catch (error) {
          if (attempt === 5) throw error;
          await sleep(200 * 2 ** attempt);
        }
      }
    },

    report(entry) {
      waiting = [...waiting.slice(1 - BACKLOG), entry];
    },

    end() {
      clearInterval(timer);
      return flush();
    },
  };
}
