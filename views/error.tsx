import { type Frame, Layout, page } from './layout.tsx';
import { Outcome } from './result.tsx';

export interface ErrorPage {
  /** Left out where nothing is known about the visitor. */
  frame?: Frame | undefined;
  title: string;
  message: string;
  /** What to do now. */
  nextStep: string;
  requestId: string;
}

/** Something did not work: what, what to do, and a reference for whoever helps. Never a stack, never an inner name. */
export const errorPage = (props: ErrorPage): string => page(<ErrorDocument {...props} />);

function ErrorDocument({
  frame = { organizationName: 'Countersign' },
  title,
  message,
  nextStep,
  requestId,
}: ErrorPage) {
  return (
    <Layout frame={{ ...frame, requestId }} title={title} error>
      <Outcome title={title} message={message} detail={nextStep} status="error" />
      <p>
        <a class="small-link" href={frame.person === undefined ? '/' : '/inbox'}>
          {frame.person === undefined ? 'Back to the start' : 'Back to your inbox'}
        </a>
      </p>
    </Layout>
  );
}
