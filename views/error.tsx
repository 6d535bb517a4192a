import { type Frame, Layout, page } from './layout.tsx';
import { Outcome } from './result.tsx';
import { useSpeaker } from './words/context.tsx';
import { SHELL } from './words/shell.ts';
import type { Said } from './words/words.ts';

export interface ErrorPage {
  frame: Frame;
  title: Said;
  message: Said;
  /** What to do now. */
  nextStep: Said;
  requestId: string;
}

/** Something did not work: what, what to do, and a reference for whoever helps. Never a stack, never an inner name. */
export const errorPage = (props: ErrorPage): string => page(<ErrorDocument {...props} />, props.frame);

function ErrorDocument({ frame, title, message, nextStep, requestId }: ErrorPage) {
  const { say } = useSpeaker();
  return (
    <Layout frame={{ ...frame, requestId }} title={title} error>
      <Outcome title={title} message={message} detail={nextStep} status="error" />
      <p>
        <a class="small-link" href={frame.person === undefined ? '/' : '/inbox'}>
          {say(frame.person === undefined ? SHELL.backToStart : SHELL.backToInbox)}
        </a>
      </p>
    </Layout>
  );
}
