import type { UnknownObject } from 'oidc-provider';

import { registeredTypes } from '../server/agents/clients.ts';
import type { Catalogue } from '../server/catalogue/catalogue.ts';
import { impactOf } from '../server/catalogue/describe.ts';
import { allow, refuse } from '../server/oauth/refusal.ts';
import { parseDetails, parseScopes, type RequestedAction } from '../server/tasks/request.ts';
import type { TaskAction } from '../server/tasks/task.ts';
import type { Grant, RequestContext } from './grant.ts';
import { oneResource, optional, scopesIn } from './parameters.ts';

interface OwnRequest {
  resource: string | undefined;
  scopes: readonly string[];
  details: string | undefined;
}

/** What a client that is no agent may do at this server by itself, by its kind. */
const SERVICE_SCOPES: Readonly<Record<string, readonly string[]>> = {
  resource_server: ['redemptions'],
  command_line: ['admin', 'admin.read'],
  application: [],
};

/**
 * RFC 6749 §4.4: a client by itself, with no person and no task. An agent gets only actions that an admin marked as
 * its own, never of high or critical impact; `sub` is the agent and there is no `act`.
 */
export function clientCredentials({
  issuer,
  catalogue,
}: {
  issuer: string;
  catalogue: () => Catalogue;
}): Grant<OwnRequest, RequestContext> {
  return {
    type: 'client_credentials',
    parameters: ['resource', 'scope', 'authorization_details'],
    repeatable: ['resource'],
    parse: (parameters: UnknownObject) => ({
      resource: oneResource(parameters, 'resource'),
      scopes: scopesIn(parameters) ?? [],
      details: optional(parameters, 'authorization_details'),
    }),

    async authorize({ resource, scopes, details }, { client, organization, boundTo, confidential }) {
      const own = { organization, kind: 'own' as const, lineage: [], depth: 0, boundTo, authentication: {} };
      const { agent } = client;
      if (agent === null) {
        // The administrators' command line is a public client: by itself it is nobody.
        const allowed = (confidential && SERVICE_SCOPES[client.kind]) || [];
        const unknown = scopes.find((scope) => !allowed.includes(scope));
        if (unknown !== undefined) return refuse({ reason: 'scope_unknown', scope: unknown });
        if (scopes.length === 0 || details !== undefined) return refuse({ reason: 'nothing_asked' });
        if (resource !== undefined && resource !== issuer) return refuse({ reason: 'resource_unknown', resource });
        return allow({ ...own, subject: client.clientId, slice: { audience: issuer, scopes, actions: [] } });
      }

      // An agent's own token for this server says who it is and allows nothing: an actor token (RFC 8693 §2.1).
      if (resource === issuer && scopes.length === 0 && details === undefined) {
        return allow({ ...own, subject: agent.id, agent: agent.id, slice: { audience: issuer, scopes, actions: [] } });
      }
      const seen = catalogue().seenBy(organization);
      const byScope = parseScopes(scopes, seen);
      if (!byScope.ok) return byScope;
      const byDetails = details === undefined ? allow([]) : parseDetails(details, seen, registeredTypes(client));
      if (!byDetails.ok) return byDetails;
      const requested: RequestedAction[] = [...byScope.value, ...byDetails.value];
      const [first] = requested;
      if (!first) return refuse({ reason: 'nothing_asked' });
      const audience = resource ?? first.resource;

      const actions: TaskAction[] = [];
      for (const { purpose: _, ...one } of requested) {
        const action = seen.actions.get(one.action);
        if (one.resource !== audience) return refuse({ reason: 'resource_unknown', resource: audience });
        const impact = action && impactOf(action, one.parameters, { organizationDomains: [] });
        if (!action?.own || (impact !== 'low' && impact !== 'medium') || !agent.ownActions.includes(one.action)) {
          return refuse({ reason: 'not_own_action', action: one.action });
        }
        actions.push({ ...one, access: action.access, impact, max_uses: null });
      }
      return allow({ ...own, subject: agent.id, agent: agent.id, slice: { audience, scopes, actions } });
    },
  };
}
