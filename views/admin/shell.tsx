import type { ComponentChildren } from 'preact';
import { Document, type Frame, Languages, type LayoutProps, Reference, You } from '../layout.tsx';
import { visible } from '../text.tsx';
import { CONSOLE } from '../words/console-shell.ts';
import { useSpeaker } from '../words/context.tsx';
import { SHELL } from '../words/shell.ts';
import { asItIs, type Said } from '../words/words.ts';

/** What every page of the console shows around its own content. */
export interface AdminFrame extends Frame {
  /** The parts of the console that this person may open. */
  sections: readonly AdminSection[];
  /** Where the stop is; left out for whoever may not. */
  stop?: string | undefined;
}

export interface AdminSection {
  href: string;
  label: Said;
  current: boolean;
}

export interface AdminLayoutProps {
  frame: AdminFrame;
  title: string;
  error?: boolean | undefined;
  /** The way back up, outermost first. */
  above?: readonly { href: string; label: string }[] | undefined;
  /** A form or a few lines of text: narrower than a list. */
  narrow?: boolean | undefined;
  /** What happened a moment ago, said once. */
  notice?: Said | undefined;
  script?: LayoutProps['script'];
  children?: ComponentChildren;
}

/** The shell of the console: whose organization it is, its parts, the stop, the page. */
export function AdminLayout({ frame, title, error, above = [], narrow, notice, script, children }: AdminLayoutProps) {
  const { organizationName, person, csrf, sections, stop } = frame;
  const { say, markup } = useSpeaker();
  return (
    <Document frame={frame} title={asItIs(title)} error={error} script={script} styles="admin.css">
      <header class="console-top">
        <a class="brand" href="/admin">
          {visible(organizationName)}
        </a>
        <nav class="nav" aria-label={say(SHELL.yourPages)}>
          <a class="nav-link" href="/inbox">
            {say(CONSOLE.yourInbox)}
          </a>
        </nav>
        {person === undefined ? null : <You person={person} csrf={csrf} />}
        {stop === undefined ? null : (
          <a class="button stop" href={stop} data-testid="stop">
            {markup(CONSOLE.stop, { unseen: <span class="unseen">{say(CONSOLE.stopUnseen)}</span> })}
          </a>
        )}
      </header>
      <div class="console">
        <nav class="console-nav" aria-label={say(CONSOLE.parts)}>
          <ul>
            {sections.map(({ href, label, current }) => (
              <li>
                <a class="console-link" href={href} aria-current={current ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="main" class={narrow ? 'sheet narrow' : 'sheet'}>
          {above.length === 0 ? null : (
            <nav class="crumbs" aria-label={say(CONSOLE.youAreIn)}>
              {above.map(({ href, label }) => (
                <a href={href}>{visible(label, 60)}</a>
              ))}
            </nav>
          )}
          {notice === undefined ? null : (
            <p class="notice" role="status">
              {notice}
            </p>
          )}
          {children}
        </main>
      </div>
      <footer class="bottom console-bottom">
        <div>{frame.requestId === undefined ? null : <Reference frame={frame} />}</div>
        <div class="bottom-links">
          <Languages frame={frame} />
        </div>
      </footer>
    </Document>
  );
}
