import { errors, type UnknownObject } from 'oidc-provider';

/** A parameter that must be there. A parameter without a value counts as left out (RFC 6749 §3.1). */
export function required(parameters: UnknownObject, name: string): string {
  const value = optional(parameters, name);
  if (value === undefined) throw new errors.InvalidRequest(`${name} is required`);
  return value;
}

export function optional(parameters: UnknownObject, name: string): string | undefined {
  const value = parameters[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A parameter that may repeat. */
export function several(parameters: UnknownObject, name: string): string[] {
  const value = parameters[name];
  const values = Array.isArray(value) ? value : [value];
  return values.filter((item): item is string => typeof item === 'string' && item !== '');
}

/** The one resource a token is asked for; several would be a token for everywhere (RFC 8707 §2, TX-07). */
export function oneResource(parameters: UnknownObject, ...names: string[]): string | undefined {
  const asked = new Set(names.flatMap((name) => several(parameters, name)));
  if (asked.size > 1) throw new errors.InvalidTarget('one resource per token: name a single one');
  const [resource] = asked;
  if (resource !== undefined && (!URL.canParse(resource) || resource.includes('#'))) {
    throw new errors.InvalidTarget('a resource is an absolute URI without fragment');
  }
  return resource;
}

/** Scopes that name actions, each once. */
export function scopesIn(parameters: UnknownObject): string[] | undefined {
  const asked = optional(parameters, 'scope')?.split(' ');
  return asked && [...new Set(asked)].filter((scope) => !['openid', 'offline_access', ''].includes(scope));
}
