import { type Frame, Layout, page } from './layout.tsx';
import { type HistoryEntry, Timeline } from './my-agents.tsx';
import { Told } from './text.tsx';
import { CEREMONY } from './words/ceremony.ts';
import { useSpeaker } from './words/context.tsx';
import { INBOX } from './words/inbox.ts';
import type { Said } from './words/words.ts';

export interface QuietPage {
  frame: Frame;
  /** As it stands in the inbox. */
  sentence: Said;
  /** Each with what became of it, latest first. */
  requests: readonly HistoryEntry[];
}

/** U7, "Show": the requests that nobody was called for. Nothing here decides. */
export const quietPage = (props: QuietPage): string => page(<Quiet {...props} />, props.frame);

function Quiet({ frame, sentence, requests }: QuietPage) {
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(INBOX.quiet)} current="inbox" width="wide">
      <h1>{say(INBOX.quiet)}</h1>
      <p>
        <Told text={sentence} />
      </p>
      <Timeline entries={requests} />
      <p>
        <a class="small-link" href="/inbox">
          {say(CEREMONY.back)}
        </a>
      </p>
    </Layout>
  );
}
