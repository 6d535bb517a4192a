import { lookAlikesIn } from '../oauth/look-alikes.ts';
import type { Approval } from './approval.ts';
import { isTheirsAlone } from './deciders.ts';

/** Requests that are alike, and can be answered on one page. */
export interface Together {
  agent: string;
  action: string;
  approvals: Approval[];
}

/** As many rows as somebody reads. */
export const APPROVABLE_TOGETHER = 10;

/**
 * Which of them may be decided together (U7-3, ux.md §3.2): of one agent, for one action, low or medium impact, asked of
 * this very person. One page asks for no less than a page of its own would (U3): what asks for a number or a passkey
 * stays out, because each has its own. So the medium requests of an unattended agent are here for whoever has no passkey,
 * with the sign-in that each of them would ask for, and for nobody else. Pure.
 */
export function together(
  waiting: readonly Approval[],
  { person, hasPasskey }: { person: string; hasPasskey: boolean },
): Together[] {
  const groups = new Map<string, Together>();
  for (const approval of waiting) {
    const [only, ...more] = approval.actions;
    if (only === undefined || more.length > 0 || approval.person !== person || !isTheirsAlone(approval)) continue;
    if (approval.kind === 'browser' || approval.hasNumber) continue;
    // What asks to be looked at twice is not answered in a row.
    if (lookAlikesIn([only.parameters, only.facts]).length > 0) continue;
    if (approval.impact !== 'low' && approval.impact !== 'medium') continue;
    // From behind and without a number is an unattended agent: whoever has a passkey answers it with that, and whoever has
    // none has just signed in, as on a page of its own.
    if (approval.kind === 'backchannel' && hasPasskey) continue;
    const key = `${approval.agent} ${only.action}`;
    const group = groups.get(key) ?? { agent: approval.agent, action: only.action, approvals: [] };
    if (group.approvals.length < APPROVABLE_TOGETHER) group.approvals.push(approval);
    groups.set(key, group);
  }
  return [...groups.values()].filter(({ approvals }) => approvals.length > 1);
}
