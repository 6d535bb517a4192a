import { type Action, IMPACTS } from '../../catalogue/action.ts';
import { impactOf } from '../../catalogue/describe.ts';
import { narrowerParameters } from '../../catalogue/narrowing.ts';
import type { TaskAction } from '../../tasks/task.ts';

/** One rule about how a presented action leads to an action of another resource. */
export interface Link {
  readonly id: string;
  readonly says: string;
  readonly missing: (link: {
    wanted: TaskAction;
    action: Action;
    source: TaskAction;
    /** The presented action, in the version that the person approved. */
    rules: Action;
  }) => string | undefined;
}

export const NOT_DECLARED = 'not declared downstream';

/** One presented action has to lead to the wanted one by all of these. */
export const LINKS: readonly Link[] = [
  {
    id: 'R32',
    says: 'The presented action declares the wanted one downstream.',
    missing: ({ wanted, rules }) => (rules.downstream.includes(wanted.action) ? undefined : NOT_DECLARED),
  },
  {
    id: 'R33',
    says: 'Reading leads to no change.',
    missing: ({ action, source }) =>
      action.access === 'write' && source.access === 'read' ? 'reading does not lead to a change' : undefined,
  },
  {
    id: 'R34',
    says: 'Its impact is not above what was approved.',
    missing: ({ wanted, action, source }) => {
      // Nobody's addresses count as inside here: the action may lie with another owner, whose rules these are.
      // And nobody asks its resource: what it would state is unknown, and may be all that would bound it.
      if (action.resolve?.unchecked === 'refuse') return 'what its resource would state of it is unknown';
      const stated = action.resolve ? null : undefined;
      const impact = impactOf(action, wanted.parameters, { organizationDomains: [] }, stated);
      return IMPACTS.indexOf(impact) > IMPACTS.indexOf(source.impact)
        ? 'its impact is above what was approved'
        : undefined;
    },
  },
  {
    id: 'R35',
    says: 'A parameter that both know means the same in both.',
    missing: ({ action, source, rules }) => {
      for (const name of Object.keys(source.parameters)) {
        const [there, here] = [action.parameters.get(name), rules.parameters.get(name)];
        // "from" as a first day in one action and as an address in the other: neither bounds the other.
        if (there && (there.comparator !== here?.comparator || there.format !== here.format))
          return `${name} has another meaning there`;
      }
      return undefined;
    },
  },
  {
    id: 'R36',
    says: 'Every limit that both know is kept: leaving it out would lift it.',
    missing: ({ wanted, action, source }) => narrowerParameters(action, wanted.parameters, source.parameters),
  },
];
