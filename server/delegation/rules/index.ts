import { AUTHENTICATION_RULES } from './authentication.ts';
import { EDGE_RULES } from './edges.ts';
import { HOLDER_RULES } from './holders.ts';
import { KEY_RULES } from './keys.ts';
import { NARROWING_RULES } from './narrowing.ts';
import type { Rule } from './rule.ts';

export { LIMITS } from './limits.ts';
export { LINKS, type Link } from './links.ts';
export type { Limit, Rule } from './rule.ts';

/**
 * Every rule of an exchange, in the order in which they are asked: who presents it, with which key, along which edge,
 * and only then how much of it. What a stranger hears about somebody else's token is the first of them.
 */
export const RULES: readonly Rule[] = [
  ...HOLDER_RULES,
  ...KEY_RULES,
  ...EDGE_RULES,
  ...NARROWING_RULES,
  ...AUTHENTICATION_RULES,
];
