import type Router from '@koa/router';

import { textRecordsAt } from '../adapters/egress.ts';
import { ownEndpoint } from '../adapters/own-endpoint.ts';
import { postgresAccountability } from '../adapters/postgres/accountability.ts';
import { postgresAdmin, postgresOrganizations } from '../adapters/postgres/admin.ts';
import { postgresAgentDrafts } from '../adapters/postgres/agent-drafts.ts';
import { postgresLimits } from '../adapters/postgres/agent-limits.ts';
import { postgresReach } from '../adapters/postgres/agent-reach.ts';
import { postgresAgentRules } from '../adapters/postgres/agent-rules.ts';
import { postgresApprovalList } from '../adapters/postgres/approval-list.ts';
import { postgresBackchannelAdministration } from '../adapters/postgres/backchannel.ts';
import { postgresClientSecrets } from '../adapters/postgres/client-secrets.ts';
import { postgresDocumentAdministration } from '../adapters/postgres/documents-admin.ts';
import { postgresEvidenceReader } from '../adapters/postgres/evidence-reader.ts';
import { postgresDeciders, postgresGroups } from '../adapters/postgres/groups.ts';
import { postgresIdempotency } from '../adapters/postgres/idempotency.ts';
import { postgresInventory } from '../adapters/postgres/inventory.ts';
import { postgresIssuers } from '../adapters/postgres/issuers-admin.ts';
import { postgresOwnership } from '../adapters/postgres/ownership.ts';
import { postgresPeopleAdmin } from '../adapters/postgres/people-admin.ts';
import { postgresPolicies } from '../adapters/postgres/policy-admin.ts';
import { postgresPromptAdministration } from '../adapters/postgres/prompt-quality.ts';
import { postgresPublications, postgresPublish } from '../adapters/postgres/publications.ts';
import { postgresIntroductions, postgresWebhooks } from '../adapters/postgres/reach-people.ts';
import { postgresPasskeyRules, postgresRecoveries } from '../adapters/postgres/recoveries.ts';
import { postgresClaims } from '../adapters/postgres/resource-claims.ts';
import { postgresReviews } from '../adapters/postgres/reviews.ts';
import { postgresSignInProviderAdmin } from '../adapters/postgres/sign-in-providers.ts';
import { postgresStops } from '../adapters/postgres/stops.ts';
import type { AdminCaller } from './admin/admin.ts';
import { makeConsole } from './admin/console.ts';
import { consolePages } from './admin/console-pages.ts';
import { adminRoutes } from './admin/routes.ts';
import type { DocumentDependencies } from './agents/documents.ts';
import { ownerRoutes } from './agents/owner-routes.ts';
import type { ResourceDocument } from './catalogue/catalogue.ts';
import type { openChannels } from './channels.ts';
import type { Parts } from './parts.ts';
import type { openSigningIn } from './signing-in.ts';

/** The admin API, the console over it, and what owners see of their agents. */
export function openAdministration(
  parts: Parts,
  {
    documents,
    channels,
    upstream,
    checkClient,
    reloadCatalogue,
  }: {
    documents: DocumentDependencies;
    channels: ReturnType<typeof openChannels>;
    upstream: ReturnType<typeof openSigningIn>['upstream'];
    checkClient(metadata: Record<string, unknown>): void;
    reloadCatalogue(): Promise<void>;
  },
) {
  const { config, issuer, database, sealing, evidence, cookies, fetch, ownsAgents, hasPasskey } = parts;
  const publish = postgresPublish(database);
  const ownership = postgresOwnership(database);
  const administration = {
    issuer,
    ownership,
    ownsAgents,
    reader: parts.reader,
    clients: parts.clients,
    people: parts.people,
    proofs: parts.proofs,
    hasPasskey,
    organizations: postgresOrganizations(database),
    store: postgresAdmin(database),
    inventory: postgresInventory(database),
    approvalList: postgresApprovalList(database),
    accountability: postgresAccountability(database),
    stops: postgresStops(database),
    limits: postgresLimits(database),
    clientSecrets: { administration: postgresClientSecrets(database), hash: parts.hashSecret },
    documents: { ...documents, administration: postgresDocumentAdministration(database) },
    claims: {
      store: postgresClaims(database),
      fetch,
      textRecords: textRecordsAt(config.dnsServers),
      privateHosts: config.egressAllow,
      reload: reloadCatalogue,
    },
    reach: postgresReach(database),
    evidence: postgresEvidenceReader(database),
    issuers: { store: postgresIssuers(database), keys: parts.trustedIssuers.keys },
    signInProviders: { store: postgresSignInProviderAdmin(database, sealing), upstream },
    recorder: evidence,
    idempotency: postgresIdempotency(database, sealing),
    catalogue: parts.catalogue.current,
    publications: {
      store: postgresPublications(database),
      publish: async (resources: readonly ResourceDocument[], caller: AdminCaller) => {
        const published = await publish(resources, caller);
        await reloadCatalogue(); // the others hear of it; whoever published sees it in the next answer
        return published;
      },
    },
    backchannel: postgresBackchannelAdministration(database),
    policies: postgresPolicies(database),
    groups: postgresGroups(database),
    deciders: postgresDeciders(database),
    prompts: postgresPromptAdministration(database),
    introductions: { ...channels.store, ...postgresIntroductions(database) },
    webhooks: { store: postgresWebhooks(database, sealing), isAddress: channels.isWebhookAddress },
    recoveries: postgresRecoveries(database),
    peopleAdmin: postgresPeopleAdmin(database),
    passkeyRules: postgresPasskeyRules(database),
    reviews: postgresReviews(database),
    agentRules: postgresAgentRules(database),
    checkClient,
  };
  const adminConsole = makeConsole({ cookies, evidence, ownsAgents, hasPasskey });
  const toOurselves = ownEndpoint(issuer, () => config.port);
  const registerPages = {
    ...administration,
    drafts: postgresAgentDrafts(database),
    register: (token: string, metadata: object) => toOurselves('/reg', token, metadata),
  };
  return (router: Router) => {
    ownerRoutes(router, { ownership, cookies });
    adminRoutes(router, administration);
    consolePages(router, adminConsole, registerPages);
  };
}
