import { getDomain } from 'tldts';

import { REGISTRATION_REFUSED } from '../../views/words/console-registration-refused.ts';
import { saying } from '../../views/words/saying.ts';
import { invalid } from './refused.ts';

/** What an organization and its deployment allow of a client's notifications. */
export interface DeliveryTerms {
  /** Push carries tokens out of our hands: off unless the operator turned it on. */
  push: boolean;
  /** Hosts that an administrator vouched for. */
  notificationHosts: readonly string[];
}

const FAPI_ALGORITHMS = ['ES256', 'PS256', 'EdDSA', 'Ed25519'];
const CIBA = 'urn:openid:params:grant-type:ciba';

/**
 * CIBA Core §4 and the FAPI-CIBA profile (§5.2.2): how a client hears of a decision. Changes `metadata` in place.
 *
 * @throws errors.InvalidClientMetadata saying which rule failed and what would pass
 */
export function checkDelivery(metadata: Record<string, unknown>, { push, notificationHosts }: DeliveryTerms): void {
  const { profile } = metadata;
  if (profile !== undefined && profile !== 'fapi_ciba') throw invalid(saying(REGISTRATION_REFUSED.profile));
  if (!(metadata.grant_types as string[]).includes(CIBA)) {
    if (profile !== undefined) throw invalid(saying(REGISTRATION_REFUSED.profileFor, { grant: CIBA }));
    return;
  }
  metadata.backchannel_token_delivery_mode ??= 'poll';
  const mode = metadata.backchannel_token_delivery_mode;
  if (mode === 'push' && !push) throw invalid(saying(REGISTRATION_REFUSED.noPush));
  if (profile === 'fapi_ciba') {
    if (mode === 'push') throw invalid(saying(REGISTRATION_REFUSED.profilePush));
    metadata.backchannel_authentication_request_signing_alg ??= 'ES256';
    if (!FAPI_ALGORITHMS.includes(String(metadata.backchannel_authentication_request_signing_alg))) {
      throw invalid(saying(REGISTRATION_REFUSED.profileAlgorithm, { algorithms: FAPI_ALGORITHMS.join(',') }));
    }
    if (metadata.dpop_bound_access_tokens !== true && metadata.tls_client_certificate_bound_access_tokens !== true) {
      throw invalid(saying(REGISTRATION_REFUSED.profileBound));
    }
  }
  const endpoint = metadata.backchannel_client_notification_endpoint;
  if (mode === 'poll') {
    if (endpoint !== undefined) throw invalid(saying(REGISTRATION_REFUSED.endpointFor));
    return;
  }
  if (typeof endpoint !== 'string') return; // the engine says that it is missing
  const url = URL.parse(endpoint);
  if (url?.protocol !== 'https:' || url.username || url.password || url.hash) {
    throw invalid(saying(REGISTRATION_REFUSED.endpointHttps));
  }
  if (!isUnderTheirControl(url, metadata.jwks_uri, notificationHosts)) {
    throw invalid(saying(REGISTRATION_REFUSED.endpointStrange, { host: url.host }));
  }
}

/**
 * CIBA Core §14: whoever may name any address makes this server call it, with what a person decided. The domain that
 * serves the client's keys is its own; any other host an administrator has vouched for.
 */
function isUnderTheirControl(endpoint: URL, jwksUri: unknown, hosts: readonly string[]): boolean {
  if (hosts.includes(endpoint.host) || hosts.includes(endpoint.hostname)) return true;
  const keys = typeof jwksUri === 'string' ? URL.parse(jwksUri) : null;
  if (!keys) return false;
  // `a.github.io` and `b.github.io` are two owners: private suffixes count.
  const domain = getDomain(endpoint.hostname, { allowPrivateDomains: true });
  return (
    endpoint.host === keys.host ||
    (domain !== null && domain === getDomain(keys.hostname, { allowPrivateDomains: true }))
  );
}
