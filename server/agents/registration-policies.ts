import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import { stateOf } from '../http/request-state.ts';
import { applyRecord, applyTerms, type Metadata } from './registration.ts';

/**
 * The engine's registration policies: `agent` runs when an agent registers and, because the registration access token
 * inherits it, whenever the registration is replaced (DCR-13).
 */
export const registrationPolicies = {
  agent: (ctx: KoaContextWithOIDC, metadata: Metadata): void => {
    const { terms, client } = stateOf(ctx.req);
    if (terms) {
      applyTerms(metadata, terms);
      return;
    }
    if (!client?.agent) throw new errors.InvalidToken('no agent');
    // Above what it was registered for only its owner may lift it.
    applyRecord(metadata, client, {
      modeCeiling: client.agent.mode,
      allowUnbound: client.metadata.dpop_bound_access_tokens === false,
    });
  },
};
