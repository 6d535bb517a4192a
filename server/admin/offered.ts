import type { AdminDependencies } from './call.ts';
import type { PageAsked } from './listing.ts';

/** So many are offered; who is not among them can be typed all the same. */
const OFFERED = 200;
const ACTIVE: PageAsked = { words: [], filters: { status: 'active' }, after: undefined, limit: OFFERED };

/** Whom a form offers while somebody types an address. */
export const offeredPeople = async (organization: string, { store }: Pick<AdminDependencies, 'store'>) =>
  (await store.people(organization, ACTIVE)).rows;

/** Which agents it offers while somebody types a name. */
export const offeredAgents = (organization: string, { policies }: Pick<AdminDependencies, 'policies'>) =>
  policies.agentNames(organization, OFFERED);
