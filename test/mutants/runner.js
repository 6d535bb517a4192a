import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import fc from 'fast-check';

/** The tests that the mutants of the rules have to pass, the quickest first. All are pure: no server, no database. */
const TESTS = [
  'test/delegation/answers.test.ts',
  'test/tasks/narrowing.test.ts',
  'test/delegation/chains.test.ts',
  'test/delegation/page.test.ts',
];

/**
 * Runs the tests of the rules for one mutant within this process. A run of Jest per mutant takes ten times as long, almost
 * all of it to start. Rules are data that is made when their module is loaded, so every run loads our modules anew; what
 * they import of others stays.
 */
class PureTests {
  #run = 0;
  #root = '';

  init() {
    this.#root = pathToFileURL(`${process.cwd()}/`).href;
    const globals = new URL('jest-globals.js', import.meta.url).href;
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
        const found = next(specifier, context);
        const isOurs = found.url.startsWith(this.#root) && !found.url.includes('/node_modules/');
        return isOurs ? { ...found, url: `${found.url.split('?')[0]}?run=${this.#run}` } : found;
      },
    });
    // There are many mutants: fewer chains than usual for each, and none is shrunk.
    process.env.CHAINS = '500';
    fc.configureGlobal({ endOnFailure: true, seed: 8693 });
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun() {
    const ran = await this.#runAll(false);
    return {
      status: 'complete',
      tests: ran.map(({ name, failure, ms }) => ({
        id: name,
        name,
        timeSpentMs: ms,
        ...(failure === undefined ? { status: 0 } : { status: 1, failureMessage: failure }),
      })),
    };
  }

  async mutantRun({ activeMutant }) {
    globalThis.__stryker__ ??= {};
    globalThis.__stryker__.activeMutant = activeMutant.id;
    const ran = await this.#runAll(true);
    const last = ran.at(-1);
    return last?.failure === undefined
      ? { status: 'survived', nrOfTests: ran.length }
      : { status: 'killed', killedBy: [last.name], failureMessage: last.failure, nrOfTests: ran.length };
  }

  async #runAll(stopAtFailure) {
    this.#run += 1;
    const ran = [];
    for (const file of TESTS) {
      const tests = [];
      globalThis.collectTest = (name, work) => tests.push({ name: `${file} ${name}`, work });
      const loaded = await attempt(() => import(new URL(file, this.#root).href));
      if (loaded.failure !== undefined) tests.unshift({ name: file, work: () => Promise.reject(loaded.failure) });
      for (const { name, work } of tests) {
        ran.push({ name, ...(await attempt(work)) });
        if (stopAtFailure && ran.at(-1)?.failure !== undefined) return ran;
      }
    }
    return ran;
  }
}

async function attempt(work) {
  const began = performance.now();
  try {
    await work();
    return { ms: performance.now() - began };
  } catch (cause) {
    return { ms: performance.now() - began, failure: String(cause?.message ?? cause).slice(0, 500) };
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'pure-tests', PureTests)];
