import { edgeOf } from '../agents/liveness.ts';
import type { IssuedToken } from './token.ts';

/** RFC 8693 §4.1: the outermost `act` is the current actor; each `act` inside it acted before, and is history. */
export interface Act {
  readonly iss: string;
  readonly sub: string;
  readonly sub_profile: 'ai_agent';
  readonly client_id: string;
  readonly act?: Act;
}

/** Puts the actor in front of everyone who acted before. Nobody is ever dropped from the chain (AP-03). */
export function actingThrough(actor: { issuer: string; agent: string; client: string }, before: Act | undefined): Act {
  const link = { iss: actor.issuer, sub: actor.agent, sub_profile: 'ai_agent', client_id: actor.client } as const;
  return before ? { ...link, act: before } : link;
}

/** Everyone in the chain, the current actor first. */
export function actorsOf(act: Act | undefined): string[] {
  const actors: string[] = [];
  for (let link = act; link; link = link.act) actors.push(link.sub);
  return actors;
}

/**
 * Stop keys of a token that is derived from this one: everything that this one hangs on, and itself. A stop of the
 * client that held it, of the resource it was for, or of the edge it travelled along reaches everything that came of it.
 */
export function lineageUnder(
  { lineage, clientId, kind, resource, jti }: Pick<IssuedToken, 'lineage' | 'clientId' | 'kind' | 'resource' | 'jti'>,
  along: { grant?: string | undefined; edge?: { parent: string; child: string } | undefined },
): string[] {
  const own = [`client:${clientId}`, ...(kind === 'leaf' ? [`resource:${resource}`] : []), `token:${jti}`];
  const { grant, edge } = along;
  const branch = [
    ...(edge === undefined ? [] : [`edge:${edgeOf(edge.parent, edge.child)}`]),
    ...(grant === undefined ? [] : [`grant:${grant}`]),
  ];
  return [...new Set([...lineage, ...own, ...branch])];
}
