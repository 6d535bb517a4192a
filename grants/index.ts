import type { Provider } from 'oidc-provider';

import type { ClientAuthentication } from '../server/agents/authenticate.ts';
import { authorizationCode } from './authorization-code.ts';
import { ciba, type PollDependencies } from './ciba.ts';
import { clientCredentials } from './client-credentials.ts';
import { announce, type CallerChecks, register } from './grant.ts';
import type { Mint } from './issue.ts';
import { type AssertionDependencies, jwtBearer } from './jwt-bearer.ts';
import { type OwnPath, ownPath } from './own-path.ts';
import { refreshToken } from './refresh-token.ts';
import type { ExchangeDependencies } from './token-exchange/gather.ts';
import { tokenExchange } from './token-exchange/grant.ts';

export interface GrantDependencies {
  mint: Mint;
  checks: CallerChecks;
  exchange: ExchangeDependencies;
  assertions: Pick<AssertionDependencies, 'trustedAssertion' | 'spendAssertion'>;
  polls: PollDependencies;
  stopTask(organization: string, task: string, reason: string): Promise<void>;
}

/** The grants that need something of the engine, or put something there. Each replaces its own, where it has one. */
export function registerGrants(provider: Provider, dependencies: GrantDependencies): void {
  const { mint, checks, exchange, stopTask } = dependencies;
  const common = { issuer: mint.issuer, catalogue: exchange.catalogue, tasks: exchange.tasks };
  register(provider, authorizationCode(provider, common), mint, checks);
  const { forbidden } = exchange.ask;
  register(provider, refreshToken(provider, { ...common, stopTask, forbidden }), mint, checks);
  for (const grant of ownGrants(dependencies)) announce(provider, grant);
}

/** All the others: on a path of our own. */
export const grantsOnOwnPath = (
  dependencies: GrantDependencies,
  authentication: Omit<ClientAuthentication, 'firstUse'>,
): OwnPath => ownPath(ownGrants(dependencies), dependencies.mint, dependencies.checks, authentication);

const ownGrants = ({ mint, exchange, assertions, polls }: GrantDependencies) => [
  ciba({ issuer: mint.issuer, catalogue: exchange.catalogue, tasks: exchange.tasks, ...polls }),
  tokenExchange(exchange),
  jwtBearer({ ...exchange, ...assertions }),
  clientCredentials({ issuer: mint.issuer, catalogue: exchange.catalogue }),
];
