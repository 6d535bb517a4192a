import type { Knex } from 'knex';

/**
 * Of the reviews that run no two are called alike, however many are started at once. Those that already are keep their
 * owners' answers: the first keeps the name, and the others get a number behind it.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    do $$
    declare
      double review_campaigns;
      place  int;
      free   text;
    begin
      for double in
        select c.* from review_campaigns c
        where c.closed_at is null and exists (
          select from review_campaigns f
          where f.organization = c.organization and f.closed_at is null and lower(f.name) = lower(c.name)
            and (f.started_at, f.id) < (c.started_at, c.id))
        order by c.organization, c.started_at, c.id
      loop
        place := 2;
        loop
          free := rtrim(left(double.name, 80 - length(format(' (%s)', place)))) || format(' (%s)', place);
          exit when not exists (
            select from review_campaigns c
            where c.organization = double.organization and c.closed_at is null and lower(c.name) = lower(free));
          place := place + 1;
        end loop;
        update review_campaigns set name = free where organization = double.organization and id = double.id;
      end loop;
    end $$;
    create unique index review_campaigns_name on review_campaigns (organization, lower(name)) where closed_at is null;
  `);
}
