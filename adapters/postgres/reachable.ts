import pg from 'pg';
import { secondsAhead } from '../../server/http/clock.ts';
import { Unavailable } from '../unavailable.ts';

const OLDEST = 15;
const CONNECT_SECONDS = 5;

/** Connects once. Throws Unavailable, naming the setting and never the URL, whose password belongs in no log. */
export async function assertReachable(url: string, setting = 'DATABASE_URL'): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_SECONDS * 1000 });
  client.on('error', () => {}); // a connection that breaks while closing has already answered
  await client.connect().catch((error: ConnectError) => {
    throw new Unavailable(`${setting}: ${reason(error)}`);
  });
  try {
    const began = performance.now();
    const { rows } = await client.query<{ version: string; standby: boolean; now: number }>(
      `select current_setting('server_version') as version, pg_is_in_recovery() as standby,
              extract(epoch from clock_timestamp())::float8 * 1000 as now`,
    );
    const [{ version, standby, now } = { version: '0', standby: false, now: 0 }] = rows;
    const ahead = secondsAhead(now, performance.now() - began);
    if (Number.parseInt(version, 10) < OLDEST) {
      throw new Unavailable(`${setting}: the server is PostgreSQL ${version}, and ${OLDEST} or newer is needed.`);
    }
    // Before anything is dated by it: keys, the demonstration, evidence.
    if (ahead !== 0) {
      const apart = `${Math.abs(ahead)} seconds ${ahead > 0 ? 'ahead of' : 'behind'}`;
      throw new Unavailable(
        `${setting}: the clock of this machine is ${apart} the database's. Set whichever is wrong.`,
      );
    }
    if (standby) throw new Unavailable(`${setting}: the server is a read-only standby. Name the primary.`);
  } finally {
    await client.end();
  }
}

/** One error per address, where a name has several. */
type ConnectError = Error & { code?: string; errors?: (Error & { code?: string })[] };

function reason(error: ConnectError): string {
  const { code, message } = error.errors?.[0] ?? error;
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT': // a unix socket that is not there
      return 'no server answers there. Start PostgreSQL, or correct host and port.';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host cannot be found. Correct its name.';
    case '28P01':
      return 'the server refuses the password. Correct it.';
    case '28000':
      return `the server refuses the login (${message}). Correct the role, or let it in.`;
    case '3D000':
      return `there is no such database (${message}). Create it, owned by the role of the URL.`;
    case '57P03':
      return `the server is not ready yet (${message}). Try again.`;
    default:
      return `no connection (${message}). Correct the URL, or the server.`;
  }
}
