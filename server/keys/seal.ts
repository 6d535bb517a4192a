import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Everything derived from the one sealing key, which is never in the database. */
export interface Sealing {
  /** AES-256-GCM. `purpose` is authenticated, so a value sealed for one use does not open for another. */
  seal(purpose: string, text: string): string;
  /** @throws when the key is another one, the purpose differs or the value was altered */
  open(purpose: string, sealed: string): string;
  /** A keyed hash for short codes: a copy of the database cannot be searched by trying all of them. */
  keyedHash(purpose: string, value: string): Buffer;
  /** A key of 32 bytes for one purpose (HKDF, RFC 5869). */
  deriveKey(purpose: string): Buffer;
}

/** @param key 32 bytes */
export function sealingWith(key: Buffer): Sealing {
  const deriveKey = (purpose: string) => Buffer.from(hkdfSync('sha256', key, '', `countersign ${purpose}`, 32));
  const sealKey = deriveKey('seal');
  const hashKey = deriveKey('hash');
  return {
    deriveKey,
    seal: (purpose, text) => encrypt(sealKey, purpose, text),
    open: (purpose, sealed) => decrypt(sealKey, purpose, sealed),
    keyedHash: (purpose, value) => createHmac('sha256', hashKey).update(`${purpose}\0${value}`).digest(),
  };
}

/** Nonce, tag and ciphertext in base64url. */
export function encrypt(key: Buffer, purpose: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

export function decrypt(key: Buffer, purpose: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}
