import { type Frame, Layout, page } from './layout.tsx';
import { Outcome } from './result.tsx';
import { visible } from './text.tsx';
import { useSpeaker } from './words/context.tsx';
import { ERRORS } from './words/errors.ts';
import { SHELL } from './words/shell.ts';
import type { Said } from './words/words.ts';

export interface ErrorPage {
  frame: Frame;
  title: Said;
  message: Said;
  /** What to do now. */
  nextStep: Said;
  /** What whoever builds the agent is told, as the protocol says it: in English. */
  forBuilder?: string | undefined;
  requestId: string;
}

/** Something did not work: what, what to do, and a reference for whoever helps. Never a stack, never an inner name. */
export const errorPage = (props: ErrorPage): string => page(<ErrorDocument {...props} />, props.frame);

function ErrorDocument({ frame, title, message, nextStep, forBuilder, requestId }: ErrorPage) {
  const { say, markup } = useSpeaker();
  return (
    <Layout frame={{ ...frame, requestId }} title={title} error>
      <Outcome title={title} message={message} detail={nextStep} status="error" />
      {forBuilder === undefined ? null : (
        <p class="quiet">
          {markup(ERRORS.forBuilder, {
            detail: (
              <code lang="en" dir="ltr">
                {visible(forBuilder, 300)}
              </code>
            ),
          })}
        </p>
      )}
      <p>
        <a class="small-link" href={frame.person === undefined ? '/' : '/inbox'}>
          {say(frame.person === undefined ? SHELL.backToStart : SHELL.backToInbox)}
        </a>
      </p>
    </Layout>
  );
}
