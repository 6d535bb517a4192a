import { calculateJwkThumbprint, type JWK } from 'jose';

import type { ClientRecord } from './clients.ts';
import { isVouchedFor } from './handover.ts';

/**
 * RFC 7638 thumbprints of the registered keys that the client authenticates with, as registered first. Whoever does so
 * by a certificate of some authority registered no key for that, whatever else stands there.
 */
export async function thumbprints({ metadata }: ClientRecord): Promise<string[]> {
  const { token_endpoint_auth_method: method } = metadata;
  // Nor does whoever we vouch for.
  if (method === 'tls_client_auth' || isVouchedFor(metadata)) return [];
  const keys = (metadata.jwks as { keys?: JWK[] } | undefined)?.keys ?? [];
  return Promise.all(
    keys
      .filter(({ use, x5c }) => (method === 'self_signed_tls_client_auth' ? x5c !== undefined : use !== 'enc'))
      .map((jwk) => calculateJwkThumbprint(jwk)),
  );
}
