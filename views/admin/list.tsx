import type { ComponentChildren } from 'preact';

import { visible } from '../text.tsx';
import { LIST } from '../words/console-list.ts';
import { useSpeaker } from '../words/context.tsx';
import type { Said } from '../words/words.ts';

/** A list of the console: everything about it is in its address, so that a reload or a colleague sees the same. */
export interface AdminList {
  /** What one row is, for whoever hears the table: "Agents". */
  label: string;
  /** Where the search form goes: the list itself. */
  action: string;
  /** The filter as it is written, `status:active owner:olga@acme.example finance`. */
  q: string;
  /** What may be written there, as an example. */
  hint: string;
  /** The order as the address says it, kept when the filter changes. */
  sort?: string | undefined;
  /** Each part of the filter, and the same list without it. */
  chips: readonly { label: string; without: string }[];
  /** What somebody looks for often; a count of 0 is shown and says so. */
  views: readonly { label: string; href: string; count?: number | undefined; current: boolean }[];
  columns: readonly Column[];
  rows: readonly { key: string; cells: readonly ComponentChildren[] }[];
  /** What is said instead of a table without rows. */
  nothing: string;
  first?: string | undefined;
  next?: string | undefined;
  /** What was wrong with the filter. */
  problem?: Said | undefined;
  exports: readonly { label: string; href: string }[];
  /** The same list at the command line. */
  command?: string | undefined;
}

export interface Column {
  /** Left out above what to do with a row. */
  label?: string | undefined;
  /** Where a click on it leads; without it the column does not sort. */
  sort?: { href: string; direction?: 'ascending' | 'descending' | undefined } | undefined;
  /** Numbers stand under each other. */
  number?: boolean | undefined;
}

export function AdminListing(list: AdminList) {
  const { label, action, q, hint, sort, chips, views, columns, rows, nothing, first, next, problem } = list;
  const { say, number } = useSpeaker();
  return (
    <>
      {views.length === 0 ? null : (
        <ul class="views" aria-label={say(LIST.often)}>
          {views.map((view) => (
            <li>
              <a class="view" href={view.href} aria-current={view.current ? 'true' : undefined}>
                {view.label}
                {view.count === undefined ? null : <span class="count">{` ${number(view.count)}`}</span>}
              </a>
            </li>
          ))}
        </ul>
      )}
      <search>
        <form class="search" method="get" action={action}>
          <label class="unseen" for="q">
            {say(LIST.filter)}
          </label>
          <input
            class="input"
            type="search"
            id="q"
            name="q"
            value={q}
            placeholder={hint}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={500}
            aria-invalid={problem === undefined ? undefined : 'true'}
            aria-describedby={problem === undefined ? undefined : 'q-problem'}
          />
          {sort === undefined ? null : <input type="hidden" name="sort" value={sort} />}
          <button type="submit" class="button">
            {say(LIST.search)}
          </button>
        </form>
      </search>
      {problem === undefined ? null : (
        <p class="problem" id="q-problem" role="alert">
          {problem}
        </p>
      )}
      {chips.length === 0 ? null : (
        <ul class="chips" aria-label={say(LIST.filters)}>
          {chips.map((chip) => (
            <li>
              <a class="chip-link" href={chip.without}>
                <span class="unseen">{say(LIST.remove)}</span>
                {visible(chip.label, 80)}
                <span aria-hidden="true"> ×</span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {rows.length === 0 ? <p class="quiet empty">{nothing}</p> : <Table label={label} columns={columns} rows={rows} />}
      <Paging first={first} next={next} />
      <div class="take">
        {list.exports.map((one) => (
          <a class="small-link" href={one.href} download>
            {one.label}
          </a>
        ))}
        {list.command === undefined ? null : <Command line={list.command} />}
      </div>
    </>
  );
}

/** The ways on from one page of a list: back to the first, and to the next where there is one. */
export function Paging({ first, next, label }: { first?: string | undefined; next: string | undefined; label?: Said }) {
  const { say } = useSpeaker();
  if (first === undefined && next === undefined) return null;
  return (
    <nav class="paging" aria-label={label ?? say(LIST.pages)}>
      {first === undefined ? <span /> : <a href={first}>{say(LIST.first)}</a>}
      {next === undefined ? null : (
        <a class="button" href={next} rel="next">
          {say(LIST.next)}
        </a>
      )}
    </nav>
  );
}

/**
 * Rows and columns on a desk, cards on a phone. The roles are said again because a table that is laid out as blocks
 * is none any more to whoever hears it.
 */
export function Table({ label, columns, rows }: Pick<AdminList, 'label' | 'columns' | 'rows'>) {
  const { say } = useSpeaker();
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table class="rows" role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ label, sort, number }) => (
            <th
              scope="col"
              role="columnheader"
              class={number ? 'number' : undefined}
              aria-sort={sort === undefined ? undefined : (sort.direction ?? 'none')}
            >
              {sort === undefined ? (
                (label ?? <span class="unseen">{say(LIST.whatToDo)}</span>)
              ) : (
                <a class="sort" href={sort.href}>
                  {label}
                  <span aria-hidden="true">
                    {sort.direction === undefined ? '' : sort.direction === 'ascending' ? ' ↑' : ' ↓'}
                  </span>
                </a>
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ key, cells }) => (
          <tr role="row" data-row={key}>
            {cells.map((cell, index) =>
              index === 0 ? (
                <th scope="row" role="rowheader" class={columns[0]?.number ? 'number' : undefined}>
                  {cell}
                </th>
              ) : (
                <td
                  role="cell"
                  class={columns[index]?.number ? 'number' : undefined}
                  data-label={columns[index]?.label}
                >
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}

/** What does the same at the command line, to be taken along. */
export function Command({ line }: { line: string }) {
  const { say } = useSpeaker();
  return (
    <details class="command">
      <summary>{say(LIST.atCommandLine)}</summary>
      <pre>
        <code>{line}</code>
      </pre>
    </details>
  );
}

/** A state in a word, a symbol and a colour. */
export function Pill({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class="pill" data-tone={tone}>
      <span aria-hidden="true">{SYMBOLS[tone]} </span>
      {children}
    </span>
  );
}

export type Tone = 'good' | 'waiting' | 'warning' | 'bad' | 'over';

const SYMBOLS: Readonly<Record<Tone, string>> = { good: '●', waiting: '○', warning: '▲', bad: '■', over: '–' };
