import type { KeyStore } from '../../server/keys/keys.ts';
import type { Database } from './database.ts';

export const postgresKeys = (database: Database): KeyStore => ({
  load: () =>
    database.rows<{ kid: string; sealed: string }>(
      `select kid, sealed from signing_keys order by status = 'active' desc, created_at desc, kid`,
    ),
  // Two instances that start on an empty database make a key each; the lock lets one of them in.
  addFirst: (kid, sealed) =>
    database.transaction(async (statements) => {
      await statements.run(`select pg_advisory_xact_lock(hashtext('countersign signing keys'))`);
      await statements.run(
        `insert into signing_keys (kid, sealed, status) select $1, $2, 'active' where not exists (select from signing_keys)`,
        [kid, sealed],
      );
    }),
});
