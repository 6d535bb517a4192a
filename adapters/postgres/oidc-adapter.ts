import { createHash } from 'node:crypto';
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';

import { decrypt, encrypt } from '../../server/keys/seal.ts';
import type { Statements } from './database.ts';

/**
 * oidc-provider's storage. Ids are bearer values, so their SHA-256 is the key and a copy of the table redeems
 * nothing; consumption is a conditional update, because the engine looks first and consumes later.
 */
export class OidcAdapter implements Adapter {
  readonly #database: Statements;
  readonly #model: string;
  readonly #delay: number;

  /** `delay`: milliseconds between the look and the consumption; tests use it to widen every race. */
  constructor(database: Statements, model: string, delay = 0) {
    this.#database = database;
    this.#model = model;
    this.#delay = delay;
  }

  /** Stores or replaces. What was used or destroyed meanwhile stays so: the object was loaded before that. */
  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _, ...stored } = payload;
    await this.#database.run(UPSERT, [
      hash(id),
      this.#model,
      this.#model === 'Interaction' ? conceal(id, stored) : stored,
      payload.clientId ?? null,
      payload.accountId ?? null,
      payload.grantId ?? null,
      this.#model === 'Session' && payload.uid ? hash(payload.uid) : null,
      expiresIn ?? null,
    ]);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const found = await this.#database.first<Row>(FIND, [hash(id), this.#model]);
    if (found && found.consumed_ago !== null && SAVED_AGAIN.has(this.#model)) return undefined; // destroyed
    return found && this.#restore(found, id);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const found = await this.#database.first<Row>(FIND_BY_UID, [hash(uid), this.#model]);
    return found && this.#restore(found, undefined);
  }

  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined); // the device flow is not offered
  }

  /**
   * One caller wins. Two requests that both read "not consumed" both get here; the second must fail, with the
   * error that fits the artefact, or one code buys two tokens.
   *
   * @throws the OAuth error of the artefact when another request was first
   */
  async consume(id: string): Promise<void> {
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
    const changed = await this.#database.run(CONSUME, [hash(id), this.#model]);
    if (changed === 0) throw alreadyUsed(this.#model);
  }

  /** An interaction is destroyed by the one resume that completes it: a second must not mint a second code. */
  async destroy(id: string): Promise<void> {
    if (!SAVED_AGAIN.has(this.#model)) {
      await this.#database.run(DELETE, [hash(id), this.#model]);
      return;
    }
    if (this.#delay > 0) await new Promise((resolve) => setTimeout(resolve, this.#delay));
    const changed = await this.#database.run(END, [hash(id), this.#model]);
    if (changed === 0 && this.#model === 'Interaction')
      throw new errors.SessionNotFound('interaction already finished');
  }

  /** The engine asks each model in turn; the first call ends all of them in one statement. */
  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#database.run('delete from engine_artefacts where grant_id = $1', [grantId]);
  }

  #restore({ payload, consumed_ago }: Row, id: string | undefined): AdapterPayload {
    return {
      ...(this.#model === 'Interaction' && id !== undefined ? reveal(id, payload) : payload),
      ...(id === undefined ? {} : { jti: id }),
      ...(consumed_ago === null ? {} : { consumed: Math.floor(Date.now() / 1000 - consumed_ago) }),
    };
  }
}

/**
 * Loaded and saved again by whatever request comes along. A request that began before another one destroyed it would
 * bring it back when it saves (the session's former id, a finished interaction), so a mark stays until it expires.
 */
const SAVED_AGAIN: ReadonlySet<string> = new Set(['Interaction', 'Session']);

/** SHA-256 of a bearer value: what is stored in its place. */
export const hash = (value: string): Buffer => createHash('sha256').update(value).digest();

interface Row {
  payload: AdapterPayload;
  /** Seconds by the database's own clock: a grace of two seconds must not depend on two clocks agreeing. */
  consumed_ago: number | null;
}

/**
 * An interaction carries other bearer values: its own id in `returnTo`, the session's cookie and the pushed
 * request's id. They are sealed under the interaction's id, of which the database holds only the hash.
 */
function conceal(id: string, payload: AdapterPayload): AdapterPayload {
  const { returnTo, session, parJti, ...rest } = payload as AdapterPayload & { parJti?: string };
  return {
    ...rest,
    sealed: encrypt(hash(`interaction ${id}`), 'interaction', JSON.stringify({ returnTo, session, parJti })),
  } as AdapterPayload;
}

function reveal(id: string, payload: AdapterPayload): AdapterPayload {
  const { sealed, ...rest } = payload as AdapterPayload & { sealed: string };
  return { ...rest, ...JSON.parse(decrypt(hash(`interaction ${id}`), 'interaction', sealed)) };
}

function alreadyUsed(model: string): errors.OIDCProviderError {
  if (model === 'PushedAuthorizationRequest') return new errors.InvalidRequestUri('request_uri was already used');
  return new errors.InvalidGrant('already used');
}

const UPSERT = `
  insert into engine_artefacts (id_hash, model, payload, client_id, person, grant_id, uid_hash, expires_at, organization)
  select $1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8::int), (select organization from clients where client_id = $4)
  on conflict (id_hash, model) do update
    set payload = excluded.payload, client_id = excluded.client_id, person = excluded.person,
        grant_id = excluded.grant_id, uid_hash = excluded.uid_hash, expires_at = excluded.expires_at,
        organization = excluded.organization
    where engine_artefacts.consumed_at is null`;

// Expired rows stay visible until they are cleaned up: the engine tells "expired" from "unknown" by the payload.
const ROW = 'payload, extract(epoch from clock_timestamp() - consumed_at)::float8 as consumed_ago';
const FIND = `select ${ROW} from engine_artefacts where id_hash = $1 and model = $2`;

// Two tabs that finish at once each give the session a new id of its own; both stay valid, the later one is found.
const FIND_BY_UID = `
  select ${ROW} from engine_artefacts where uid_hash = $1 and model = $2 and consumed_at is null
  order by expires_at desc limit 1`;

// Commits without waiting: the token it buys leaves only after the waiting commit of its evidence, which flushes this too.
const CONSUME = `
  update engine_artefacts set consumed_at = now()
  from (select set_config('synchronous_commit', 'off', true)) as unwaited
  where id_hash = $1 and model = $2 and consumed_at is null`;

const DELETE = 'delete from engine_artefacts where id_hash = $1 and model = $2';

const END = `
  update engine_artefacts set consumed_at = now(), payload = '{}', uid_hash = null
  where id_hash = $1 and model = $2 and consumed_at is null`;
