import { writeFileSync } from 'node:fs';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

import { Failure } from './failure.ts';

/** Before anything is registered: a key that cannot be written afterwards would be lost. */
export function reserve(path: string): void {
  try {
    writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure(
      code === 'EEXIST' ? 'conflict' : 'error',
      code === 'EEXIST' ? `${path} exists already.` : `${path} cannot be written (${code}).`,
    );
  }
}

/** ES256, made here. Only its public half is ever sent. */
export async function newKey(): Promise<{ jwk: JWK; publicJwk: JWK }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const { d, ...publicPart } = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(publicPart);
  return {
    jwk: { ...publicPart, ...(d !== undefined && { d }), kid, alg: 'ES256' },
    publicJwk: { ...publicPart, kid, alg: 'ES256', use: 'sig' },
  };
}
