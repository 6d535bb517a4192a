import type { Action } from '../catalogue/action.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { FLOW, type PolicyDocument } from './policies.ts';
import type { RequestedAction } from './request.ts';

/** One action that an agent may have read by, for the person it asks now. */
export interface ReadBefore {
  action: string;
  version: number;
}

/**
 * The request with what was read before each action that carries something out. An agent that read a customer's mail may
 * have read an instruction in it, and one that read a balance may be asked for it: what goes out afterwards is of high
 * impact, and the page says what was read (the "lethal trifecta" is data, strangers' words and a way out). Pure.
 *
 * @param before everything that was allowed to be read within the window; reading that is asked in the same request counts
 */
export function withFlow(
  requested: readonly RequestedAction[],
  before: readonly ReadBefore[],
  { catalogue, flow = FLOW }: { catalogue: Catalogue; flow?: PolicyDocument['flow'] },
): RequestedAction[] {
  const known = ({ action, version }: ReadBefore): Action | undefined => catalogue.version(action, version);
  const sensitive = (one: ReadBefore) => {
    const action = known(one);
    return action?.access === 'read' && action.dataClasses.some((each) => flow.after.includes(each));
  };
  const read = [...before, ...requested].filter(sensitive);
  return requested.map((wanted) => {
    if (!known(wanted)?.egress) return wanted;
    // Of each action the newest version: which of them was read by says nothing more to a person.
    const others = read.filter(({ action }) => action !== wanted.action);
    const after = [...new Map(others.map(({ action, version }) => [action, { action, version }])).values()];
    return after.length === 0 ? wanted : { ...wanted, after };
  });
}

/** Does anything of it carry something out? Only then does it matter what was read. */
export const carriesOut = (requested: readonly RequestedAction[], catalogue: Catalogue): boolean =>
  requested.some(({ action, version }) => catalogue.version(action, version)?.egress);
