import { errors } from 'oidc-provider';

import { controlCharacter } from './text.ts';

/** JSON may be laid out over lines; its texts are checked where it is understood. */
const JSON_PARAMETERS = new Set(['authorization_details', 'claims', 'request_context']);

/**
 * Every other parameter is one line of text. A NUL could not even be stored, and what moves a cursor has no place in
 * a log or on a page (RFC 6749 appendix A knows no parameter with control characters).
 *
 * @throws errors.InvalidRequest naming the parameter
 */
export function checkParameters(parameters: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (JSON_PARAMETERS.has(name)) continue;
    for (const text of [value].flat()) {
      const problem = typeof text === 'string' ? controlCharacter(text) : undefined;
      if (problem !== undefined) throw new errors.InvalidRequest(`${name} has ${problem}`);
    }
  }
}
