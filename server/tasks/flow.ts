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
  const read = sensitiveIn([...before, ...requested], { catalogue, flow });
  return requested.map((wanted) => {
    if (!carriesOut([wanted], catalogue)) return wanted;
    // Of each action the newest version: which of them was read by says nothing more to a person.
    const others = read.filter(({ action }) => action !== wanted.action);
    const after = [...new Map(others.map(({ action, version }) => [action, { action, version }])).values()];
    return after.length === 0 ? wanted : { ...wanted, after };
  });
}

/** Of these the ones that read a class after which nothing goes out unasked. */
export function sensitiveIn<One extends ReadBefore>(
  read: readonly One[],
  { catalogue, flow = FLOW }: { catalogue: Catalogue; flow?: PolicyDocument['flow'] },
): One[] {
  return read.filter(({ action, version }) => {
    const known = catalogue.version(action, version);
    return known?.access === 'read' && known.dataClasses.some((each) => flow.after.includes(each));
  });
}

/** An action that was asked for, and what its page said was read before. */
type Knowing = Pick<RequestedAction, 'action' | 'version' | 'after'>;

/**
 * Does it carry something out, without its page having told of this reading? Then it ends with the reading: who approved
 * it did not know what could go out by it. Pure.
 *
 * @param reading what may be read from now on
 */
export const isUnaware = (asked: readonly Knowing[], reading: readonly ReadBefore[], catalogue: Catalogue): boolean =>
  asked.some(
    (one) =>
      carriesOut([one], catalogue) &&
      reading.some(({ action }) => action !== one.action && !one.after?.some((told) => told.action === action)),
  );

/** Does anything of it carry something out? Only then does it matter what was read. */
export const carriesOut = (requested: readonly ReadBefore[], catalogue: Catalogue): boolean =>
  requested.some(({ action, version }) => catalogue.version(action, version)?.egress);
