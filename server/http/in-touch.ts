import type { Context, Next } from 'koa';

import { BadRequest } from './form.ts';

/**
 * What was stopped is asked of the database each time, and never remembered here. An instance that has not heard from it
 * for two seconds says so at once, instead of keeping everybody waiting: another one answers, or this one when it can.
 */
export function onlyInTouch(isInTouch: () => boolean) {
  return async (ctx: Context, next: Next) => {
    if (isInTouch()) return next();
    ctx.set('Retry-After', '1');
    throw new BadRequest('this instance does not hear from its database: try again', 503);
  };
}
