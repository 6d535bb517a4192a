import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { Database, type Statements } from '../../adapters/postgres/database.ts';
import { enqueue, postgresJobs } from '../../adapters/postgres/outbox.ts';
import { openSignals } from '../../adapters/postgres/signals.ts';
import { type Delivery, type Handler, type Job, type Message, pauseAfter } from '../../server/jobs/jobs.ts';
import { type Runner, startRunner } from '../../server/jobs/runner.ts';
import { useDatabase } from '../support/database.ts';

let database: Database;
let other: Database;
afterAll(() => Promise.all([database?.close(), other?.close()]));
const { url } = useDatabase();
beforeAll(async () => {
  database = new Database({ url });
  other = new Database({ url });
  await database.run(`insert into organizations (id, slug, name) values ('org_a', 'a', 'A'), ('org_b', 'b', 'B')`);
  await database.run('create table effects (message text)');
});
beforeEach(() => database.run('truncate outbox, effects, jobs'));

let runners: Runner[] = [];
let faults: unknown[] = [];
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.close()));
  runners = [];
  faults = [];
});
const run = (
  handlers: Record<string, Handler<Statements>>,
  { on = database, jobs = [] }: { on?: Database; jobs?: Job[] } = {},
) => {
  const runner = startRunner({ store: postgresJobs(on), handlers, jobs, failed: (error) => faults.push(error) });
  runners.push(runner);
  return runner;
};
const put = (payload: object = {}, organization = 'org_a', on: Statements = database) =>
  enqueue(on, 'test', payload, { organization });
const done: Delivery<Statements> = { done: true };
/** Ends every message, and notes something of it. */
const noting = <T>(notes: T[], note: (message: Message) => T, delivery: Delivery<Statements> = done) =>
  ends((message) => {
    notes.push(note(message));
    return delivery;
  });
const ends = (deliver: (message: Message) => Promise<Delivery<Statements>> | Delivery<Statements>) => ({
  test: { attempts: 3, deliver: async (message: Message) => deliver(message) },
});
const states = async () =>
  (await database.rows<{ state: string }>('select state from outbox order by id')).map(({ state }) => state);
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await holds()); await sleep(20)) {
    if (Date.now() > deadline) throw new Error('it did not come about within 20 seconds');
  }
}
const allEnded = async () => !(await states()).includes('waiting');

describe('the outbox', () => {
  test('holds what was committed with its cause, and nothing of what was not', async () => {
    await database.transaction((statements) => put({ n: 1 }, 'org_a', statements));
    await database
      .transaction(async (statements) => {
        await put({ n: 2 }, 'org_a', statements);
        throw new Error('changed my mind');
      })
      .catch(() => {});
    const seen: unknown[] = [];
    run(noting(seen, ({ payload }) => payload));
    await until(allEnded);
    expect(seen).toEqual([{ n: 1 }]);
  });

  test('pages put something in for their own organization, and read no payload', async () => {
    await database.within('org_a', (statements) => put({}, 'org_a', statements));
    await expect(database.within('org_a', (statements) => put({}, 'org_b', statements))).rejects.toThrow('row-level');
    await expect(
      database.within('org_a', (statements) => statements.rows('select payload from outbox')),
    ).rejects.toThrow('permission denied');
  });

  test('a message for later waits until then', async () => {
    await enqueue(database, 'test', {}, { organization: 'org_a', at: new Date(Date.now() + 3_600_000) });
    await put({ now: true });
    const seen: unknown[] = [];
    run(noting(seen, ({ payload }) => payload));
    await until(async () => (await states()).includes('done'));
    expect([seen, await states()]).toEqual([[{ now: true }], ['waiting', 'done']]);
  });

  test('a kind that this instance does not know stays for one that does', async () => {
    await enqueue(database, 'of a newer version', {}, { organization: 'org_a' });
    await put();
    run(ends(() => done));
    await until(async () => (await states()).includes('done'));
    expect(await states()).toEqual(['waiting', 'done']);
  });

  test('a signal wakes the runner of another instance', async () => {
    const signals = await openSignals(other, url);
    const seen: number[] = [];
    const runner = run(
      noting(seen, () => Date.now()),
      { on: other },
    );
    signals.on('outbox', () => runner.wake());
    await sleep(100);
    await put();
    await until(async () => seen.length === 1);
    await signals.close();
  });
});

describe('delivery', () => {
  test('two instances take 200 messages, and each has its effect once', async () => {
    for (let n = 0; n < 200; n++) await put({ n }, n % 3 === 0 ? 'org_b' : 'org_a');
    const handlers = ends(({ id }) => ({
      done: true,
      effect: async (statements) => void (await statements.run('insert into effects values ($1)', [id])),
    }));
    run(handlers);
    run(handlers, { on: other });
    await until(allEnded);
    const row = await database.first<{ all: number; once: number }>(
      'select count(*)::int as all, count(distinct message)::int as once from effects',
    );
    expect(row).toEqual({ all: 200, once: 200 });
    expect(await database.first('select from outbox where payload <> $1', ['{}'])).toBeUndefined();
  });

  test('is tried again, and is a dead letter with evidence when it was tried often enough', async () => {
    await put({ to: 'nowhere' });
    const attempts: number[] = [];
    run(noting(attempts, ({ attempt }) => attempt, { retry: 'nobody answers', afterSeconds: 0 }));
    await until(allEnded);
    expect([attempts, await states()]).toEqual([[1, 2, 3], ['dead']]);
    expect(await database.first('select error, payload from outbox')).toEqual({
      error: 'nobody answers',
      payload: { to: 'nowhere' },
    });
    expect(await database.first(`select type, reason from evidence where type = 'delivery.failed'`)).toEqual({
      type: 'delivery.failed',
      reason: 'test',
    });
  });

  test('a fault of a handler is logged, and the message is tried again', async () => {
    await put();
    run(
      ends(({ attempt }) => {
        if (attempt === 1) throw new Error('a fault');
        return done;
      }),
    );
    await until(async () => faults.length === 1);
    await database.run('update outbox set due_at = now()');
    await until(allEnded);
    expect(await states()).toEqual(['done']);
  });

  test('what a dead worker had in hand is due again when its lease ends, and the dead one ends nothing', async () => {
    await put();
    const dead = postgresJobs(other);
    const [taken] = await dead.claim({ kinds: ['test'], busy: [], limit: 1, lease: 'of the dead', seconds: 30 });
    if (!taken) throw new Error('there was a message');
    await database.run('update outbox set due_at = now()'); // 30 seconds later
    const attempts: number[] = [];
    run(noting(attempts, ({ attempt }) => attempt));
    await until(allEnded);
    const ended = await dead.finish(taken, 'of the dead', {
      state: 'done',
      effect: async (statements) => void (await statements.run(`insert into effects values ('late')`)),
    });
    expect([attempts, ended, await database.first('select from effects')]).toEqual([[2], false, undefined]);
  });

  test('a message that kills every worker ends as a dead letter too', async () => {
    await put();
    await database.run('update outbox set attempts = 3');
    run(
      ends(() => {
        throw new Error('it must not be tried a fourth time');
      }),
    );
    await until(allEnded);
    expect([await states(), faults]).toEqual([['dead'], []]);
  });

  test("one organization's dead endpoints do not hold up another's messages", async () => {
    for (let n = 0; n < 40; n++) await put({}, 'org_a');
    await put({}, 'org_b');
    let release = () => {};
    const never = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: string[] = [];
    run(
      ends(async ({ organization }) => {
        seen.push(organization);
        if (organization === 'org_a') await never;
        return done;
      }),
    );
    await until(async () => seen.includes('org_b'));
    release();
    await until(allEnded);
  });

  test('a server that stops waits for what it has in hand, and leaves the rest to others', async () => {
    await put();
    let begun = false;
    const runner = run({
      test: {
        deliver: (_message, signal) =>
          new Promise((_, reject) => {
            begun = true;
            signal.addEventListener('abort', () => reject(signal.reason));
          }),
      },
    });
    await until(async () => begun);
    await runner.close();
    run(
      ends(() => done),
      { on: other },
    );
    await until(allEnded);
    expect([await states(), faults]).toEqual([['done'], []]);
  });
});

test.each([
  [1, 0, 1.5],
  [1, 1, 2.5],
  [4, 0.5, 16],
  [8, 0.5, 256],
  [30, 1, 1125],
])('after attempt %i (chance %d) the pause is %d seconds', (attempt, chance, seconds) => {
  expect(pauseAfter(attempt, chance)).toBe(seconds);
});

describe('periodic jobs', () => {
  test('run on one instance at a time, and again when they are due', async () => {
    let [now, most, runs] = [0, 0, 0];
    const jobs: Job[] = [
      {
        name: 'count',
        every: 0,
        run: async () => {
          most = Math.max(most, ++now);
          await sleep(50);
          now--;
          runs++;
        },
      },
    ];
    run({}, { jobs });
    run({}, { jobs, on: other });
    await until(async () => runs >= 3);
    expect(most).toBe(1);
  });

  test('one that failed says so, and is run again', async () => {
    let runs = 0;
    const failing = async () => {
      if (++runs === 1) throw new Error('not today');
    };
    run({}, { jobs: [{ name: 'fails once', every: 0, run: failing }] });
    await until(async () => (await database.first(`select from jobs where error = 'Error: not today'`)) !== undefined);
    await until(
      async () =>
        (await database.first('select from jobs where error is null and finished_at is not null')) !== undefined,
    );
    expect(faults).toHaveLength(1);
  });

  test('what was running where an instance died runs elsewhere after the lease', async () => {
    const dead = postgresJobs(other);
    expect(await dead.claimJobs(['sweep'], 'of the dead', 60)).toEqual(['sweep']);
    await database.run('update jobs set due_at = now()');
    let runs = 0;
    run({}, { jobs: [{ name: 'sweep', every: 3600, run: async () => void runs++ }] });
    await until(async () => runs === 1);
    expect(await dead.renewJob('sweep', 'of the dead', 60)).toBe(false);
  });
});
