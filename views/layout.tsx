import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

import { visible } from './text.tsx';
import { In, useSpeaker } from './words/context.tsx';
import { LANGUAGE_NAMES, LANGUAGES, type Language } from './words/language.ts';
import { SHELL } from './words/shell.ts';
import type { Speaker } from './words/speaker.ts';
import type { Said } from './words/words.ts';

/** What every page shows around its own content. */
export interface Frame {
  /** The language of the page. */
  speaker: Speaker;
  organizationName: string;
  /** Who is signed in; without it the page has no navigation. */
  person?: { name: string; email: string } | undefined;
  /** Names this visit in the logs, for a person who asks for help. */
  requestId?: string | undefined;
  /** In which its times are: they stand without it. */
  zone?: Said | undefined;
  /** For the sign-out form in the header; without it the form is left out. */
  csrf?: string | undefined;
  /** The page to come back to in another language; without it none is offered. */
  returnTo?: string | undefined;
  /** Where "Report this request" leads, at the same place on every page (WCAG 3.2.6). */
  reportUrl?: string | undefined;
  /** They administer something: the way to the console. */
  console?: boolean | undefined;
}

/** How much is at stake. */
export type Impact = 'low' | 'medium' | 'high' | 'critical';

export interface LayoutProps {
  frame: Frame;
  title: Said;
  /** Which page of the navigation this is. */
  current?: 'inbox' | 'agents' | 'notifications' | 'security' | 'sign-in' | undefined;
  /** The title says so first, for people who hear it before anything else. */
  error?: boolean | undefined;
  /** A file in /static/ that the page can do without. */
  script?:
    | 'decide.js'
    | 'hearings.js'
    | 'inbox.js'
    | 'passkey.js'
    | 'policies.js'
    | 'preview.js'
    | 'push.js'
    | 'waiting.js'
    | undefined;
  /** Where the browser goes at once, by itself. */
  refreshTo?: string | undefined;
  /** Sets the tone of the page; words and symbols say the same. */
  impact?: Impact | undefined;
  width?: 'small' | 'wide' | undefined;
  footnote?: ComponentChildren;
  children?: ComponentChildren;
}

/** A whole document as text, in the language of its frame. */
export const page = (document: VNode, { speaker }: Pick<Frame, 'speaker'>): string =>
  `<!doctype html>${part(document, { speaker })}`;

/** A part of a page as text, for a script that puts it where the old one stood. */
export const part = (content: VNode, { speaker }: Pick<Frame, 'speaker'>): string =>
  renderToString(<In speaker={speaker}>{content}</In>);

/** The shell: whose house this is, who you are, the way to everything of yours, the page, a footnote. */
export function Layout(props: LayoutProps) {
  const { frame, current, footnote, children } = props;
  return (
    <Document {...props}>
      <Header frame={frame} current={current} />
      <main id="main">{children}</main>
      <Footer frame={frame} current={current} footnote={footnote} />
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
  const { say, language, direction, catalogue } = useSpeaker();
  return (
    <html lang={language} dir={direction}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        {/* At once or not at all: a delay would take the page from somebody who is still reading (WCAG 2.2.1). */}
        {refreshTo === undefined ? null : <meta http-equiv="refresh" content={`0;url=${refreshTo}`} />}
        <title>{`${error ? say(SHELL.errorTitle, { title }) : title} · ${visible(frame.organizationName)}`}</title>
        <link rel="icon" href="/static/favicon.svg" type="image/svg+xml" />
        <link rel="manifest" href={`/static/app.${catalogue}.webmanifest`} />
        <link rel="stylesheet" href="/static/app.css" />
        {styles === undefined ? null : <link rel="stylesheet" href={`/static/${styles}`} />}
        {script === undefined ? null : <script src={`/static/${script}`} defer={script !== 'decide.js'} />}
        <script src="/static/zone.js" defer />
        {frame.person === undefined ? null : <script src="/static/push-again.js" defer />}
      </head>
      <body data-width={width} data-impact={impact}>
        <a class="skip" href="#main">
          {say(SHELL.skip)}
        </a>
        {children}
      </body>
    </html>
  );
}

/** Who is signed in, and the way out for whoever it is not. */
export function You({ person, csrf }: { person: NonNullable<Frame['person']>; csrf: string | undefined }) {
  const { say } = useSpeaker();
  return (
    <div class="you">
      <span title={person.email}>
        <bdi>{visible(person.name, 60)}</bdi>
      </span>
      {csrf === undefined ? null : (
        <form method="post" action="/logout">
          <Csrf value={csrf} />
          <button type="submit" class="text-button" aria-label={say(SHELL.notYouSignOut)}>
            {say(SHELL.notYou)}
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

/** One line of a list of labels and values; `language` where both are in another one than the page. */
export function Pair(props: { label: Said; language?: Language | undefined; children: ComponentChildren }) {
  const { label, language, children } = props;
  return (
    <div lang={language}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Header({
  frame: { organizationName, person, csrf, console },
  current,
}: Pick<LayoutProps, 'frame' | 'current'>) {
  const { say } = useSpeaker();
  return (
    <header class="top">
      <a class="brand" href="/">
        {visible(organizationName)}
      </a>
      {person === undefined ? null : (
        <>
          <nav class="nav" aria-label={say(SHELL.yourPages)}>
            <a class="nav-link" href="/inbox" aria-current={current === 'inbox' ? 'page' : undefined}>
              {say(SHELL.inbox)}
            </a>
            <a class="nav-link" href="/agents" aria-current={current === 'agents' ? 'page' : undefined}>
              {say(SHELL.yourAgents)}
            </a>
            {console ? (
              <a class="nav-link" href="/admin">
                {say(SHELL.console)}
              </a>
            ) : null}
          </nav>
          <You person={person} csrf={csrf} />
        </>
      )}
    </header>
  );
}

function Footer({ frame, current, footnote }: Pick<LayoutProps, 'frame' | 'current' | 'footnote'>) {
  const { requestId, reportUrl } = frame;
  const { say } = useSpeaker();
  return (
    <footer class="bottom">
      <div>
        {footnote ? <p>{footnote}</p> : null}
        {requestId === undefined || footnote ? null : <Reference frame={frame} />}
        {reportUrl === undefined ? null : (
          <p>
            <a class="small-link" href={reportUrl}>
              {say(SHELL.report)}
            </a>
          </p>
        )}
      </div>
      <div class="bottom-links">
        {frame.person === undefined ? null : <Settings current={current} />}
        <Languages frame={frame} />
      </div>
    </footer>
  );
}

/** What names this visit, and in which zone its times are. */
export function Reference({ frame: { requestId, zone } }: Pick<LayoutProps, 'frame'>) {
  const { say, markup } = useSpeaker();
  return (
    <p>
      {markup(SHELL.reference, { id: <code>{requestId}</code> })}
      {zone === undefined ? null : ` · ${say(SHELL.times, { zone })}`}
    </p>
  );
}

/** What is set once and looked at rarely: at the foot, so that the head has room for what is looked at daily. */
function Settings({ current }: Pick<LayoutProps, 'current'>) {
  const { say } = useSpeaker();
  return (
    <nav class="settings" aria-label={say(SHELL.settings)}>
      {SETTINGS.map(({ page, href, label }) => (
        <a class="small-link" href={href} aria-current={current === page ? 'page' : undefined}>
          {say(label)}
        </a>
      ))}
    </nav>
  );
}

const SETTINGS = [
  { page: 'notifications', href: '/settings/notifications', label: SHELL.notifications },
  { page: 'security', href: '/settings/security', label: SHELL.passkeys },
  { page: 'sign-in', href: '/settings/sign-in', label: SHELL.signIn },
] as const;

/** The other languages, each in itself. Signed in, the choice is kept; a visitor's holds for the page it is made on. */
export function Languages({ frame: { person, csrf, returnTo } }: Pick<LayoutProps, 'frame'>) {
  const { say, language } = useSpeaker();
  const others = LANGUAGES.filter((one) => one !== language);
  if (returnTo === undefined) return null;
  if (person === undefined || csrf === undefined) {
    return (
      <nav class="languages" aria-label={say(SHELL.language)}>
        {others.map((one) => (
          <a class="small-link" lang={one} href={`${returnTo}${returnTo.includes('?') ? '&' : '?'}ui_locales=${one}`}>
            {LANGUAGE_NAMES[one]}
          </a>
        ))}
      </nav>
    );
  }
  return (
    <form class="languages" method="post" action="/language" aria-label={say(SHELL.language)}>
      <Csrf value={csrf} />
      <input type="hidden" name="return_to" value={returnTo} />
      {others.map((one) => (
        <button type="submit" class="text-button" name="language" value={one} lang={one}>
          {LANGUAGE_NAMES[one]}
        </button>
      ))}
    </form>
  );
}
