import type { AgentEdge } from '../agents/agent.ts';
import type { ApprovedEdge } from '../tasks/task.ts';

/**
 * The edges along which these actions may travel from an agent, hand-off by hand-off: what a decision page names, and
 * what a task is held to afterwards. An edge that is added later was never seen, so it carries nothing of this task.
 *
 * @param edges every edge below the agent, however far
 */
export function edgesWithin(agent: string, actions: readonly string[], edges: readonly AgentEdge[]): ApprovedEdge[] {
  const seen = new Map<string, ApprovedEdge>();
  let level = new Map([[agent, new Set(actions)]]);
  for (let depth = 2; level.size > 0 && depth <= DEEPEST; depth++) {
    const below = new Map<string, Set<string>>();
    for (const edge of edges) {
      const held = level.get(edge.parent);
      // Nobody hands back to the agent that the person knows.
      if (!held || edge.child === agent || edge.maxDepth < depth) continue;
      const carried = edge.actions.filter((action) => held.has(action));
      if (carried.length === 0) continue;
      const key = `${edge.parent} ${edge.child}`;
      const before = seen.get(key)?.actions ?? [];
      const { parent, child, childName, maxDepth } = edge;
      seen.set(key, { parent, child, childName, maxDepth, actions: [...new Set([...before, ...carried])] });
      below.set(edge.child, new Set([...(below.get(edge.child) ?? []), ...carried]));
    }
    level = below;
  }
  return [...seen.values()];
}

/** As deep as any edge may allow. */
const DEEPEST = 8;
