import { RateLimiterMemory } from 'rate-limiter-flexible';

import type { Database } from '../adapters/postgres/database.ts';
import { limiterOn } from '../adapters/postgres/limiter.ts';
import type { ClientRecord } from './agents/clients.ts';
import type { Refusal } from './oauth/refusal.ts';

/** Exchanges under one task within a minute, as this instance counts them: what they cost here is what this is about. */
export function exchangePace(limit: number) {
  const limiter = new RateLimiterMemory({ points: limit, duration: 60 });
  return async (task: string) => {
    const { consumedPoints } = await limiter.penalty(task);
    return { count: consumedPoints, limit };
  };
}

/** Requests of one agent within a minute, over all instances, where its limits say how many there may be. */
export function agentPace(database: Database) {
  const limiter = limiterOn(database, 'agent', 60);
  return async ({ agent }: ClientRecord): Promise<Refusal | undefined> => {
    const limit = agent?.limits.requests_per_minute;
    if (!agent || limit === undefined) return undefined;
    const { count, retryAfter } = await limiter.add(agent.id);
    return count > limit ? { reason: 'too_many_requests', limit, retryAfter } : undefined;
  };
}

/** Registrations under one key within a minute, over all instances. */
export function registrationPace(database: Database, limit: number) {
  const limiter = limiterOn(database, 'registration', 60);
  return async (key: string): Promise<number | undefined> => {
    const { count, retryAfter } = await limiter.add(key);
    return count > limit ? retryAfter : undefined;
  };
}
