import { isDeepStrictEqual } from 'node:util';

import { SUBJECT_MEMBERS } from './certificate.ts';
import type { Metadata } from './registration.ts';

/** Who the client is, and where its answers go: what a person approved, they approved for these (DCR-13). */
const IDENTIFYING = [
  'jwks',
  'jwks_uri',
  'redirect_uris',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  'backchannel_client_notification_endpoint',
  'workload_identity',
  'client_attester',
  ...SUBJECT_MEMBERS,
] as const;

/**
 * What waits for the owner when a builder changes it (RFC 7592 §2.2): who stole the registration access token could
 * otherwise put their own key in the place of the agent's, and go on as the agent. Whatever belongs together waits
 * together, or half of it would be in force.
 */
export const WAITING_MEMBERS = [
  ...IDENTIFYING,
  'application_type',
  'grant_types',
  'response_types',
  'authorization_details_types',
  'backchannel_token_delivery_mode',
  'dpop_bound_access_tokens',
  'tls_client_certificate_bound_access_tokens',
  'software_statement',
  'agent_mode',
] as const;

/** A change that waits. `proposed` and `before` hold the members that differ; null where there is none. */
export interface WaitingChange {
  id: string;
  proposed: Metadata;
  before: Metadata;
}

/** What of a replacement is in force at once, and what waits. Pure. */
export function splitReplacement(
  before: Metadata,
  after: Metadata,
): { now: Metadata; waits: Omit<WaitingChange, 'id'> | undefined } {
  const members = WAITING_MEMBERS.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  if (members.length === 0) return { now: after, waits: undefined };
  const pick = (from: Metadata) => Object.fromEntries(members.map((name) => [name, from[name] ?? null]));
  return { now: merged(after, pick(before)), waits: { proposed: pick(after), before: pick(before) } };
}

/** The metadata with these members as they say; null takes one away. */
export function merged(metadata: Metadata, members: Metadata): Metadata {
  const all = Object.entries({ ...metadata, ...members });
  return Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined));
}

/** Does this change who the client is? Then everything that was approved for it ends. */
export const changesIdentity = (before: Metadata, after: Metadata): boolean =>
  IDENTIFYING.some((name) => !isDeepStrictEqual(before[name], after[name]));
