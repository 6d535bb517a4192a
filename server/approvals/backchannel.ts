import { jsonRefused } from '../../views/words/json.ts';
import { inEnglish } from '../../views/words/saying.ts';
import type { ClientRecord } from '../agents/clients.ts';
import { parseStrictJson } from '../oauth/strict-json.ts';
import { checkText, checkTexts } from '../oauth/text.ts';
import { TWO_PEOPLE_SECONDS } from './approval.ts';

/** How long a question from behind may wait, in seconds: somebody sits before an attended agent. */
export const BACKCHANNEL_SECONDS = {
  attended: { usual: 300, longest: 600 },
  unattended: { usual: 3600, longest: 72 * 3600 },
  /** The second person sits elsewhere. */
  twoPeople: { usual: TWO_PEOPLE_SECONDS, longest: 3600 },
} as const;

/** CIBA Core §7.1, `requested_expiry`: what the client asked for, within what its agent may have. */
export function backchannelSeconds(
  { agent }: Pick<ClientRecord, 'agent'>,
  requested: number | undefined,
  twoPeople = false,
): number {
  const mode = agent?.mode === 'unattended' ? 'unattended' : twoPeople ? 'twoPeople' : 'attended';
  const { usual, longest } = BACKCHANNEL_SECONDS[mode];
  return Math.min(requested ?? usual, longest);
}

/** Who is meant, before anybody looked whether they exist. */
export type LoginHint =
  | { subject: string }
  | { email: string }
  /** RFC 9493 §3.2.4: as another issuer, or this one, names them. */
  | { issuer: string; subject: string };

/** A hint's three forms: a subject of ours, an e-mail address, a subject identifier `iss_sub` as JSON. */
export function parseLoginHint(hint: string): LoginHint | undefined {
  if (hint.startsWith('usr_')) return { subject: hint };
  if (!hint.startsWith('{')) return { email: hint };
  const parsed = parseStrictJson(hint);
  return parsed.ok ? subjectIdentifier(parsed.value) : undefined;
}

/** RFC 9493, the formats that name a person here: `iss_sub` and `email`. */
export function subjectIdentifier(value: unknown): LoginHint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { format, iss, sub, email, ...more } = value as Record<string, unknown>;
  // What is not understood might be what matters.
  if (Object.keys(more).length > 0) return undefined;
  if (format === 'iss_sub' && typeof iss === 'string' && typeof sub === 'string' && email === undefined) {
    return { issuer: iss, subject: sub };
  }
  return format === 'email' && typeof email === 'string' && iss === undefined && sub === undefined
    ? { email }
    : undefined;
}

/** What is wrong with a `binding_message`: plain text, short, shown as a reference and never as a proof. */
export function bindingMessageProblem(message: string): string | undefined {
  if (message === '' || [...message].length > 128) return 'binding_message has 1 to 128 characters';
  const problem = checkText(message);
  return problem && `binding_message holds ${problem}`;
}

const CONTEXT_BYTES = 4096;

/** FAPI-CIBA §5.3: signals about where the request comes from, one JSON object; kept as evidence, never believed. */
export function parseRequestContext(value: unknown): { ok: true; value: object } | { ok: false; problem: string } {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (Buffer.byteLength(text) > CONTEXT_BYTES) return { ok: false, problem: `is larger than ${CONTEXT_BYTES} bytes` };
  const parsed = parseStrictJson(text);
  if (!parsed.ok) return { ok: false, problem: `is ${inEnglish(jsonRefused(parsed.problem))}` };
  if (typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
    return { ok: false, problem: 'is no JSON object' };
  }
  const hostile = checkTexts(parsed.value);
  return hostile ? { ok: false, problem: `holds ${hostile.problem}` } : { ok: true, value: parsed.value };
}

/**
 * What the FAPI-CIBA profile (§5.2.2) asks of a request beside its signature: something by which the person can tell
 * this one from any other.
 */
export const missesContext = (
  { metadata }: ClientRecord,
  sent: { bindingMessage: unknown; details: unknown },
): boolean => metadata.profile === 'fapi_ciba' && sent.bindingMessage === undefined && sent.details === undefined;

/** What an organization says about requests from behind. */
export interface BackchannelSettings {
  /** May the agent hear why a person said no, in coarse words? */
  tellsReason: boolean;
  /** Hosts (`host` or `host:port`) that clients may be notified at though nothing else of theirs is there. */
  notificationHosts: readonly string[];
}

/** The secret that a person gave to those whose requests they want (CIBA Core §7.1, `user_code`). */
export interface UserCodes {
  /** `none`: the person has set no code. Wrong ones are counted; `wait`: seconds, after too many of them. */
  check(
    client: Pick<ClientRecord, 'clientId' | 'organization'>,
    person: string,
    code: string | undefined,
  ): Promise<'none' | 'right' | 'missing' | 'wrong' | { wait: number }>;
  /** Undefined takes it away: everybody may ask again. */
  set(organization: string, person: string, code: string | undefined): Promise<void>;
  isSet(organization: string, person: string): Promise<boolean>;
}
