import type { StyleSheet, StyleSheetStore } from '../../server/http/template.ts';
import type { Database } from './database.ts';

export const postgresStyleSheets = (database: Database): StyleSheetStore => ({
  async keep({ hash, css }) {
    await database.run('insert into style_sheets (hash, css) values ($1, $2) on conflict do nothing', [hash, css]);
  },
  find: (hash) => database.first<StyleSheet>('select hash, css from style_sheets where hash = $1', [hash]),
});
