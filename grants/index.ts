import type { Provider } from 'oidc-provider';
import type { Approval } from '../server/approvals/approval.ts';
import type { ApprovalStore } from '../server/approvals/store.ts';
import { authorizationCode } from './authorization-code.ts';
import { ciba } from './ciba.ts';
import { clientCredentials } from './client-credentials.ts';
import { register } from './grant.ts';
import type { Mint } from './issue.ts';
import { refreshToken } from './refresh-token.ts';
import { type ExchangeDependencies, tokenExchange } from './token-exchange/grant.ts';

export interface GrantDependencies {
  mint: Mint;
  exchange: ExchangeDependencies;
  approvals: ApprovalStore;
  decided(approval: Approval, since: number, milliseconds: number, gone: AbortSignal): Promise<void>;
  defaultWait: number;
  stopTask(organization: string, task: string, reason: string): Promise<void>;
}

/** Every grant we serve. Each replaces the engine's own, where it has one. */
export function registerGrants(provider: Provider, dependencies: GrantDependencies): void {
  const { mint, exchange, approvals, decided, defaultWait, stopTask } = dependencies;
  const common = { issuer: mint.issuer, catalogue: exchange.catalogue, tasks: exchange.tasks };
  register(provider, authorizationCode(provider, common), mint);
  register(provider, refreshToken(provider, { ...common, stopTask }), mint);
  register(provider, clientCredentials(common), mint);
  register(provider, ciba(provider, { ...common, approvals, decided, defaultWait }), mint);
  register(provider, tokenExchange(exchange), mint);
}
