import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';

/** RFC 8785: one text for one JSON value, whoever writes it. Throws for what JSON cannot say. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

/** SHA-256, base64url without padding. */
export const sha256url = (content: string | Buffer): string => hash('sha256', content, 'base64url');

/** RFC 3339 in UTC with whole seconds, the only spelling of a time that is ever hashed. */
export const instant = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;
