import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { visible } from './text.tsx';

/** What every page shows around its own content. */
export interface Frame {
  organizationName: string;
  /** Who is signed in; without it the page has no navigation. */
  person?: { name: string; email: string } | undefined;
  /** Names this visit in the logs, for a person who asks for help. */
  requestId?: string | undefined;
  /** For the sign-out form in the header; without it the form is left out. */
  csrf?: string | undefined;
  /** Where "Report this request" leads, at the same place on every page (WCAG 3.2.6). */
  reportUrl?: string | undefined;
  /** They administer something: the way to the console. */
  console?: boolean | undefined;
}

/** How much is at stake. */
export type Impact = 'low' | 'medium' | 'high' | 'critical';

export interface LayoutProps {
  frame: Frame;
  title: string;
  /** Which page of the navigation this is. */
  current?: 'inbox' | 'agents' | 'security' | undefined;
  /** The title says so first, for people who hear it before anything else. */
  error?: boolean | undefined;
  /** A file in /static/ that the page can do without. */
  script?: 'decide.js' | 'inbox.js' | 'passkey.js' | undefined;
  /** Where the browser goes at once, by itself. */
  refreshTo?: string | undefined;
  /** Sets the tone of the page; words and symbols say the same. */
  impact?: Impact | undefined;
  width?: 'small' | 'wide' | undefined;
  footnote?: ComponentChildren;
  children?: ComponentChildren;
}

/** A whole document as text. */
export const page = (document: VNode): string => `<!doctype html>${renderToString(document)}`;

/** The shell: whose house this is, who you are, the way to everything of yours, the page, a footnote. */
export function Layout(props: LayoutProps) {
  const { frame, current, footnote, children } = props;
  return (
    <Document {...props}>
      <Header frame={frame} current={current} />
      <main id="main">{children}</main>
      <Footer frame={frame} footnote={footnote} />
    </Document>
  );
}

/** What every document has around its shell: the head, the way past the navigation. */
export function Document(
  props: Omit<LayoutProps, 'current' | 'footnote'> & {
    /** A style sheet in /static/ beside the common one. */
    styles?: 'admin.css' | undefined;
  },
) {
  const { frame, title, error, script, styles, refreshTo, impact, width, children } = props;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        {/* At once or not at all: a delay would take the page from somebody who is still reading (WCAG 2.2.1). */}
        {refreshTo === undefined ? null : <meta http-equiv="refresh" content={`0;url=${refreshTo}`} />}
        <title>{`${error ? 'Error: ' : ''}${title} · ${visible(frame.organizationName)}`}</title>
        <link rel="icon" href="/static/favicon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/static/app.css" />
        {styles === undefined ? null : <link rel="stylesheet" href={`/static/${styles}`} />}
        {script === undefined ? null : <script src={`/static/${script}`} defer />}
      </head>
      <body data-width={width} data-impact={impact}>
        <a class="skip" href="#main">
          Skip to content
        </a>
        {children}
      </body>
    </html>
  );
}

/** Who is signed in, and the way out for whoever it is not. */
export function You({ person, csrf }: { person: NonNullable<Frame['person']>; csrf: string | undefined }) {
  return (
    <div class="you">
      <span title={person.email}>
        <bdi>{visible(person.name, 60)}</bdi>
      </span>
      {csrf === undefined ? null : (
        <form method="post" action="/logout">
          <Csrf value={csrf} />
          <button type="submit" class="text-button" aria-label="Not you? Sign out">
            Not you?
          </button>
        </form>
      )}
    </div>
  );
}

/** What went wrong with a form: before the form, with the focus, so that it is heard first (WCAG 3.3.1). */
export function ErrorSummary({ children }: { children: ComponentChildren }) {
  return (
    <div class="error-summary" role="alert" tabIndex={-1} autofocus>
      {children}
    </div>
  );
}

/** The hidden field without which no form of ours is accepted. */
export function Csrf({ value }: { value: string }) {
  return <input type="hidden" name="csrf" value={value} />;
}

/** One line of a list of labels and values. */
export function Pair({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Header({
  frame: { organizationName, person, csrf, console },
  current,
}: Pick<LayoutProps, 'frame' | 'current'>) {
  return (
    <header class="top">
      <a class="brand" href="/">
        {visible(organizationName)}
      </a>
      {person === undefined ? null : (
        <>
          <nav class="nav" aria-label="Your pages">
            <a class="nav-link" href="/inbox" aria-current={current === 'inbox' ? 'page' : undefined}>
              Inbox
            </a>
            <a class="nav-link" href="/agents" aria-current={current === 'agents' ? 'page' : undefined}>
              Your agents
            </a>
            {console ? (
              <a class="nav-link" href="/admin">
                Console
              </a>
            ) : null}
            <a class="nav-link" href="/settings/security" aria-current={current === 'security' ? 'page' : undefined}>
              Passkeys
            </a>
          </nav>
          <You person={person} csrf={csrf} />
        </>
      )}
    </header>
  );
}

function Footer({ frame: { requestId, reportUrl }, footnote }: Pick<LayoutProps, 'frame' | 'footnote'>) {
  return (
    <footer class="bottom">
      {footnote ? <p>{footnote}</p> : null}
      {requestId === undefined || footnote ? null : (
        <p>
          Reference <code>{requestId}</code>
        </p>
      )}
      {reportUrl === undefined ? null : (
        <p>
          <a class="small-link" href={reportUrl}>
            Report this request
          </a>
        </p>
      )}
    </footer>
  );
}
