import { expect, test } from '@jest/globals';

import { PRESET_NAMES, PRESETS, purposeIn, purposeOf } from '../../server/agents/presets.ts';
import { speakerOf } from '../../views/words/speaker.ts';

test.each(PRESET_NAMES)(
  'what %s is for, where it did not say so itself, is said in the language of whoever reads it',
  (preset) => {
    const { name } = PRESETS[preset];
    expect(purposeOf(preset)).toBe(`Works for whoever runs ${name}`);
    expect(purposeIn(purposeOf(preset), speakerOf('de'))).toBe(`Arbeitet für alle, die ${name} benutzen`);
  },
);

test('what an agent says of itself stays as it said it', () => {
  for (const own of ['Works for whoever runs the house', 'Finds free hours', ''])
    expect(purposeIn(own, speakerOf('de'))).toBe(own);
});
