import { createRequire } from 'node:module';

// The package has two kinds of default, and the types describe one: what `require` gives is the same everywhere.
const { default: TestSequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** What takes longest, so that on a machine without a history no worker is left alone with it at the end. */
const SLOW = [
  'documents',
  'cli',
  'races/single-use',
  'races/pooler',
  'commands',
  'browser/decision',
  'delegation/every-chain',
  'stops',
  'faults/waiting',
  'adapters/signals',
  'browser/passkey',
  'delegation/chains',
  'browser/console',
  'protocol/metadata-documents',
  'admin-api',
];
/** @param {{ path: string }} test */
const rank = ({ path }) => {
  const at = SLOW.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
  return at < 0 ? SLOW.length : at;
};

export default class SlowFirst extends TestSequencer {
  /** @param {{ path: string }[]} tests */
  async sort(tests) {
    const sorted = await super.sort([...tests]);
    return sorted.sort(
      (/** @type {{ path: string }} */ one, /** @type {{ path: string }} */ other) => rank(one) - rank(other),
    );
  }
}
