import { type Frame, Layout, page } from './layout.tsx';
import { Outcome } from './result.tsx';

export interface SignedOutPage {
  frame: Frame;
  signInUrl: string;
}

/** After signing out: what still holds, and the way back. */
export const signedOutPage = (props: SignedOutPage): string => page(<SignedOut {...props} />);

function SignedOut({ frame, signInUrl }: SignedOutPage) {
  return (
    <Layout frame={frame} title="Signed out" width="small">
      <Outcome
        title="You are signed out"
        message="What you allowed goes on as you allowed it. To stop an agent, sign in and open Your agents."
        status="allowed"
      />
      <a class="button primary wide" href={signInUrl}>
        Sign in again
      </a>
    </Layout>
  );
}
