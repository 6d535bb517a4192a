import type { Context, Next } from 'koa';

import { isDeeper } from '../oauth/strict-json.ts';
import { BadRequest, formBody } from './form.ts';

/** Levels of a request object (RFC 9101): its members, and what those may have that are JSON of their own. */
const LEVELS = 16;

/**
 * A signed request is taken apart before its signature is looked at, and by functions that call themselves for each level:
 * one of a few thousand ends in a fault, whoever sends it.
 */
export async function boundRequestObject(ctx: Context, next: Next): Promise<void> {
  const sent = ctx.method === 'POST' ? (await formBody(ctx.req))?.toString('utf8') : ctx.querystring;
  const request = sent?.includes('request=') ? new URLSearchParams(sent).get('request') : null;
  const [, payload = ''] = request?.split('.') ?? [];
  if (payload !== '' && isTooDeep(payload)) throw new BadRequest('request is nested too deeply');
  return next();
}

function isTooDeep(payload: string): boolean {
  try {
    return isDeeper(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')), LEVELS);
  } catch {
    return false; // no JSON: said by whoever reads it
  }
}
