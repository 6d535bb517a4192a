import { type Frame, Layout, page } from './layout.tsx';
import { useSpeaker } from './words/context.tsx';
import { ENTRANCE } from './words/entrance.ts';
import type { Said } from './words/words.ts';

export interface HomePage {
  frame: Frame;
  signInUrl: string;
  /** For those who build agents and APIs. */
  documents: readonly { href: string; label: Said }[];
}

/** The front door, for somebody who is not signed in. */
export const homePage = (props: HomePage): string => page(<Home {...props} />, props.frame);

function Home({ frame, signInUrl, documents }: HomePage) {
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(ENTRANCE.homeTitle)}>
      <h1>{say(ENTRANCE.home)}</h1>
      <p class="lead">{say(ENTRANCE.homeLead)}</p>
      <a class="button primary wide" href={signInUrl}>
        {say(ENTRANCE.signIn)}
      </a>
      {documents.length === 0 ? null : (
        <section class="panel" aria-labelledby="build">
          <h2 id="build">{say(ENTRANCE.developers)}</h2>
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
