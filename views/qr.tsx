import type { Said } from './words/words.ts';

/** For the camera of a phone: dark on light whatever the page's colours are, with the quiet zone that readers need. */
export function Qr({ code: { size, path }, label }: { code: { size: number; path: string }; label: Said }) {
  const side = size + 8;
  return (
    <svg class="qr" viewBox={`-4 -4 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <rect x="-4" y="-4" width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
