/** Tests in the order of their names, whatever they took the last time. */
export default class ByName {
  /** @param {{ path: string }[]} tests */
  sort(tests) {
    return tests.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }
  cacheResults() {}
}
