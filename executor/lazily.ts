/** What is loaded when it is first needed. Once it is there this takes nothing, where `import()` takes tens of microseconds each time. */
export function lazily<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => (loading ??= load());
}
