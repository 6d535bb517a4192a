import { readFileSync } from 'node:fs';
import type { Command } from 'commander';

import type { Place } from './credentials.ts';
import { Failure } from './failure.ts';
import type { Format } from './output.ts';

/** Options that every command has. */
export const shared = (command: Command): { place: Place; format: Format } => {
  const { issuer, key, output } = command.optsWithGlobals<{ issuer?: string; key?: string; output: Format }>();
  return { place: { issuer, key }, format: output };
};

export const ORGANIZATION = [
  '--organization <slug>',
  'slug or id; an administrator has one and need not say it',
] as const;

export const list = (value: string): string[] =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

export function whole(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new Failure('usage', `${value} is not a whole number`);
  return Number(value);
}

/** Of an option that may be repeated. */
export const collect = (value: string, before: string[]): string[] => [...before, value];

/** A file that a command was given; `-` reads standard input. */
export function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Failure('usage', `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
