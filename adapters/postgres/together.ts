/** Keys that one statement takes at most: longer ones keep others waiting. */
const MOST = 200;

/**
 * Calls that come together are asked together: those of one turn of the loop, and those that come while a statement is
 * under way, go into the next. Ten thousand that end in one second are fifty statements, one after another, and leave
 * the pool to everybody else.
 *
 * @param ask answers for each key, in the order of the keys
 */
export function together<Key, Value>(
  ask: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  interface Call {
    key: Key;
    resolve(value: Value): void;
    reject(reason: unknown): void;
  }
  const calls: Call[] = [];
  let underWay = false;

  async function answerAll(): Promise<void> {
    for (let some = calls.splice(0, MOST); some.length > 0; some = calls.splice(0, MOST)) {
      try {
        const values = await ask(some.map(({ key }) => key));
        for (const [index, { resolve }] of some.entries()) resolve(values[index] as Value);
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }
    underWay = false;
  }

  return (key) =>
    new Promise((resolve, reject) => {
      calls.push({ key, resolve, reject });
      if (underWay) return;
      underWay = true;
      setImmediate(answerAll);
    });
}
