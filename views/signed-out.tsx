import { type Frame, Layout, page } from './layout.tsx';
import { Outcome } from './result.tsx';
import { useSpeaker } from './words/context.tsx';
import { ENTRANCE } from './words/entrance.ts';

export interface SignedOutPage {
  frame: Frame;
  signInUrl: string;
}

/** After signing out: what still holds, and the way back. */
export const signedOutPage = (props: SignedOutPage): string => page(<SignedOut {...props} />, props.frame);

function SignedOut({ frame, signInUrl }: SignedOutPage) {
  const { say } = useSpeaker();
  return (
    <Layout frame={frame} title={say(ENTRANCE.signedOut)} width="small">
      <Outcome title={say(ENTRANCE.youAreSignedOut)} message={say(ENTRANCE.goesOn)} status="allowed" />
      <a class="button primary wide" href={signInUrl}>
        {say(ENTRANCE.signInAgain)}
      </a>
    </Layout>
  );
}
