import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import fc from 'fast-check';

/** The tests that have to notice a mistake in the rules, the quickest first. All are pure: no server, no database. */
const TESTS = [
  'test/delegation/answers.test.ts',
  'test/tasks/narrowing.test.ts',
  'test/delegation/chains.test.ts',
  'test/delegation/page.test.ts',
  'test/delegation/slices.test.ts',
];

interface Ran {
  name: string;
  milliseconds: number;
  failure: string | undefined;
}

/**
 * Runs the tests of the rules for one mutant within this process. A run of Jest for each takes ten times as long, almost
 * all of it to start. Rules are data that is made when their module is loaded, so every run loads our modules anew; what
 * they import of others stays.
 */
class PureTests implements TestRunner {
  #run = 0;
  #root = '';

  async init(): Promise<void> {
    this.#root = pathToFileURL(`${process.cwd()}/`).href;
    const globals = new URL('jest-globals.ts', import.meta.url).href;
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === '@jest/globals') return { url: globals, shortCircuit: true };
        const found = next(specifier, context);
        const isOurs = found.url.startsWith(this.#root) && !found.url.includes('/node_modules/');
        return isOurs ? { ...found, url: `${found.url.split('?')[0]}?run=${this.#run}` } : found;
      },
    });
    // There are many mutants: fewer chains than usual for each, and none is shrunk.
    process.env.CHAINS = '2000';
    fc.configureGlobal({ endOnFailure: true, seed: 8693 });
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async dryRun(): Promise<DryRunResult> {
    const ran = await this.#runAll();
    return {
      status: DryRunStatus.Complete,
      tests: ran.map(({ name, failure, milliseconds: timeSpentMs }) =>
        failure === undefined
          ? { id: name, name, timeSpentMs, status: TestStatus.Success }
          : { id: name, name, timeSpentMs, status: TestStatus.Failed, failureMessage: failure },
      ),
    };
  }

  async mutantRun({ activeMutant }: MutantRunOptions): Promise<MutantRunResult> {
    const namespace = globalThis as { __stryker__?: { activeMutant?: string } };
    namespace.__stryker__ ??= {};
    namespace.__stryker__.activeMutant = activeMutant.id;
    const ran = await this.#runAll();
    const last = ran.at(-1);
    return last?.failure === undefined
      ? { status: MutantRunStatus.Survived, nrOfTests: ran.length }
      : {
          status: MutantRunStatus.Killed,
          killedBy: [last.name],
          failureMessage: last.failure,
          nrOfTests: ran.length,
        };
  }

  /** To the first that fails. */
  async #runAll(): Promise<Ran[]> {
    this.#run += 1;
    const ran: Ran[] = [];
    for (const file of TESTS) {
      // The first of them, which loads the file, finds the others.
      const tests = [{ name: file, work: (): unknown => import(new URL(file, this.#root).href) }];
      globalThis.collectTest = (name, work) => tests.push({ name: `${file} ${name}`, work });
      for (const { name, work } of tests) {
        const one = await attempt(name, work);
        ran.push(one);
        if (one.failure !== undefined) return ran;
      }
    }
    return ran;
  }
}

async function attempt(name: string, work: () => unknown): Promise<Ran> {
  const began = performance.now();
  const failure = await (async () => work())().then(
    () => undefined,
    (cause: unknown) => String(cause).slice(0, 500),
  );
  return { name, milliseconds: performance.now() - began, failure };
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'pure-tests', PureTests)];
