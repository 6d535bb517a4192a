import { isMap, isSeq, type YAMLMap } from 'yaml';

import { yamlDocument } from '../catalogue/yaml.ts';
import type { Deciders } from './policies.ts';

/** Who decides, as it is written into the YAML of a rule: groups by their names. */
export interface Written {
  verdict: 'ask' | 'two';
  deciders: Deciders | undefined;
}

/**
 * The same YAML with another answer to who decides, in the rule of this name; comments and order stay. Undefined where
 * there is no such rule, or no rule can be told apart. Pure.
 */
export function writeDeciders(yaml: string, rule: string, { verdict, deciders }: Written): string | undefined {
  const document = yamlDocument(yaml);
  const rules = document?.get('rules');
  if (!document || document.errors.length > 0 || !isSeq(rules)) return undefined;
  const found = rules.items.filter((item): item is YAMLMap => isMap(item) && item.get('name') === rule);
  const [only, another] = found;
  if (!only || another) return undefined;
  only.set('verdict', verdict);
  // What stood only with another verdict would keep it from being published.
  only.delete('for');
  if (deciders === undefined) only.delete('deciders');
  else only.set('deciders', document.createNode(deciders));
  return document.toString({ lineWidth: 0 });
}

/** Names of the rules in a text, in order; none where it cannot be read. Pure. */
export function ruleNames(yaml: string): string[] {
  const document = yamlDocument(yaml);
  const rules = document?.get('rules');
  if (!document || document.errors.length > 0 || !isSeq(rules)) return [];
  return rules.items.flatMap((item) => {
    const name = isMap(item) ? item.get('name') : undefined;
    return typeof name === 'string' ? [name] : [];
  });
}
