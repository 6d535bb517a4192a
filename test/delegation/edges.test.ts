import { describe, expect, test } from '@jest/globals';

import { edgesWithin } from '../../server/delegation/edges.ts';

/** `a>b:3 read send`: a may hand these to b, three deep at most. */
const edge = (text: string) => {
  const [, parent = '', child = '', depth = '', actions = ''] = /^(\w+)>(\w+):(\d) (.*)$/.exec(text) ?? [];
  return { parent, child, childName: child, maxDepth: Number(depth), actions: actions.split(' '), carriesOwn: false };
};
const seenFrom = (edges: readonly string[], actions: readonly string[] = ['read', 'send']) =>
  edgesWithin('a', actions, edges.map(edge)).map(
    ({ parent, child, maxDepth, actions: carried }) => `${parent}>${child}:${maxDepth} ${carried.join(' ')}`,
  );

describe('the edges that a decision page names, and that a task is held to', () => {
  test.each<[what: string, edges: string[], seen: string[]]>([
    ['none', [], []],
    ['a child', ['a>b:2 read'], ['a>b:2 read']],
    ['a child of a child, where its edge goes that deep', ['a>b:2 read', 'b>c:3 read'], ['a>b:2 read', 'b>c:3 read']],
    ['not where its edge does not', ['a>b:2 read', 'b>c:2 read'], ['a>b:2 read']],
    ['an edge of depth one leads nowhere', ['a>b:1 read'], []],
    ['only what was asked', ['a>b:2 read delete'], ['a>b:2 read']],
    ['nothing where nothing of it was asked', ['a>b:2 delete'], []],
    ['only what can reach that far', ['a>b:2 read', 'b>c:3 send read'], ['a>b:2 read', 'b>c:3 read']],
    ['nothing beyond a child that holds nothing of it', ['a>b:2 read', 'b>c:3 send'], ['a>b:2 read']],
    [
      'what comes by two ways, together',
      ['a>b:2 read', 'a>c:2 send', 'b>d:3 read', 'c>d:3 send', 'd>e:4 read send'],
      ['a>b:2 read', 'a>c:2 send', 'b>d:3 read', 'c>d:3 send', 'd>e:4 read send'],
    ],
    ['not back to where it began', ['a>b:2 read', 'b>a:8 read'], ['a>b:2 read']],
    [
      'a circle further down ends',
      ['a>b:2 read', 'b>c:8 read', 'c>b:8 read'],
      ['a>b:2 read', 'b>c:8 read', 'c>b:8 read'],
    ],
    ['nobody else’s', ['x>y:8 read'], []],
    [
      'eight deep, and no deeper',
      [...'abcdefghi'].map((from, n) => `${from}>${'abcdefghij'[n + 1]}:8 read`),
      [...'abcdefg'].map((from, n) => `${from}>${'abcdefgh'[n + 1]}:8 read`),
    ],
  ])('%s', (_, edges, seen) => {
    expect(seenFrom(edges).toSorted()).toEqual(seen.toSorted());
  });
});
