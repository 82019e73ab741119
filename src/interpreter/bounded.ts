/** Resolves true when the promise has settled, either way, and false if it has not after so long. Never rejects, and leaves no timer behind. */
export function settledWithin(ms: number, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    const onSettled = () => {
      clearTimeout(timer);
      resolve(true);
    };
    promise.then(onSettled, onSettled);
  });
}
