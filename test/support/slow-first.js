import sequencer from '@jest/test-sequencer';

/** What takes longest, so that on a machine without a history no worker is left alone with it at the end. */
const SLOW = [
  'documents',
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

export default class SlowFirst extends sequencer.default {
  /**
   * @override
   * @param {Parameters<InstanceType<typeof sequencer.default>['sort']>[0]} tests
   */
  async sort(tests) {
    return [...(await super.sort([...tests]))].sort((one, other) => rank(one) - rank(other));
  }
}
