/**
 * Row-level security for a table of customer data (a column `organization`), as `001_initial.ts` has it: pages see one
 * organization, the owner names it in every statement, and both are held to it.
 *
 * @param granted what pages may do: `select, insert, update`, with columns where not all of them are meant
 */
export const customerTable = (table: string, granted: string): string => `
  alter table ${table} enable row level security;
  alter table ${table} force row level security;
  create policy one_organization on ${table} to countersign_pages
    using (organization = current_organization()) with check (organization = current_organization());
  create policy protocol_path on ${table} to current_user using (true) with check (true);
  grant ${granted} on ${table} to countersign_pages;
`;
