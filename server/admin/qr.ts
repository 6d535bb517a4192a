import { create } from 'qrcode';

/** A QR code (ISO/IEC 18004) as the outline of its dark squares, one unit each: for an image without any style. */
export interface QrCode {
  /** Squares on a side, without the quiet zone around them. */
  size: number;
  path: string;
}

/** `M`: read also where a reflection hides a part of the screen. */
export function qrOf(text: string): QrCode {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const { size } = modules;
  const rows = Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => (modules.get(y, x) ? '1' : '0')).join(''),
  );
  const runs = rows.flatMap((row, y) =>
    [...row.matchAll(/1+/g)].map(({ index, 0: { length } }) => `M${index} ${y}h${length}v1h-${length}z`),
  );
  return { size, path: runs.join('') };
}
