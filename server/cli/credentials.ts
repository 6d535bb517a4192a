import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { exportJWK, importJWK, type JWK } from 'jose';
import * as oauth from 'openid-client';

import { Failure } from './failure.ts';

/** Where the commands look; each has an option of the same name. */
export interface Place {
  issuer?: string | undefined;
  /** A file like `DATA_DIR/cli-key.json`. */
  key?: string | undefined;
}

/** The operator's key, written by the server on its own host. */
interface KeyFile {
  issuer: string;
  client_id: string;
  jwk: JWK;
}

/** An administrator's sign-in at one issuer. */
interface SignIn {
  access_token: string;
  /** The token is good with this key alone (RFC 9449). */
  jwk: JWK;
  /** RFC 3339. */
  expires_at: string;
  email: string;
}

const DEFAULT_ISSUER = 'http://localhost:3000';

/** Named by option or environment, else by the key of this host, else where somebody signed in last. */
export function issuerOf({ issuer, key }: Place): string {
  return issuer ?? process.env.ISSUER ?? readKey(key)?.issuer ?? readSignIns().last ?? DEFAULT_ISSUER;
}

/**
 * An access token for the admin API. Somebody's sign-in comes before the operator's key of this host, and one that has
 * ended is not silently replaced by it: the operator may do more than whoever signed in.
 */
export async function accessToken(place: Place): Promise<{ issuer: string; token: string; jwk: JWK }> {
  const issuer = issuerOf(place);
  const signIn = place.key === undefined ? readSignIns().issuers[issuer] : undefined;
  if (signIn) {
    if (Date.parse(signIn.expires_at) > Date.now()) return { issuer, token: signIn.access_token, jwk: signIn.jwk };
    throw new Failure(
      'notSignedIn',
      `The sign-in of ${signIn.email} has ended. Run: countersign login (or: countersign logout)`,
    );
  }
  if (operator !== undefined && operator.issuer === issuer && operator.until > Date.now()) return operator;
  const key = readKey(place.key);
  if (key?.issuer !== issuer) {
    throw new Failure('notSignedIn', `Not signed in at ${issuer}. Run: countersign login --issuer ${issuer}`);
  }
  const config = await discover(
    issuer,
    key.client_id,
    oauth.PrivateKeyJwt({ key: (await importJWK(key.jwk, 'ES256')) as CryptoKey, kid: key.jwk.kid ?? '' }),
  );
  try {
    const keys = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
    const options = { DPoP: oauth.getDPoPHandle(config, keys) };
    const { access_token: token, expires_in: seconds = 0 } = await oauth.clientCredentialsGrant(
      config,
      { scope: 'admin' },
      options,
    );
    const until = Date.now() + (seconds - SPARE_SECONDS) * 1000;
    operator = { issuer, token, jwk: await exportJWK(keys.privateKey), until };
    return operator;
  } catch (error) {
    if (!(error instanceof oauth.ResponseBodyError)) throw error;
    throw new Failure('notSignedIn', `The key in ${keyPath(place.key)} is not accepted at ${issuer} (${error.error}).`);
  }
}

/** The operator's token, for as long as this command runs: one command makes many calls. */
let operator: { issuer: string; token: string; jwk: JWK; until: number } | undefined;
/** A token is not used that ends on the way. */
const SPARE_SECONDS = 30;

/** The server's own metadata (RFC 8414). */
export async function discover(
  issuer: string,
  clientId: string,
  authentication: oauth.ClientAuth,
): Promise<oauth.Configuration> {
  try {
    return await oauth.discovery(new URL(issuer), clientId, undefined, authentication, {
      algorithm: 'oauth2',
      // A development server on this machine; anything else is https.
      execute: new URL(issuer).protocol === 'http:' ? [oauth.allowInsecureRequests] : [],
    });
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; cause?: { code?: string } } };
    throw new Failure(
      'error',
      `No Countersign answers at ${issuer} (${cause?.cause?.code ?? cause?.code ?? message}). Is it running? Name another with --issuer.`,
    );
  }
}

export function keepSignIn(issuer: string, signIn: SignIn): void {
  const { issuers } = readSignIns();
  writeSignIns({ last: issuer, issuers: { ...issuers, [issuer]: signIn } });
}

/** False when nobody was signed in there. */
export function dropSignIn(issuer: string): boolean {
  const { last, issuers } = readSignIns();
  const { [issuer]: dropped, ...others } = issuers;
  if (!dropped) return false;
  if (Object.keys(others).length === 0) rmSync(signInPath(), { force: true });
  else writeSignIns({ last, issuers: others });
  return true;
}

/** Where somebody is signed in here: never the token. */
export const contexts = (): { issuer: string; email: string; expires_at: string }[] =>
  Object.entries(readSignIns().issuers).map(([issuer, { email, expires_at }]) => ({ issuer, email, expires_at }));

export function useContext(issuer: string): void {
  const { issuers } = readSignIns();
  if (!Object.hasOwn(issuers, issuer)) {
    throw new Failure('notFound', `Nobody is signed in at ${issuer}. Run: countersign login --issuer ${issuer}`);
  }
  writeSignIns({ last: issuer, issuers });
}

interface SignIns {
  last?: string | undefined;
  issuers: Record<string, SignIn>;
}

const signInPath = () => join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'countersign', 'sign-in.json');
const keyPath = (key: string | undefined) => key ?? join(process.env.DATA_DIR ?? '.data', 'cli-key.json');

const readSignIns = (): SignIns => (readJson(signInPath()) as SignIns | undefined) ?? { issuers: {} };

function writeSignIns(signIns: SignIns): void {
  mkdirSync(dirname(signInPath()), { recursive: true, mode: 0o700 });
  writeFileSync(signInPath(), `${JSON.stringify(signIns, undefined, 2)}\n`, { mode: 0o600 });
}

function readKey(named: string | undefined): KeyFile | undefined {
  const key = readJson(keyPath(named)) as KeyFile | undefined;
  if (named !== undefined && !key) throw new Failure('usage', `There is no key in ${named}.`);
  return key;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Failure('error', `${path} cannot be read (${code ?? 'it is not JSON'}).`);
  }
}
