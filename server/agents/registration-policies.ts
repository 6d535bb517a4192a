import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import { stateOf } from '../http/request-state.ts';
import { applyRecord, applyTerms, type Metadata } from './registration.ts';

/**
 * The engine's registration policies: `agent` runs when an agent registers and, because the registration access token
 * inherits it, whenever the registration is replaced (DCR-13).
 *
 * @param mayAskAs does an action of this type exist for this organization?
 * @param certificates the methods of RFC 8705 that work here
 */
export const registrationPolicies = ({
  mayAskAs,
  certificates,
}: {
  mayAskAs: (organization: string, type: string) => boolean;
  certificates: readonly string[];
}) => ({
  agent: (ctx: KoaContextWithOIDC, metadata: Metadata): void => {
    const { terms, client } = stateOf(ctx.req);
    const mayAsk = (type: string) => mayAskAs(terms?.organization ?? client?.organization ?? '', type);
    if (terms) {
      applyTerms(metadata, { ...terms, mayAsk, certificates });
      return;
    }
    if (!client?.agent) throw new errors.InvalidToken('no agent');
    // Above what it was registered for only its owner may lift it.
    applyRecord(metadata, client, {
      modeCeiling: client.agent.mode,
      allowUnbound:
        client.metadata.dpop_bound_access_tokens === false &&
        client.metadata.tls_client_certificate_bound_access_tokens !== true,
      mayAsk,
      certificates,
    });
  },
});
