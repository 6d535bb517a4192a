import type { Access, Impact } from '../catalogue/action.ts';
import { canonicalJson, sha256url } from '../oauth/canonical.ts';

/** One action as a person allowed it, in the form that is hashed. */
export interface DecidedAction {
  action: string;
  version: number;
  resource: string;
  parameters: Record<string, unknown>;
  access: Access;
  impact: Impact;
  /** Null: as often as the time allows. */
  max_uses: number | null;
}

/** An action as it may be asked for. */
export type Suggested = Pick<DecidedAction, 'action' | 'version' | 'resource' | 'parameters'>;

/** What a person decided about one request. Its hash is what a passkey signs and what every token of the task names. */
export interface Decision {
  request_hash: string;
  /** After narrowing; empty when denied. */
  granted: readonly DecidedAction[];
  /** As posted: `once`, `today` or an ISO 8601 duration. */
  duration: string;
  /** RFC 3339 in UTC with whole seconds. */
  expires_at: string;
  verdict: 'approve' | 'deny';
  /** The hash of the first decision, where this one is the second of two. */
  confirms?: string;
  /** What the person would rather be asked, where they denied. It grants nothing. */
  instead?: Suggested;
  /** `usr_…`. */
  approver: string;
  nonce: string;
}

/** SHA-256 (base64url) over the RFC 8785 form of the decision. */
export function decisionHash(decision: Decision): string {
  const { request_hash, duration, expires_at, verdict, approver, nonce, confirms, instead } = decision;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(expires_at))
    throw new TypeError('expires_at must be in UTC, in seconds');
  const granted = decision.granted.map(({ action, version, resource, parameters, access, impact, max_uses }) => ({
    action,
    version,
    resource,
    parameters,
    access,
    impact,
    max_uses,
  }));
  return sha256url(
    canonicalJson({
      request_hash,
      granted,
      duration,
      expires_at,
      verdict,
      approver,
      nonce,
      ...(confirms !== undefined && { confirms }),
      ...(instead !== undefined && { instead: suggested(instead) }),
    }),
  );
}

const suggested = ({ action, version, resource, parameters }: Suggested): Suggested => ({
  action,
  version,
  resource,
  parameters,
});
