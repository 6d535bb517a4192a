import { type Saying, saying } from './saying.ts';
import { words } from './words.ts';

/** Why a JSON text is not taken, said without a full stop; in English it is what machines are told. */
export const JSON_REFUSED = words({
  noJson: { en: 'not valid JSON', de: 'kein gültiges JSON' },
  deep: { en: 'nested deeper than {levels} levels', de: 'tiefer als {levels} Ebenen verschachtelt' },
  twice: { en: "member '{member}' appears twice", de: 'das Feld „{member}“ steht zweimal darin' },
  refusedMember: {
    en: "member '{member}' is not accepted",
    de: 'das Feld „{member}“ wird nicht angenommen',
  },
  inexact: {
    en: 'number {number} cannot be held exactly',
    de: 'die Zahl {number} lässt sich nicht genau festhalten',
  },
});

/** The kinds are those of `parseStrictJson`, which quotes what an outsider wrote so that it does nothing on a page. */
export function jsonRefused(
  problem:
    | { kind: 'noJson' }
    | { kind: 'deep'; levels: number }
    | { kind: 'twice' | 'refusedMember'; member: string }
    | { kind: 'inexact'; number: string },
): Saying {
  switch (problem.kind) {
    case 'noJson':
      return saying(JSON_REFUSED.noJson);
    case 'deep':
      return saying(JSON_REFUSED.deep, { levels: problem.levels });
    case 'inexact':
      return saying(JSON_REFUSED.inexact, { number: problem.number });
    default:
      return saying(JSON_REFUSED[problem.kind], { member: problem.member });
  }
}

/** Why a JWT is not taken, however it was signed. */
export const JWT_REFUSED = words({
  long: { en: 'too long', de: 'zu lang' },
  noJwt: { en: 'not a JWT', de: 'kein JWT' },
  encoding: { en: 'not canonically encoded', de: 'nicht in der einen Schreibweise kodiert' },
  noUtf8: { en: 'not UTF-8', de: 'kein UTF-8' },
});
