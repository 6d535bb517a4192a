import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK } from 'jose';
import * as oauth from 'openid-client';

import { COMMAND_LINE_CLIENT } from '../agents/clients.ts';
import { call } from './client.ts';
import { discover, keepSignIn } from './credentials.ts';
import { Failure } from './failure.ts';
import { say } from './output.ts';

const WAIT_MS = 5 * 60_000;

/** RFC 8252: the system's browser, a loopback address, PKCE. The token is kept for this user alone (mode 600). */
export async function logIn(
  issuer: string,
  { openBrowser }: { openBrowser: boolean },
): Promise<{ issuer: string; email: string; expires_at: string }> {
  const config = await discover(issuer, COMMAND_LINE_CLIENT, oauth.None());
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const listener = await listen();
  try {
    const url = oauth.buildAuthorizationUrl(config, {
      redirect_uri: listener.redirectUri,
      scope: 'openid admin',
      // Whoever has a passkey signs in with it: what cannot be taken back asks for one.
      acr_values: 'phr',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    });
    say(`Sign in as an administrator at:\n  ${url.href}`);
    if (openBrowser) open(url.href);
    const answer = await listener.answer;
    const keys = await oauth.randomDPoPKeyPair('ES256', { extractable: true });
    const tokens = await oauth.authorizationCodeGrant(
      config,
      answer,
      { pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true },
      undefined,
      { DPoP: oauth.getDPoPHandle(config, keys) },
    );
    const expiresAt = new Date(Date.now() + (tokens.expires_in ?? 300) * 1000).toISOString();
    const jwk = await exportJWK(keys.privateKey);
    keepSignIn(issuer, { access_token: tokens.access_token, jwk, expires_at: expiresAt, email: 'somebody' });
    const { person } = await call<{ person?: { email: string } }>({ issuer }, '/whoami');
    const email = person?.email ?? 'somebody';
    keepSignIn(issuer, { access_token: tokens.access_token, jwk, expires_at: expiresAt, email });
    return { issuer, email, expires_at: expiresAt };
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) {
      throw new Failure('refused', `The sign-in was refused: ${error.error_description ?? error.error}`);
    }
    if (error instanceof oauth.ResponseBodyError)
      throw new Failure('refused', `The sign-in was refused: ${error.error_description ?? error.error}`);
    throw error;
  } finally {
    listener.close();
  }
}

/** One answer on one loopback port, then nothing more. */
async function listen(): Promise<{ redirectUri: string; answer: Promise<URL>; close(): void }> {
  let heard: (url: URL) => void = () => {};
  let late: (error: Error) => void = () => {};
  const answer = new Promise<URL>((resolve, reject) => {
    heard = resolve;
    late = reject;
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', redirectUri);
    if (url.pathname !== '/callback') return void response.writeHead(404).end();
    response.writeHead(200, {
      'content-type': 'text/plain; charset=utf-8',
      connection: 'close',
      'referrer-policy': 'no-referrer',
    });
    response.end(
      url.searchParams.has('code')
        ? 'Signed in. You can close this window.'
        : 'Not signed in. You can close this window.',
    );
    heard(url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  const timer = setTimeout(() => late(new Failure('notSignedIn', 'Nobody signed in within five minutes.')), WAIT_MS);
  return {
    redirectUri,
    answer,
    close() {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Where no browser opens, the address above still works. */
function open(url: string): void {
  const [command, ...rest] =
    process.platform === 'darwin'
      ? ['open']
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler']
        : ['xdg-open'];
  const child = spawn(command ?? 'xdg-open', [...rest, url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
