import { HOSTILE, VALUE } from '../../views/words/console-values.ts';
import { jsonRefused } from '../../views/words/json.ts';
import { inEnglish, type Saying, saying } from '../../views/words/saying.ts';
import { type Access, type Action, type Impact, worse } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { impactOf } from '../catalogue/describe.ts';
import { at } from '../catalogue/problem.ts';
import { RESERVED } from '../catalogue/schema.ts';
import { canonicalJson, sha256url } from '../oauth/canonical.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import { depthProblem, parseStrictJson } from '../oauth/strict-json.ts';
import { checkSpacing, checkTexts } from '../oauth/text.ts';

/** One action that an agent asks for, checked against its catalogue entry. */
export interface RequestedAction {
  action: string;
  version: number;
  resource: string;
  parameters: Record<string, unknown>;
  /** Set when it was asked as a scope. */
  viaScope?: string;
  /** The agent's own words, for its quoted block alone. */
  purpose?: string;
  /** What the resource stated about it when it came in; null where it could not be asked. Absent where nothing is asked. */
  facts?: Record<string, unknown> | null;
  /** What the agent read for this person before, where this action carries something out. */
  after?: readonly { action: string; version: number }[];
}

/** What a person allowed in addition to what was asked. */
export interface GrantedTerms {
  access: Access;
  impact: Impact;
  /** RFC 3339. */
  expires_at: string;
  /** Null: as often as the time allows. */
  max_uses: number | null;
}

/** Everything that is asked, in the form that is hashed. */
export interface CanonicalRequest {
  organization: string;
  /** `agt_…`, or the client id of an application. */
  agent: string;
  person: string;
  actions: readonly Pick<RequestedAction, 'action' | 'version' | 'resource' | 'parameters' | 'facts' | 'after'>[];
  nonce: string;
  /** RFC 3339 in UTC with whole seconds. */
  expires_at: string;
}

const OBJECTS_LIMIT = 5;
const BYTES_LIMIT = 5 * 1024;
const PURPOSE_CHARACTERS = 140;

/**
 * The parameter `authorization_details` (RFC 9396 §2, §5): a text, or the array that a request object carried.
 * `allowedTypes` are the types the client registered (§10); undefined where it need not register any. What comes back
 * was understood completely; whatever is not in the catalogue's closed schemas is refused.
 */
export function parseDetails(
  raw: unknown,
  catalogue: Catalogue,
  allowedTypes: readonly string[] | undefined,
): Outcome<RequestedAction[]> {
  const text = typeof raw === 'string' ? raw : JSON.stringify(raw);
  if (text === undefined) return malformed('must be a JSON array');
  if (Buffer.byteLength(text) > BYTES_LIMIT) return refuse({ reason: 'details_too_large' });

  let details = raw;
  if (typeof raw === 'string') {
    const parsed = parseStrictJson(raw);
    if (!parsed.ok) return malformed(inEnglish(jsonRefused(parsed.problem)));
    details = parsed.value;
  }
  const deep = depthProblem(details);
  if (deep !== undefined) return malformed(inEnglish(jsonRefused(deep)));
  if (!Array.isArray(details)) return malformed('must be a JSON array');
  if (details.length === 0) return malformed('must not be empty');
  if (details.length > OBJECTS_LIMIT) return refuse({ reason: 'details_too_large' });

  const requested: RequestedAction[] = [];
  for (const detail of details) {
    const parsed = parseDetail(detail, catalogue, allowedTypes);
    if (!parsed.ok) return parsed;
    requested.push(parsed.value);
  }
  // Shown twice and covered once: what two equal objects would allow has no clear answer.
  const distinct = new Set(requested.map(({ action, parameters }) => canonicalJson([action, parameters])));
  if (distinct.size < requested.length) return malformed('asks for the same twice');
  return allow(requested);
}

/**
 * Scopes are actions too, those without required parameters (RFC 6749 §3.3). `openid` and `offline_access` ask for no
 * action and are passed over; any other name that is no action's scope is refused.
 */
export function parseScopes(scopes: readonly string[], catalogue: Catalogue): Outcome<RequestedAction[]> {
  const requested: RequestedAction[] = [];
  for (const scope of new Set(scopes)) {
    if (scope === 'openid' || scope === 'offline_access') continue;
    const action = catalogue.byScope(scope);
    if (action === undefined) return refuse({ reason: 'scope_unknown', scope });
    requested.push({ ...identity(action), parameters: {}, viaScope: scope });
  }
  return allow(requested);
}

/** The object that stands in requests, tokens and answers. With `granted`, it is what a person allowed. */
export function toDetail(
  { action, resource, parameters, purpose }: Pick<RequestedAction, 'action' | 'resource' | 'parameters' | 'purpose'>,
  granted?: GrantedTerms,
): Record<string, unknown> {
  return {
    ...parameters,
    type: action,
    locations: [resource],
    ...(purpose !== undefined && { purpose }),
    ...(granted && {
      access: granted.access,
      impact: granted.impact,
      expires_at: granted.expires_at,
      max_uses: granted.max_uses,
    }),
  };
}

/** SHA-256 (base64url) over the RFC 8785 form of the request: what a decision and its page are bound to. */
export function requestHash(request: CanonicalRequest): string {
  const { organization, agent, person, nonce, expires_at } = request;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(expires_at))
    throw new TypeError('expires_at must be in UTC, in seconds');
  const actions = request.actions.map(canonicalAction);
  return sha256url(canonicalJson({ organization, agent, person, actions, nonce, expires_at }));
}

/** What of a requested action is hashed: everything that a page shows but the agent's own words. */
export const canonicalAction = ({
  action,
  version,
  resource,
  parameters,
  facts,
  after,
}: CanonicalRequest['actions'][number]): CanonicalRequest['actions'][number] => ({
  action,
  version,
  resource,
  parameters,
  ...(facts !== undefined && { facts }),
  ...(after !== undefined && { after }),
});

/** The least that a request weighs after what was read before, whatever its parameters say. */
export const leastOf = ({ after }: Pick<RequestedAction, 'after'>): Impact => (after === undefined ? 'low' : 'high');

/** How much is at stake with one requested action, by all that is known about it. */
export const weightOf = (
  action: Action,
  { parameters, facts, after }: Pick<RequestedAction, 'parameters' | 'facts' | 'after'>,
  organizationDomains: readonly string[],
): Impact => worse(impactOf(action, parameters, { organizationDomains }, facts), leastOf({ ...(after && { after }) }));

function parseDetail(
  detail: unknown,
  catalogue: Catalogue,
  allowedTypes: readonly string[] | undefined,
): Outcome<RequestedAction> {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return malformed('must hold objects');
  const hostile = checkTexts(detail);
  if (hostile) return refuse({ reason: 'text_refused', field: hostile.field, detail: hostile.problem });

  const { type, locations, purpose, ...parameters } = detail as Record<string, unknown>;
  if (typeof type !== 'string' || type === '') return malformed('every object must have a type');
  const action = catalogue.actions.get(type);
  if (action === undefined) return refuse({ reason: 'type_unknown', type });
  if (allowedTypes !== undefined && !allowedTypes.includes(type)) return refuse({ reason: 'type_not_allowed', type });

  const problem = memberProblem(action, locations, purpose, parameters);
  if (problem !== undefined) return refuse({ reason: 'parameters_invalid', type, detail: inEnglish(problem) });
  const blank = spacingProblem(parameters);
  if (blank) return refuse({ reason: 'text_refused', field: blank.field, detail: blank.problem });

  return allow({ ...identity(action), parameters, ...(typeof purpose === 'string' && { purpose }) });
}

/** What keeps parameters from being asked for at all, to whoever tries them: the same as `parseDetails` refuses. */
export function parametersProblem(action: Action, members: Readonly<Record<string, unknown>>): Saying | undefined {
  const { type: _, locations, purpose, ...parameters } = members;
  const hostile = checkTexts(members);
  if (hostile) return at(hostile.field, saying(HOSTILE[hostile.problem]));
  const problem = memberProblem(action, locations, purpose, parameters);
  if (problem !== undefined) return problem;
  const blank = spacingProblem(parameters);
  return blank && at(blank.field, saying(HOSTILE[blank.problem]));
}

function memberProblem(
  action: Action,
  locations: unknown,
  purpose: unknown,
  parameters: Readonly<Record<string, unknown>>,
): Saying | undefined {
  const reserved = Object.keys(parameters).find((name) => (RESERVED as readonly string[]).includes(name));
  if (reserved !== undefined) return saying(VALUE.reserved, { name: reserved });
  const { resource } = action;
  if (locations !== undefined && canonicalJson(locations) !== canonicalJson([resource])) {
    return saying(VALUE.onlyThere, { resource });
  }
  return purposeProblem(purpose) ?? action.validate(parameters);
}

const identity = ({ key, version, resource }: Action) => ({ action: key, version, resource });

const malformed = (detail: string): Outcome<never> => refuse({ reason: 'details_malformed', detail });

function purposeProblem(purpose: unknown): Saying | undefined {
  if (purpose === undefined) return undefined;
  if (typeof purpose !== 'string' || purpose === '') return saying(VALUE.purposeText);
  return [...purpose].length > PURPOSE_CHARACTERS
    ? saying(VALUE.purposeLong, { count: PURPOSE_CHARACTERS })
    : undefined;
}

const spacingProblem = (parameters: Record<string, unknown>) => checkTexts(parameters, '', checkSpacing);
