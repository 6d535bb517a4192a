import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

/**
 * As much of a company's identity provider as it takes to try things out; yours has all of this already.
 *
 *     node examples/identity-provider.ts keys FILE                     makes a key in FILE, prints the public half (a JWK set)
 *     node examples/identity-provider.ts id-token FILE SUBJECT CLIENT  what a client of it gets when somebody signs in
 *     node examples/identity-provider.ts assertion FILE SUBJECT SERVER what it says to another server about somebody
 *     node examples/identity-provider.ts id-jag FILE SUBJECT SERVER CLIENT RESOURCE  what a client may carry to that server
 */
const ISSUER = process.env.IDENTITY_PROVIDER ?? 'https://login.acme.example';
const [what, file = '', subject = '', audience = '', client = '', resource = ''] = process.argv.slice(2);

if (what === 'keys') {
  if (!existsSync(file)) {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'ES256', use: 'sig' };
    writeFileSync(file, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flag: 'wx' });
  }
  const { d: _, ...publicPart } = readKey();
  console.log(JSON.stringify({ keys: [publicPart] }, undefined, 2));
} else if (what === 'id-token') {
  console.log(await sign('JWT', { auth_time: now(), email: 'whatever@it.says' }));
} else if (what === 'assertion') {
  console.log(await sign('JWT', { jti: randomUUID() }));
} else if (what === 'id-jag') {
  console.log(await sign('oauth-id-jag+jwt', { jti: randomUUID(), client_id: client, resource }));
} else {
  console.error('Usage: node examples/identity-provider.ts keys|id-token|assertion|id-jag FILE …');
  process.exitCode = 2;
}

async function sign(typ: string, claims: Record<string, unknown>): Promise<string> {
  const { kid = '', ...jwk } = readKey();
  return new SignJWT({ iss: ISSUER, sub: subject, aud: audience, iat: now(), exp: now() + 120, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ, kid })
    .sign(await importJWK(jwk, 'ES256'));
}

function readKey(): JWK {
  return JSON.parse(readFileSync(file, 'utf8')) as JWK;
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
