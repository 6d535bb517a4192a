import { type ComponentChildren, createContext } from 'preact';
import { useContext } from 'preact/hooks';

import { FALLBACK } from './language.ts';
import { type Speaker, speakerOf } from './speaker.ts';

const Speaking = createContext<Speaker>(speakerOf(FALLBACK));

/** Everything below is in this speaker's language. */
export function In({ speaker, children }: { speaker: Speaker; children: ComponentChildren }) {
  return <Speaking.Provider value={speaker}>{children}</Speaking.Provider>;
}

/** The language of the page that is being drawn. */
export const useSpeaker = (): Speaker => useContext(Speaking);
