/**
 * The one place that reaches past oidc-provider's public API. Upstream offers this module for custom grants but keeps
 * it outside semver, so the dependency is pinned exactly and test/grants/provider-helpers.test.ts fails when its shape
 * changes.
 */
export { checkDpopReplay, validateDpop } from 'oidc-provider/lib/helpers/grants.js';
