import { hashOf } from '../oauth/ids.ts';
import { randomFrom } from '../oauth/random.ts';

export const RECOVERY_CODES = 10;

/** Without letters that are read as digits (Crockford's base 32). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 24;

/** 120 random bits in groups that somebody copies from paper: nobody guesses one, so a plain hash of it can be stored. */
export function newRecoveryCode(): string {
  const letters = [...randomFrom(LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return (letters.match(/.{4}/g) ?? []).join('-');
}

/** As somebody types it; undefined where it is none. */
export function readRecoveryCode(typed: string): string | undefined {
  const text = typed
    .slice(0, 100)
    .toUpperCase()
    .replace(/[\s\p{Pd}]/gu, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  return text.length === LENGTH && [...text].every((letter) => ALPHABET.includes(letter)) ? text : undefined;
}

/** What is stored of it: bound to its person, so that a row says nothing of another's. */
export const recoveryCodeHash = (person: string, code: string): Buffer => hashOf(`recovery code\n${person}\n${code}`);

/** What somebody who may have codes has. */
export interface RecoveryCodes {
  left: number;
  madeAt: Date | null;
  /** They began anew by a code, or two administrators let them, less than a day ago: until then no new ones are made. */
  tooSoon: boolean;
}

/** Whoever administers and has a local password that may sign in; for everybody else there are administrators. */
export interface RecoveryCodeStore {
  /** Undefined for whoever gets none. */
  of(organization: string, person: string): Promise<RecoveryCodes | undefined>;
  /** New ones in the place of all there are, with their evidence and a notice. False for whoever gets none now. */
  replace(organization: string, person: string, hashes: readonly Buffer[]): Promise<boolean>;
  /**
   * Uses one, once: every passkey and session of the person ends, and they, and whoever else administers, are told. False
   * where it is none that can be used.
   */
  use(organization: string, person: string, hash: Buffer, address: string): Promise<boolean>;
}
