import type { Provider } from 'oidc-provider';
import type { KeyProofs } from '../server/agents/proven-key.ts';
import type { Approval } from '../server/approvals/approval.ts';
import type { ApprovalStore } from '../server/approvals/store.ts';
import { authorizationCode } from './authorization-code.ts';
import { ciba } from './ciba.ts';
import { clientCredentials } from './client-credentials.ts';
import { register } from './grant.ts';
import type { Mint } from './issue.ts';
import { type AssertionDependencies, jwtBearer } from './jwt-bearer.ts';
import { refreshToken } from './refresh-token.ts';
import type { ExchangeDependencies } from './token-exchange/gather.ts';
import { tokenExchange } from './token-exchange/grant.ts';

export interface GrantDependencies {
  mint: Mint;
  keyProofs: KeyProofs;
  exchange: ExchangeDependencies;
  assertions: Pick<AssertionDependencies, 'trustedAssertion' | 'spendAssertion'>;
  approvals: ApprovalStore;
  decided(approval: Approval, since: number, milliseconds: number, gone: AbortSignal): Promise<void>;
  tellsReason(organization: string): Promise<boolean>;
  defaultWait: number;
  stopTask(organization: string, task: string, reason: string): Promise<void>;
}

/** Every grant we serve. Each replaces the engine's own, where it has one. */
export function registerGrants(provider: Provider, dependencies: GrantDependencies): void {
  const { mint, keyProofs, exchange, assertions, approvals, decided, tellsReason, defaultWait, stopTask } =
    dependencies;
  const common = { issuer: mint.issuer, catalogue: exchange.catalogue, tasks: exchange.tasks };
  register(provider, authorizationCode(provider, common), mint, keyProofs);
  register(provider, refreshToken(provider, { ...common, stopTask }), mint, keyProofs);
  register(provider, clientCredentials(common), mint, keyProofs);
  register(provider, ciba(provider, { ...common, approvals, decided, tellsReason, defaultWait }), mint, keyProofs);
  register(provider, tokenExchange(exchange), mint, keyProofs);
  register(provider, jwtBearer({ ...exchange, ...assertions }), mint, keyProofs);
}
