import { durationSeconds } from '../catalogue/duration.ts';
import type { Text } from '../catalogue/language.ts';
import { allow, type Outcome, refuse } from '../oauth/refusal.ts';
import { type Close, type Deciders, quorumOf } from '../tasks/policies.ts';
import { type Approval, TWO_PEOPLE_SECONDS } from './approval.ts';
import type { Question } from './ask.ts';
import { BACKCHANNEL_SECONDS } from './backchannel.ts';
import type { Ruled } from './ruling.ts';

/** Who decides a request where it is not the person alone, and by which rule: as it stood when it was asked. */
export interface AskedOf {
  /** `pol_…` */
  policy: string;
  version: number;
  rule: string;
  /** With `person`, after them; without, in their place. */
  group?: { id: string; name: string };
  /** The person decides, too. */
  person: boolean;
  may_include: readonly Close[];
  /** If nobody decided for so long, these may as well. */
  escalate?: { seconds: number; group?: { id: string; name: string }; deputy?: true };
  say?: Text;
  /** What would pass without them. */
  passes: readonly Text[];
}

/** In which part somebody else than the person decides. */
export type Part = 'approver' | 'group' | 'escalation';

/** Others decide in the person's place. */
export const isForOthers = ({ deciders }: Pick<Approval, 'deciders'>): boolean =>
  deciders?.group !== undefined && !deciders.person;

/** The person may allow it by themselves, with a click where the impact asks for no more. */
export const isTheirsAlone = ({ deciders, quorum }: Pick<Approval, 'deciders' | 'quorum'>): boolean =>
  quorum === 1 && deciders?.group === undefined;

/** How many of others have to approve. */
export const ofOthers = ({ deciders, quorum }: Pick<Approval, 'deciders' | 'quorum'>): number =>
  isForOthers({ deciders }) ? quorum : quorum - 1;

/** Whom a rule would ask: who belongs to a group now, and may decide this. */
export interface DeciderDirectory {
  find(
    organization: string,
    group: string,
    request: { person: string; agent: string; may: readonly Close[] },
  ): Promise<{ name: string; members: readonly { id: string; name: string }[] } | undefined>;
}

/**
 * Whom the ruling asks, by name; undefined where it is the person (and, for two, an approver). Refused where so few of
 * them may decide that it could only expire: whoever asks is told now, and not after hours.
 *
 * @param critical at critical impact two have to approve, and nobody who is close counts
 */
export async function askedOf(
  { ruling, policies }: Pick<Ruled, 'ruling' | 'policies'>,
  { organization, person, agent, critical }: { organization: string; person: string; agent: string; critical: boolean },
  directory: DeciderDirectory,
): Promise<Outcome<AskedOf | undefined>> {
  const { deciders, rule, verdict } = ruling;
  if (!deciders || !rule) return allow(undefined);
  const may = critical ? [] : (deciders.may_include ?? []);
  const find = (group: string | undefined) =>
    group === undefined ? undefined : directory.find(organization, group, { person, agent, may });
  const [group, later] = await Promise.all([find(deciders.group), find(deciders.escalate?.group)]);
  const isFirst = deciders.group === undefined || verdict === 'two';
  const needed = Math.max(quorumOf(ruling), critical ? 2 : 1) - (isFirst ? 1 : 0);
  const able = new Set([...(group?.members ?? []), ...(later?.members ?? [])].map(({ id }) => id));
  const deputy = deciders.escalate?.deputy && !critical ? 1 : 0;
  if (deciders.group !== undefined && able.size + deputy < needed) {
    return refuse({
      reason: 'nobody_decides',
      policy: policies.id,
      rule: rule.name,
      group: group?.name ?? 'a group that is gone',
    });
  }
  const { escalate } = deciders;
  return allow({
    policy: policies.id,
    version: policies.version,
    rule: rule.name,
    person: isFirst,
    may_include: deciders.may_include ?? [],
    ...(deciders.group !== undefined && { group: { id: deciders.group, name: group?.name ?? deciders.group } }),
    ...(escalate && {
      escalate: {
        seconds: durationSeconds(escalate.after) ?? 0,
        ...(escalate.group !== undefined && { group: { id: escalate.group, name: later?.name ?? escalate.group } }),
        ...(escalate.deputy && { deputy: escalate.deputy }),
      },
    }),
    ...(rule.say !== undefined && { say: rule.say }),
    passes: ruling.passes ?? [],
  });
}

/** How long a question waits that others decide as well, in seconds: they sit elsewhere, and a rule may say how long. Pure. */
export function waitSeconds(
  { kind, client, requested }: Pick<Question, 'kind' | 'client' | 'requested'>,
  { within, escalate }: Deciders = {},
): number {
  const said = within === undefined ? undefined : durationSeconds(within);
  const usual = TWO_PEOPLE_SECONDS + (durationSeconds(escalate?.after ?? '') ?? 0);
  if (kind !== 'backchannel') return said ?? usual;
  const mode = client.agent?.mode === 'unattended' ? 'unattended' : 'twoPeople';
  const { usual: patience, longest } = BACKCHANNEL_SECONDS[mode];
  return Math.min(requested ?? said ?? Math.max(usual, patience), said ?? Math.max(usual, longest));
}
