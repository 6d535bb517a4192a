import { errors } from 'oidc-provider';

/** A text of an organization: in English, or in several languages with English among them. */
type ByLanguage = string | { readonly en: string; readonly [language: string]: string };
const english = (text: ByLanguage): string => (typeof text === 'string' ? text : text.en);

/**
 * Every way to be refused. A refusal is an expected answer; a fault is thrown. The full refusal goes to the evidence,
 * {@link toWire} decides what a stranger may hear of it. A new arm does not compile until it has a wire form.
 */
export type Refusal =
  // what was asked
  | { reason: 'details_malformed'; detail: string }
  | { reason: 'details_too_large' }
  | { reason: 'type_unknown'; type: string }
  | { reason: 'type_not_allowed'; type: string }
  | { reason: 'parameters_invalid'; type: string; detail: string }
  | { reason: 'text_refused'; field: string; detail: string }
  | { reason: 'impact_needs_key'; impact: string; type: string }
  | { reason: 'impact_needs_redemption'; impact: string; type: string }
  | { reason: 'facts_unavailable'; type: string; retryAfter: number }
  | { reason: 'details_wider'; type: string; detail: string }
  | { reason: 'scope_unknown'; scope: string }
  | { reason: 'scope_wider'; scope: string }
  | { reason: 'resource_unknown'; resource: string }
  | { reason: 'resource_ambiguous' }
  // who asks, and for whom
  | { reason: 'agent_not_active'; status: string }
  | { reason: 'person_unknown' }
  | { reason: 'task_ended' }
  | { reason: 'grant_not_allowed'; grant: string }
  // what was presented
  | { reason: 'subject_token_invalid'; detail: string }
  | { reason: 'actor_token_invalid'; detail: string }
  | { reason: 'actor_not_allowed'; detail: string }
  | { reason: 'chain_too_deep'; depth: number; limit: number }
  | { reason: 'actor_token_acts' }
  | { reason: 'actor_token_used' }
  | { reason: 'key_mismatch' }
  | { reason: 'handoff_not_allowed'; detail: string }
  | { reason: 'handoff_used' }
  | { reason: 'too_many_hand_offs'; limit: number }
  | { reason: 'too_many_exchanges'; retryAfter: number }
  | { reason: 'authentication_insufficient'; acr: string | undefined; maxAge: number | undefined }
  | { reason: 'token_type_unavailable' }
  | { reason: 'assertion_invalid'; detail: string }
  | { reason: 'assertion_used' }
  | { reason: 'issuer_unreachable'; issuer: string; presented: 'subject_token' | 'assertion' }
  // what is decided elsewhere
  | { reason: 'resource_elsewhere'; resource: string; authorizationServer: string }
  | { reason: 'not_known_elsewhere'; authorizationServer: string; detail: string }
  | { reason: 'needs_redemption'; type: string }
  // what is missing
  | { reason: 'nothing_asked' }
  | { reason: 'not_own_action'; action: string }
  | { reason: 'consent_required'; approval: string; expiresIn: number; details: readonly Record<string, unknown>[] }
  | { reason: 'too_many_questions'; reach: 'pair' | 'agent' | 'person' | 'organization'; retryAfter: number }
  | { reason: 'recently_denied'; retryAfter: number }
  | { reason: 'agent_muted'; retryAfter: number }
  | {
      reason: 'policy_forbids';
      /** `pol_…` */
      policy: string;
      rule: string;
      action: string;
      /** What the policy says to whoever it stops, in one language or by language. */
      say?: ByLanguage;
      /** What would pass. */
      passes: readonly ByLanguage[];
    }
  | {
      reason: 'nobody_decides';
      policy: string;
      rule: string;
      /** Of whom too few may. */
      group: string;
    }
  | { reason: 'decided_apart' }
  | { reason: 'agent_paused' }
  | { reason: 'push_not_allowed'; impact: string }
  | { reason: 'stopped_here' }
  | { reason: 'beyond_limits'; detail: string }
  | { reason: 'too_many_requests'; limit: number; retryAfter: number }
  | { reason: 'already_collected' };

/** The answer of a rule: what is allowed, or why not. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; refusal: Refusal };

export const allow = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const refuse = (refusal: Refusal): Outcome<never> => ({ ok: false, refusal });

/**
 * What the client is told. A reason about the request itself is told in full, because the agent's builder has to
 * mend it. A reason about somebody else's token, task or key is told in one sentence, because a prober must not
 * learn which check failed.
 */
export function toWire(refusal: Refusal): errors.OIDCProviderError {
  switch (refusal.reason) {
    case 'details_malformed':
      return new errors.InvalidAuthorizationDetails(describable(refusal.detail));
    case 'details_too_large':
      return new errors.InvalidAuthorizationDetails('at most 5 objects in at most 5 KB are accepted');
    case 'type_unknown':
      return new errors.InvalidAuthorizationDetails(describable(`unknown type '${refusal.type}'`));
    case 'type_not_allowed':
      return new errors.InvalidAuthorizationDetails(
        describable(`type '${refusal.type}' is not allowed for this client`),
      );
    case 'parameters_invalid':
      return new errors.InvalidAuthorizationDetails(describable(`${refusal.type}: ${refusal.detail}`));
    case 'text_refused':
      return new errors.InvalidAuthorizationDetails(describable(`${refusal.field}: ${refusal.detail}`));
    case 'impact_needs_key':
      return new errors.InvalidAuthorizationDetails(
        describable(
          `${refusal.type}: ${refusal.impact} impact is given only to a client with a key of its own that is registered for bound tokens (dpop_bound_access_tokens)`,
        ),
      );
    case 'impact_needs_redemption':
      return new errors.InvalidAuthorizationDetails(
        describable(
          `${refusal.type}: ${refusal.impact} impact is given only for a resource that redeems each use, and this one does not`,
        ),
      );
    case 'facts_unavailable':
      return forbidden(
        new errors.AccessDenied(
          describable(`${refusal.type}: its API could not be asked what a person has to know, ask again later`),
        ),
      );
    case 'details_wider':
      return new errors.InvalidAuthorizationDetails(describable(`${refusal.type}: ${refusal.detail}`));
    case 'scope_unknown':
      return invalidScope('requested scope is unknown', refusal.scope);
    case 'scope_wider':
      return invalidScope('requested scope is wider than what was granted', refusal.scope);
    case 'resource_unknown':
      return new errors.InvalidTarget(describable(`unknown resource '${refusal.resource}'`));
    case 'resource_ambiguous':
      return new errors.InvalidTarget('more than one resource is possible, ask for one');
    case 'agent_not_active':
      return new errors.UnauthorizedClient('agent is not active');
    case 'person_unknown':
      return new errors.UnknownUserId('person is unknown');
    case 'task_ended':
      return new errors.InvalidGrant('task has ended');
    case 'grant_not_allowed':
      return new errors.UnauthorizedClient('this grant is not allowed for this client');
    // RFC 8693 §2.2.2: a subject or actor token that is invalid or unacceptable for any reason is invalid_request.
    case 'subject_token_invalid':
      return new errors.InvalidRequest('subject token is invalid');
    case 'actor_token_invalid':
      return new errors.InvalidRequest('actor token is invalid');
    case 'actor_not_allowed':
      return new errors.InvalidRequest('actor may not act for this subject');
    case 'chain_too_deep':
      return new errors.InvalidRequest('chain of actors is too deep');
    // The profile of actors has a code of its own for this (AP-05).
    case 'actor_token_acts':
      return new errors.InvalidGrant('an actor token must not itself act for anybody');
    case 'actor_token_used':
      return new errors.InvalidRequest('actor token was used already');
    case 'key_mismatch':
      return new errors.InvalidGrant('token is bound to another key');
    case 'handoff_not_allowed':
      return new errors.InvalidRequest('hand-off is not allowed');
    case 'handoff_used':
      return new errors.InvalidRequest('hand-off was used already');
    case 'too_many_hand_offs':
      return forbidden(
        new errors.AccessDenied(`at most ${refusal.limit} agents hold parts of one task at the same time`),
      );
    case 'too_many_exchanges':
      return forbidden(new errors.AccessDenied('too many exchanges under this task'));
    // RFC 9470 §3, answered by the token endpoint (SU-06).
    case 'authentication_insufficient':
      return new errors.CustomOIDCProviderError(
        'insufficient_user_authentication',
        'the person has to sign in again, as acr_values and max_age say',
      );
    case 'token_type_unavailable':
      return new errors.InvalidRequest('this resource takes no JWT: ask for an access token');
    // RFC 7523 §3.1. Which of the checks failed is for the evidence.
    case 'assertion_invalid':
      return new errors.InvalidGrant('assertion is invalid');
    case 'assertion_used':
      return new errors.InvalidGrant('assertion was already used');
    case 'issuer_unreachable': {
      const description = 'the keys of its issuer cannot be had now: try again later';
      return refusal.presented === 'assertion'
        ? new errors.CustomOIDCProviderError('invalid_grant', description) // it is said: somebody has to mend it
        : new errors.InvalidRequest(description);
    }
    case 'resource_elsewhere':
      return new errors.InvalidTarget(
        describable(`'${refusal.resource}' takes tokens of ${refusal.authorizationServer}: ask for an id-jag`),
      );
    case 'not_known_elsewhere':
      return new errors.InvalidTarget(
        describable(`nothing is given to '${refusal.authorizationServer}' for this agent`),
      );
    case 'needs_redemption':
      return new errors.InvalidAuthorizationDetails(
        describable(`${refusal.type}: what has to be redeemed here cannot be carried to another authorization server`),
      );
    case 'nothing_asked':
      return invalidScope('ask for at least one action, by scope or by authorization_details', '');
    case 'not_own_action':
      return invalidScope('not an action of this agent itself: ask a person', refusal.action);
    case 'consent_required':
      return new errors.CustomOIDCProviderError(
        'consent_required',
        'no live task of this person covers the request: show them interaction_uri, or ask at the backchannel authentication endpoint with these authorization_details',
      );
    case 'too_many_questions':
      return forbidden(new errors.AccessDenied(TOO_MANY[refusal.reach]));
    case 'recently_denied':
      return forbidden(new errors.AccessDenied('the person denied this a short while ago'));
    case 'agent_muted':
      return forbidden(new errors.AccessDenied('the person denied or ignored too many questions of this agent'));
    case 'push_not_allowed':
      return new errors.InvalidRequest(
        `tokens of ${refusal.impact} impact are not pushed: register a client for poll or ping`,
      );
    case 'policy_forbids': {
      const { rule, action, say = rule, passes } = refusal;
      const otherwise = passes.length > 0 ? ` (what passes: ${passes.map(english).join(', or ')})` : '';
      return forbidden(new errors.AccessDenied(describable(`${action}: ${english(say)}${otherwise}`)));
    }
    case 'nobody_decides':
      return forbidden(
        new errors.AccessDenied(
          describable(`only ${refusal.group} may allow this, and too few of them can: ${refusal.rule}`),
        ),
      );
    case 'decided_apart':
      return forbidden(new errors.AccessDenied('different people decide these actions: ask for each by itself'));
    case 'agent_paused':
      return forbidden(new errors.AccessDenied('the person paused this agent'));
    case 'stopped_here':
      return forbidden(new errors.AccessDenied('an administrator stopped this agent, or what it asks for'));
    case 'beyond_limits':
      return forbidden(new errors.AccessDenied(describable(refusal.detail)));
    case 'too_many_requests':
      return forbidden(new errors.AccessDenied(`this agent may make ${refusal.limit} requests in a minute`));
    case 'already_collected':
      return new errors.InvalidGrant('already collected');
  }
}

const TOO_MANY = {
  pair: 'too many questions of this agent to this person',
  agent: 'too many questions of this agent',
  person: 'too many questions to this person',
  organization: 'too many questions in this organization',
} as const;

/** The error names the scope it is about, where it is about one. */
const invalidScope = (description: string, scope: string) =>
  new errors.InvalidScope(description, (scope === '' ? undefined : describable(scope)) as string);

// A policy's no before anyone was asked is 403 (CIBA Core §13).
const forbidden = (error: errors.OIDCProviderError) => Object.assign(error, { status: 403, statusCode: 403 });

// RFC 6749 §5.2 allows printable ASCII without quote and backslash; parts of these sentences are an attacker's words.
const describable = (text: string): string => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?').slice(0, 300);
