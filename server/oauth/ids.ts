import { createHash } from 'node:crypto';

import { randomFrom } from './random.ts';

export type IdPrefix =
  | 'org'
  | 'usr'
  | 'agt'
  | 'tsk'
  | 'apr'
  | 'grt'
  | 'rdm'
  | 'evt'
  | 'crd'
  | 'iat'
  | 'sec'
  | 'cli'
  | 'pol'
  | 'rec'
  | 'rev'
  | 'off'
  | 'stp'
  | 'ins'
  | 'drf'
  | 'scr'
  | 'bpr'
  | 'chg'
  | 'dev'
  | 'trg'
  | 'grp';

/** A new identifier: what it names, and 128 random bits. Identifiers are names, never proofs. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${randomFrom(16).toString('hex')}`;

/** An identifier that sorts by time, for the append-only events: 48 bits of milliseconds and 80 random bits. */
export const newEventId = (now: number): string =>
  `evt_${now.toString(16).padStart(12, '0')}${randomFrom(10).toString('hex')}`;

/** A bearer value of 256 random bits (RFC 6749 §10.10 asks for 128). */
export const newSecret = (): string => randomFrom(32).toString('base64url');

/** SHA-256 of a bearer value: what is stored in its place. */
export const hashOf = (value: string): Buffer => createHash('sha256').update(value).digest();
