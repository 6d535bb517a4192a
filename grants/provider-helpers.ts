import type { Provider } from 'oidc-provider';
// @ts-expect-error: the published types leave it out
import instance from 'oidc-provider/lib/helpers/weak_cache.js';

/**
 * The one place that reaches past oidc-provider's public API. Upstream offers this module for custom grants but keeps
 * it outside semver, so the dependency is pinned exactly and test/grants/provider-helpers.test.ts fails when its shape
 * changes.
 */
export { checkDpopReplay, validateDpop } from 'oidc-provider/lib/helpers/grants.js';

/**
 * CIBA push delivery: the engine refuses the mode in its configuration, and takes it everywhere else (registration,
 * metadata, the notification token).
 */
export function offerPush(provider: Provider): void {
  (instance(provider) as { features: { ciba: { deliveryModes: Set<string> } } }).features.ciba.deliveryModes.add(
    'push',
  );
}
