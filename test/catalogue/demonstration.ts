import { readFileSync } from 'node:fs';
import type { Action } from '../../server/catalogue/action.ts';
import { type Catalogue, compileCatalogue, parseCatalogue } from '../../server/catalogue/catalogue.ts';
import type { DescribeContext } from '../../server/catalogue/describe.ts';

/** The text of the demonstration's catalogue. */
export const yaml = readFileSync(new URL('../../server/catalogue/demonstration.yaml', import.meta.url), 'utf8');

/** The demonstration's catalogue, compiled. */
export const catalogue: Catalogue = compileCatalogue(parseCatalogue(yaml));

/** One of its actions, or a failed test. */
export function actionOf(key: string): Action {
  const action = catalogue.actions.get(key);
  if (action === undefined) throw new Error(`no action ${key}`);
  return action;
}

/** Anna of Acme, who reads every page of these tests. */
export const reader: DescribeContext = {
  organizationName: 'Acme',
  organizationDomains: ['acme.example'],
  personName: 'Anna Berg',
  personEmail: 'anna@acme.example',
  locale: 'en-GB',
  timeZone: 'Europe/Berlin',
};
