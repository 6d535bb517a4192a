import { errors, type KoaContextWithOIDC } from 'oidc-provider';

import { stateOf } from '../http/request-state.ts';
import { isAgentMode } from './agent.ts';
import type { DeliveryTerms } from './delivery.ts';
import { vouchInRegistration } from './handover.ts';
import { type AttestationTerms, applyRecord, applyTerms, type Metadata } from './registration.ts';

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
  deliveryTerms,
  attestersOf,
  readStatement,
}: {
  mayAskAs: (organization: string, type: string) => boolean;
  certificates: readonly string[];
  deliveryTerms(organization: string): Promise<DeliveryTerms>;
  /** Does this organization trust this issuer to attest clients? Undefined where the operator does not offer it. */
  attestersOf: ((organization: string, attester: string) => Promise<boolean>) | undefined;
  /** What a software statement of an issuer that this organization trusts sets (DCR-06). */
  readStatement(statement: unknown, organization: string): Promise<Metadata>;
}) => ({
  agent: async (ctx: KoaContextWithOIDC, metadata: Metadata): Promise<void> => {
    const { terms, client } = stateOf(ctx.req);
    const organization = terms?.organization ?? client?.organization ?? '';
    const mayAsk = (type: string) => mayAskAs(organization, type);
    const delivery = await deliveryTerms(organization);
    // Once said of the software, a replacement does not unsay it.
    const statement = metadata.software_statement ?? (terms ? undefined : client?.metadata.software_statement);
    if (statement !== undefined) {
      Object.assign(metadata, await readStatement(statement, organization), { software_statement: statement });
    }
    const attestation = await attestationTerms(metadata, organization, attestersOf);
    if (terms) {
      applyTerms(metadata, { ...terms, mayAsk, certificates, delivery, attestation });
      return vouchInRegistration(ctx, metadata);
    }
    if (!client?.agent) throw new errors.InvalidToken('no agent');
    const wanted = metadata.agent_mode;
    if (isAgentMode(wanted) && wanted !== client.agent.mode) stateOf(ctx.req).wantedMode = wanted;
    // Above what it was registered for only its owner may lift it.
    applyRecord(metadata, client, {
      modeCeiling: client.agent.mode,
      allowUnbound:
        client.metadata.dpop_bound_access_tokens === false &&
        client.metadata.tls_client_certificate_bound_access_tokens !== true,
      mayAsk,
      certificates,
      delivery,
      attestation,
      secret: client.metadata.token_endpoint_auth_method,
    });
    vouchInRegistration(ctx, metadata);
  },
});

/** What is known of the attester that a registration names. */
async function attestationTerms(
  { client_attester: attester }: Metadata,
  organization: string,
  trusts: ((organization: string, attester: string) => Promise<boolean>) | undefined,
): Promise<AttestationTerms> {
  if (!trusts) return 'not offered';
  return typeof attester === 'string' && (await trusts(organization, attester)) ? 'trusted' : 'untrusted';
}
