import { toString as draw } from 'qrcode';

import { say } from './output.ts';

/** For the camera of a phone, where somebody looks at a terminal: never among the data. */
export async function showQr(text: string): Promise<void> {
  if (process.stderr.isTTY) say(await draw(text, { type: 'terminal', small: true }));
}
