import pg from 'pg';

/** Who owns the database and runs the server. No superuser: a superuser passes over row-level security. */
export const DATABASE_ROLE = 'countersign';

/**
 * Creates the role and a database it owns, where they are missing. `adminUrl` is a superuser's; its password, if it
 * has one, becomes the password of a role created here. Two processes may do this at once.
 */
export async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const role = pg.escapeIdentifier(DATABASE_ROLE);
    const password = decodeURIComponent(new URL(adminUrl).password);
    // `createrole` lets the migrations make the weaker roles that pages and readers work under.
    await createOnce(
      admin,
      'select from pg_roles where rolname = $1',
      DATABASE_ROLE,
      `create role ${role} login createrole ${password ? `password ${pg.escapeLiteral(password)}` : ''}`,
    );
    await createOnce(
      admin,
      'select from pg_database where datname = $1',
      name,
      `create database ${pg.escapeIdentifier(name)} owner ${role}`,
    );
  } finally {
    await admin.end();
  }
}

/** The same server and login, another database and, where given, another role. */
export function otherDatabase(url: string, database: string, role?: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  if (role !== undefined) other.username = role;
  return other.href;
}

const ALREADY_THERE = new Set(['42710', '42P04', '23505']); // duplicate object, duplicate database, unique violation

async function createOnce(admin: pg.Client, find: string, name: string, create: string): Promise<void> {
  if ((await admin.query(find, [name])).rowCount) return;
  try {
    await admin.query(create);
  } catch (error) {
    if (!ALREADY_THERE.has((error as { code?: string }).code ?? '')) throw error;
  }
}
