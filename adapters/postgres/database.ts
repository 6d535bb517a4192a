import { createHash } from 'node:crypto';
import pg from 'pg';

import type { Alarm } from '../../server/evidence/alarm.ts';

/** One value per `$n`; arrays and dates as `pg` maps them, objects as JSON. */
export type Parameters = readonly unknown[];

/** What a statement can be sent to: the pool, or the transaction in progress. */
export interface Statements {
  /** All rows of one statement. */
  rows<Row>(sql: string, parameters?: Parameters): Promise<Row[]>;
  /** The first row of one statement, if there is one. */
  first<Row>(sql: string, parameters?: Parameters): Promise<Row | undefined>;
  /** The number of rows that one statement changed. */
  run(sql: string, parameters?: Parameters): Promise<number>;
  /** In a transaction: an alarm that is told when it is committed, and never when it is not. */
  tell?(alarm: Alarm): void;
}

export interface DatabaseOptions {
  url: string;
  poolSize?: number;
  /** false behind a pooler in transaction mode, which loses named statements between transactions. */
  prepared?: boolean;
  /** Hears alarms that transactions wrote. */
  tell?: (alarm: Alarm) => void;
}

/** The pool. Protocol code uses it as the owner; pages use {@link Database.within}. */
export class Database implements Statements {
  readonly #pool: pg.Pool;
  readonly #prepared: boolean;
  readonly #tell: (alarm: Alarm) => void;

  constructor({ url, poolSize = 10, prepared = true, tell = () => {} }: DatabaseOptions) {
    this.#prepared = prepared;
    this.#tell = tell;
    this.#pool = new pg.Pool({ connectionString: url, max: poolSize, allowExitOnIdle: false });
    // A connection that dies while idle is replaced by the pool; the next statement reports what is really wrong.
    this.#pool.on('error', () => {});
    // One that dies between two statements of a transaction tells nobody else, and would end the whole process.
    this.#pool.on('connect', (connection) => connection.on('error', () => {}));
  }

  rows<Row>(sql: string, parameters: Parameters = []): Promise<Row[]> {
    return send<Row>(this.#pool, sql, parameters, this.#prepared).then(({ rows }) => rows);
  }

  first<Row>(sql: string, parameters: Parameters = []): Promise<Row | undefined> {
    return send<Row>(this.#pool, sql, parameters, this.#prepared).then(({ rows }) => rows[0]);
  }

  run(sql: string, parameters: Parameters = []): Promise<number> {
    return send(this.#pool, sql, parameters, this.#prepared).then(({ rowCount }) => rowCount ?? 0);
  }

  /** Statements and transactions that wait for a connection of the pool. */
  get waiting(): number {
    return this.#pool.waitingCount;
  }

  /** All of `work` or nothing of it. */
  transaction<T>(work: (statements: Statements) => Promise<T>): Promise<T> {
    return this.#transaction('begin', work);
  }

  /**
   * A transaction that can see and change one organization only. The role owns nothing and row-level security
   * is forced, so a page that forgets a condition shows nothing of another organization rather than everything.
   */
  within<T>(organization: string, work: (statements: Statements) => Promise<T>): Promise<T> {
    // One message to the database: a page makes several of these.
    const own = `set local countersign.organization = ${pg.escapeLiteral(organization)}`;
    return this.#transaction(`begin; set local role countersign_pages; ${own}`, work);
  }

  async #transaction<T>(begin: string, work: (statements: Statements) => Promise<T>): Promise<T> {
    const connection = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await connection.query(begin);
      const alarms: Alarm[] = [];
      const statements = statementsOn(connection, this.#prepared);
      const result = await work({ ...statements, tell: (alarm) => void alarms.push(alarm) });
      await connection.query('commit');
      for (const alarm of alarms) this.#tell(alarm);
      return result;
    } catch (error) {
      await connection.query('rollback').catch((cause: Error) => {
        broken = cause; // never hand a connection of unknown state to the next request
      });
      throw error;
    } finally {
      connection.release(broken);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** Postgres' code for a violated unique constraint: how an insert says "already there". */
export const isUniqueViolation = (error: unknown): boolean => (error as { code?: string }).code === '23505';

const statementsOn = (connection: pg.PoolClient, prepared: boolean): Statements => ({
  rows: async <Row>(sql: string, parameters: Parameters = []) =>
    (await send<Row>(connection, sql, parameters, prepared)).rows,
  first: async <Row>(sql: string, parameters: Parameters = []) =>
    (await send<Row>(connection, sql, parameters, prepared)).rows[0],
  run: async (sql: string, parameters: Parameters = []) =>
    (await send(connection, sql, parameters, prepared)).rowCount ?? 0,
});

type Answer<Row> = Omit<pg.QueryResult, 'rows'> & { rows: Row[] };

async function send<Row>(
  on: pg.Pool | pg.PoolClient,
  sql: string,
  parameters: Parameters,
  prepared: boolean,
): Promise<Answer<Row>> {
  const values = parameters.some(holdsNull) ? parameters.map(withoutNull) : (parameters as unknown[]);
  return (await (prepared
    ? on.query({ name: nameOf(sql), text: sql, values })
    : on.query(sql, values))) as unknown as Answer<Row>;
}

// Postgres' texts hold no null character: as a value to look for it is nothing that exists, and no fault.
const holdsNull = (value: unknown): boolean =>
  typeof value === 'string' ? value.includes('\0') : Array.isArray(value) && value.some(holdsNull);
const withoutNull = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : Array.isArray(value) ? value.map(withoutNull) : value;

/** Every statement is a constant text, so the set of names is small and stable. */
const names = new Map<string, string>();
function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = createHash('sha256').update(sql).digest('hex').slice(0, 32);
    names.set(sql, name);
  }
  return name;
}
