import type { AgentEdge } from '../../agents/agent.ts';
import type { Refusal } from '../../oauth/refusal.ts';
import type { ApprovedEdge } from '../../tasks/task.ts';
import { actorsOf } from '../chain.ts';
import type { ExchangeFacts } from '../exchange.ts';
import type { Proposal } from '../ways.ts';
import type { Rule } from './rule.ts';

const refused = (detail: string): Refusal => ({ reason: 'handoff_not_allowed', detail });

/** The edge as the person saw it. Of an agent's own authority no person was asked, and the admin's edge is all there is. */
const seenBy = ({ subject, child, approvedEdges }: ExchangeFacts): ApprovedEdge | undefined =>
  subject.person === null
    ? child?.edge
    : approvedEdges.find((edge) => edge.parent === subject.agent && edge.child === child?.agent);

/** The edge as it is now, and as it was seen; that there is one is for R15 and R16 to say. */
const edgesOf = (facts: ExchangeFacts): readonly (AgentEdge | ApprovedEdge)[] =>
  [facts.child?.edge, seenBy(facts)].filter((edge) => edge !== undefined);

/** The longest chain there may be: what the admin allows now, what the person saw, and what the child itself may. */
const deepest = ({ way }: Proposal, facts: ExchangeFacts): number =>
  Math.min(
    ...edgesOf(facts).map(({ maxDepth }) => maxDepth),
    way === 'hand_off' ? Number.POSITIVE_INFINITY : (facts.child?.chainLimit ?? 0),
  );

/** Along which edges a part of a task travels from agent to agent, how far, and how often. */
export const EDGE_RULES: readonly Rule[] = [
  {
    id: 'R15',
    says: 'The person saw this edge when they approved.',
    ways: ['hand_off', 'appoint'],
    broken: (_, facts) => (seenBy(facts) ? undefined : refused('the person did not see this agent when they approved')),
  },
  {
    id: 'R16',
    says: 'The edge exists now.',
    ways: ['hand_off', 'appoint', 'take_up'],
    broken: ({ way }, { child }) =>
      child?.edge ? undefined : refused(way === 'take_up' ? 'the edge was taken away' : 'no edge leads to this agent'),
  },
  {
    id: 'R17',
    says: 'The agent that is handed to is active.',
    ways: ['hand_off', 'appoint'],
    broken: (_, { child }) => (child?.active ? undefined : refused('the agent is not active')),
  },
  {
    id: 'R13',
    says: 'The agent that is handed to has a key to bind to.',
    ways: ['hand_off', 'appoint'],
    broken: ({ boundTo }) => (boundTo === undefined ? refused('the agent has no key to bind it to') : undefined),
  },
  {
    id: 'R18',
    says: 'Nobody acts twice in one chain: there are no loops.',
    ways: ['hand_off', 'appoint'],
    broken: (_, { subject, child }) =>
      child && [subject.subject, ...actorsOf(subject.act ?? undefined)].includes(child.agent)
        ? refused('the agent is in the chain already')
        : undefined,
  },
  {
    id: 'R19',
    says: 'A chain is no deeper than every edge and the agent at its end allow (AP-04, TX-17).',
    ways: ['hand_off', 'appoint', 'take_up'],
    broken: (proposal, facts) => {
      const [depth, limit] = [facts.subject.depth + 1, deepest(proposal, facts)];
      return depth > limit ? { reason: 'chain_too_deep', depth, limit } : undefined;
    },
  },
  {
    id: 'R20',
    says: 'The edge carries each of the actions, as it was seen and as it is now.',
    ways: ['hand_off', 'appoint', 'take_up'],
    broken: ({ cut }, facts) => {
      const edges = edgesOf(facts);
      const beyond = cut.actions.find(({ action }) => edges.some(({ actions }) => !actions.includes(action)));
      return beyond && refused(`the edge does not carry ${beyond.action}`);
    },
  },
  {
    id: 'R21',
    says: 'Only so many agents hold parts of one task at the same time (TX-17).',
    ways: ['hand_off', 'appoint', 'take_up'],
    broken: (_, { child, fanOut }) =>
      (child?.siblings ?? 0) >= fanOut ? { reason: 'too_many_hand_offs', limit: fanOut } : undefined,
  },
  {
    id: 'R22',
    says: 'Only so many exchanges are made under one task in a minute (TX-17).',
    broken: (_, { pace }) => (pace.count > pace.limit ? { reason: 'too_many_exchanges', retryAfter: 60 } : undefined),
  },
  {
    id: 'R23',
    says: 'A line of exchanges ends after 32 of them.',
    broken: (_, { subject }) => {
      const depth = subject.lineage.filter((key) => key.startsWith('token:')).length + 1;
      return depth > LONGEST_LINEAGE ? { reason: 'chain_too_deep', depth, limit: LONGEST_LINEAGE } : undefined;
    },
  },
];

/** Far more than any chain needs; without it a loop of exchanges grows for ever. */
const LONGEST_LINEAGE = 32;
