import { type Frame, Layout, page } from './layout.tsx';

export interface HomePage {
  frame: Frame;
  signInUrl: string;
  /** For those who build agents and APIs. */
  documents: readonly { href: string; label: string }[];
}

/** The front door, for somebody who is not signed in. */
export const homePage = (props: HomePage): string => page(<Home {...props} />);

function Home({ frame, signInUrl, documents }: HomePage) {
  return (
    <Layout frame={frame} title="Agents ask, people decide">
      <h1>Agents ask. People decide.</h1>
      <p class="lead">
        An agent that wants to act for you asks here first: one task at a time, in plain words, for as long as you say.
        You can stop it at any moment.
      </p>
      <a class="button primary wide" href={signInUrl}>
        Sign in
      </a>
      {documents.length === 0 ? null : (
        <section class="panel" aria-labelledby="build">
          <h2 id="build">For developers</h2>
          <ul>
            {documents.map(({ href, label }) => (
              <li>
                <a class="small-link" href={href}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </Layout>
  );
}
