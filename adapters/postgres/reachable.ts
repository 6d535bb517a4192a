import pg from 'pg';
import { DatabaseUnavailable } from './unavailable.ts';

const OLDEST = 15;
const CONNECT_SECONDS = 5;

/** Connects once. Throws DatabaseUnavailable, naming the setting and never the URL, whose password belongs in no log. */
export async function assertReachable(url: string, setting = 'DATABASE_URL'): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_SECONDS * 1000 });
  client.on('error', () => {}); // a connection that breaks while closing has already answered
  await client.connect().catch((error: ConnectError) => {
    throw new DatabaseUnavailable(`${setting} ${reason(error)}`);
  });
  try {
    const { rows } = await client.query<{ version: string; standby: boolean }>(
      `select current_setting('server_version') as version, pg_is_in_recovery() as standby`,
    );
    const [{ version, standby } = { version: '0', standby: false }] = rows;
    if (Number.parseInt(version, 10) < OLDEST) {
      throw new DatabaseUnavailable(`${setting} is PostgreSQL ${version}: ${OLDEST} or newer is needed`);
    }
    if (standby) throw new DatabaseUnavailable(`${setting} is a read-only standby: name the primary server`);
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
      return 'names a server that does not answer: start PostgreSQL there, or correct host and port';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'names a host that cannot be found: correct the host name';
    case '28P01':
      return 'is refused by the server: the password is wrong';
    case '28000':
      return `is refused by the server: ${message}`;
    case '3D000':
      return `names a database that does not exist: create it, owned by the role of the URL (${message})`;
    case '57P03':
      return `names a server that is not ready yet: ${message}`;
    default:
      return `does not work: ${message}`;
  }
}
