import type { Screen, ScreenStore } from '../../server/approvals/screen.ts';
import type { Database } from './database.ts';

/** As many of one person and request are kept: tabs and forms that came back. */
const KEPT = 5;

export const postgresScreens = (database: Database): ScreenStore => ({
  keep: (organization, approval, person, { id, language, template, html }, sentence) =>
    database.within(organization, async (statements) => {
      await statements.run(KEEP, [organization, approval, person, id, language, template, html, KEPT, sentence]);
    }),
  find: (organization, approval, person, id) =>
    database.within(organization, (statements) =>
      statements.first<Screen>(FIND, [organization, approval, person, id ?? null]),
    ),
});

// The first time it was shown stays: what is faster than reading is noticed by it.
const KEEP = `
  with first as (
    update approvals set shown_at = coalesce(shown_at, clock_timestamp()), sentence = $9
    where organization = $1 and id = $2),
  older as (
    delete from screens where organization = $1 and id in (
      select id from screens where organization = $1 and approval = $2 and person = $3
      order by shown_at desc offset $8::int - 1))
  insert into screens (organization, approval, person, id, language, template, html)
  values ($1, $2, $3, $4, $5, $6, $7)`;

const FIND = `
  select id, shown_at as "shownAt", language, template, html from screens
  where organization = $1 and approval = $2 and person = $3 and ($4::text is null or id = $4)
  order by shown_at desc limit 1`;
