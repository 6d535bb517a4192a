import { expect, test } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';

import { keyRing } from '../server/keys/keys.ts';

async function ring(kid: string) {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return keyRing([{ ...(await exportJWK(privateKey)), kid, alg: 'ES256', use: 'sig' }]);
}

test('a signature that was verified is remembered, for these bytes, this type and these keys alone', async () => {
  const keys = await ring('a');
  const token = keys.sign({ typ: 'at+jwt' }, { sub: 'usr_1', n: 1 });
  const first = keys.verify(token, 'at+jwt');
  expect(first).toEqual({ sub: 'usr_1', n: 1 });
  expect(keys.verify(token, 'at+jwt')).toBe(first);
  // Neither as another type of token (RFC 8725 §3.11), nor in another spelling, nor with another content or signature.
  expect(keys.verify(token, 'jwt')).toBeUndefined();
  const [head = '', , signature = ''] = token.split('.');
  const other = Buffer.from('{"sub":"usr_2","n":1}').toString('base64url');
  for (const forged of [
    `${token}=`,
    ` ${token}`,
    `${token}.`,
    `${head}.${other}.${signature}`,
    `${token.slice(0, -10)}AAAAAAAAAA`,
  ]) {
    expect(keys.verify(forged, 'at+jwt')).toBeUndefined();
  }
  // Other keys under the same name know nothing of it.
  expect((await ring('a')).verify(token, 'at+jwt')).toBeUndefined();
  // Whoever is handed it changes nothing for the next.
  expect(() => Object.assign(first as object, { sub: 'usr_3' })).toThrow(TypeError);
});
