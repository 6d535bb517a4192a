import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import type { Catalogue } from '../catalogue/catalogue.ts';
import { stateOf } from '../http/request-state.ts';
import { applyRecord, applyTerms, type Metadata } from './registration.ts';

/**
 * The engine's registration policies: `agent` runs when an agent registers and, because the registration access token
 * inherits it, whenever the registration is replaced (DCR-13).
 */
export const registrationPolicies = (catalogue: Catalogue) => ({
  agent: (ctx: KoaContextWithOIDC, metadata: Metadata): void => {
    const { terms, client } = stateOf(ctx.req);
    const seen = catalogue.seenBy(terms?.organization ?? client?.organization ?? '');
    const mayAsk = (type: string) => seen.actions.has(type);
    if (terms) {
      applyTerms(metadata, { ...terms, mayAsk });
      return;
    }
    if (!client?.agent) throw new errors.InvalidToken('no agent');
    // Above what it was registered for only its owner may lift it.
    applyRecord(metadata, client, {
      modeCeiling: client.agent.mode,
      allowUnbound: client.metadata.dpop_bound_access_tokens === false,
      mayAsk,
    });
  },
});
